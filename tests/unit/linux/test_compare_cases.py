"""One file per case: what a host answers in, its drifts out (tests/cases/linux/compare).

A case changes a host that is as declared (``STATE`` and ``ANSWER``) in the named places.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from linux_support import PROJECT

from hntt.audit.linux import ProbeResult, compare
from hntt.intent.linux import DeclaredState
from hntt.intent.secrets import SecretValues

CASES = sorted((PROJECT / "tests" / "cases" / "linux" / "compare").glob("*.yml"))
STATE: dict[str, Any] = {
    "packages": [{"name": "chrony"}],
    "files": [{"dest": "/etc/motd", "content": "hello\n"}],
    "links": [{"path": "/etc/localtime", "target": "/usr/share/zoneinfo/Asia/Ho_Chi_Minh"}],
    "directories": [{"path": "/etc/d"}],
    "managed_directories": [{"path": "/etc/d", "purge": True}, {"path": "/etc/sudoers.d"}],
    "users": [
        {
            "name": "hntt",
            "authorized_keys": ["ssh-ed25519 DECLAREDKEY op@example"],
            "sudo": ["ALL=(ALL:ALL) NOPASSWD: ALL"],
        }
    ],
    "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": 1}],
    "services": [
        {"unit": "chrony.service"},
        {"unit": "ssh.socket", "enabled": False, "state": "stopped", "optional": True},
    ],
    "listening": [
        {"proto": "tcp", "port": 22, "process": "sshd"},
        {"proto": "udp", "port": 323, "address": "127.0.0.1", "process": "chronyd"},
    ],
    "allowed_units": ["getty@.service"],
    "allowed_users": ["root"],
    "allowed_sudo": ["root ALL=(ALL:ALL) ALL"],
}
ANSWER: dict[str, Any] = {
    "hostname": "pc",
    "os": "debian 13",
    "paths": {
        "/etc/motd": {
            "kind": "file", "owner": "root", "group": "root", "mode": "0644",
            "hash": hashlib.sha256(b"hello\n").hexdigest(),
        },
        "/etc/localtime": {
            "kind": "link", "owner": "root", "group": "root", "mode": "0777",
            "target": "/usr/share/zoneinfo/Asia/Ho_Chi_Minh",
        },
        "/etc/d": {"kind": "directory", "owner": "root", "group": "root", "mode": "0755"},
    },
    "managed": [["/etc/d", "*", []], ["/etc/sudoers.d", "*", []]],
    "packages": {"chrony": "4.6"},
    "units": {
        "chrony.service": {"load": "loaded", "active": "active", "enabled": "enabled"},
        "ssh.socket": {"load": "loaded", "active": "inactive", "enabled": "disabled"},
    },
    "enabled_units": ["chrony.service", "getty@.service"],
    "failed_units": [],
    "users": [
        {"name": "root", "shell": "/bin/bash", "home": "/root", "groups": [], "locked": True, "keys": []},
        {
            "name": "hntt", "shell": "/bin/bash", "home": "/home/hntt", "groups": [], "locked": True,
            "keys": ["ssh-ed25519 DECLAREDKEY"],
        },
    ],
    "sudo": ["root ALL=(ALL:ALL) ALL", "hntt ALL=(ALL:ALL) NOPASSWD: ALL"],
    "sysctls": {"net.ipv4.tcp_syncookies": "1"},
    "listening": [
        {"proto": "tcp", "address": "0.0.0.0", "port": 22, "process": "sshd"},
        {"proto": "udp", "address": "127.0.0.1", "port": 323, "process": "chronyd"},
    ],
    "clock": {"source": "10.44.32.10", "stratum": 9, "offset": 0.0001, "leap": "Normal"},
    "open_changes": [],
}  # fmt: skip


def answer_of(case: dict[str, Any]) -> ProbeResult:
    changed = case.get("answer", {})
    merged = {**ANSWER, **changed}
    if "paths" in changed:
        merged["paths"] = {**ANSWER["paths"], **changed["paths"]}
    for path, content in case.get("hash_of", {}).items():
        merged["paths"][path]["hash"] = hashlib.sha256(content.encode()).hexdigest()
    return ProbeResult.model_validate(merged)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    state = DeclaredState.model_validate({**STATE, **case.get("state", {})})
    secrets = SecretValues(case["secrets"]) if "secrets" in case else None
    drifts = compare(state, answer_of(case), secrets)
    assert [f"{d.kind} {d.subject} | {d.expected} | {d.actual} | {d.cause}" for d in drifts] == case["expected"]
    for value in case.get("secrets", {}).values():
        assert value not in str(drifts)


def test_there_are_cases() -> None:
    assert len(CASES) > 15
