"""A lab's own secrets: random, made once per lab, never the province's."""

from __future__ import annotations

import os
import secrets
import string
from pathlib import Path

import yaml

from hntt.intent import pki

ALPHABET = string.ascii_letters + string.digits
LENGTHS = {
    "ospf_key": 16,  # the longest key of OSPF's MD5 authentication
    "snmp_user": 12,
    "snmp_auth": 24,
    "snmp_priv": 24,
    "local_password": 24,
    "enable": 24,
    "sip": 24,
    "trunk": 24,
    "ami": 24,
    "vcs_password": 24,
}
PAIR = (pki.AUTHORITY_KEY, pki.AUTHORITY)
"""The lab's own authority; its key and certificate belong together."""
HOST_PAIR = (pki.HOST_AUTHORITY_KEY, pki.HOST_AUTHORITY)
"""Its authority for the PCs' SSH host keys, both halves."""


def ensure_secrets(path: Path) -> dict[str, str]:
    """The secrets in ``path``; those still missing are made. Only the file's owner may read it."""
    known: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}
    missing = {name: random_text(length) for name, length in LENGTHS.items() if name not in known}
    if not known.keys() >= set(HOST_PAIR):
        missing |= pki.new_host_authority()
    if not known.keys() >= set(PAIR):
        made = pki.new_authority("HNTT lab")
        missing |= dict(zip(PAIR, (made.key, made.certificate), strict=True))
    if missing:
        known |= missing
        _write_private(path, yaml.safe_dump(known, sort_keys=True))
    return known


def random_text(length: int) -> str:
    """Letters and digits that every platform takes as they are; begins with a letter."""
    return secrets.choice(string.ascii_letters) + "".join(secrets.choice(ALPHABET) for _ in range(length - 1))


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    scratch.replace(path)
