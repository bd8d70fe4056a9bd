"""Enrols this PC once: its token against a certificate for its SSH host key and a key for its reports.

Written in an order in which a power cut at any moment leaves a PC that asks again or has all it needs; the centre gives
the same answer for an hour. Standard library only; runs on the PC.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from . import reports
from .send import CentreError, Places, read_json
from .signed import is_signed_seed, without_secret

KEY_NAME = "ssh_host_ed25519_key"


class Poster(Protocol):
    """What enrolment wants of a connection to the centre."""

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer; CentreError when there is none."""
        ...


def enrol_once(places: Places, centre: Poster) -> bool:
    """Enrol unless that is done; whether it was done now. CentreError when the centre can't or won't."""
    seed = read_json(places.seed)
    token = seed.get("token", {})
    if not token.get("secret"):
        return False
    if is_enrolled(places, seed):
        forget_secret(places)
        return False
    # fmt: off
    answer = centre.post("/enrol", {
        "host": seed["host"], "token_id": token["id"], "token_secret": token["secret"], "host_key": _host_key(places),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    })
    # fmt: on
    certificate, key = str(answer.get("certificate", "")), str(answer.get("report_key", ""))
    if not certificate.startswith("ssh-ed25519-cert-v01@openssh.com ") or len(key) != 64:
        raise CentreError(0, "bad_answer", "trung tâm trả lời khó hiểu", "the centre's answer makes no sense")
    for folder in places.host_keys:
        if (folder / f"{KEY_NAME}.pub").is_file():
            reports.write_whole(folder / f"{KEY_NAME}-cert.pub", f"{certificate}\n".encode(), 0o644)
    reports.Queue(seed["host"], seed.get("image_version", ""), places.queue).add("enrolled")
    reports.write_whole(places.enrolled, json.dumps({"token": token["id"], "key": key}).encode())
    forget_secret(places)
    if places.root == Path("/"):
        subprocess.run(["systemctl", "try-reload-or-restart", "ssh.service"], check=False, timeout=60)
    return True


def is_enrolled(places: Places, seed: dict[str, Any]) -> bool:
    """Whether the token of ``seed`` was spent by this PC."""
    token = seed.get("token", {})
    return not token.get("secret") or read_json(places.enrolled).get("token") == token.get("id")


def forget_secret(places: Places) -> None:
    """Take the spent token's secret out of the seed, which stays signed; one without that signature stays as it is."""
    try:
        content = without_secret(places.seed.read_bytes())
        signatures = places.seed.with_name(f"{places.seed.name}.sig").read_bytes()
        if is_signed_seed(content, signatures, places.image_key):
            reports.write_whole(places.seed, content)
    except OSError as error:  # the PC is enrolled all the same, and tries again with its next report
        print(f"hntt-report: {error}", file=sys.stderr)


def _host_key(places: Places) -> str:
    for folder in places.host_keys:
        with suppress(OSError):
            return (folder / f"{KEY_NAME}.pub").read_text(encoding="ascii").strip()
    raise CentreError(0, "no_host_key", "máy chưa có khoá SSH", "this PC has no SSH host key yet")
