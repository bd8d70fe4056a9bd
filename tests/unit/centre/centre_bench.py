"""The centre's desk without a network: tokens, a clock of its own, and certificates that only say whose they are."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hntt.centre.enrolment import Enrolments, TokenList
from hntt.centre.refusal import RefusalError
from hntt.centre.reports import sign
from hntt.centre.server import Desk
from hntt.centre.store import ReportStore

BEGIN = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
AN_THUY, SON_THUY = "pc.an-thuy.le-thuy", "pc.son-thuy.le-thuy"
NAMES = {AN_THUY: (AN_THUY, "10.44.92.115"), SON_THUY: (SON_THUY, "10.44.92.179")}


def host_key(number: int) -> str:
    body = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes([number]) * 32
    return f"ssh-ed25519 {base64.b64encode(body).decode()}"


def certify(key: str, identity: str, names: Sequence[str]) -> str:
    return f"certificate of {key[-6:]} for {identity}: {','.join(names)}"


def token_row(name: str, host: str, days: int = 14, begin: datetime = BEGIN) -> dict[str, str]:
    digest = hashlib.sha256(secret_of(name).encode()).hexdigest()
    return {"id": name, "host": host, "secret_sha256": digest, "expires": (begin + timedelta(days=days)).isoformat()}


def secret_of(name: str) -> str:
    return f"secret of {name}"


def token_list(*rows: dict[str, str]) -> bytes:
    return json.dumps({"format": 1, "tokens": rows}).encode()


@dataclass
class Bench:
    """``tokens``: t-an (An Thủy), t-son (Sơn Thủy), t-old (An Thủy, over tomorrow)."""

    folder: Path
    now: datetime = BEGIN
    certify: Any = certify
    keys: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("spent", "reports"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.tokens = TokenList(self.folder / "tokens.json")
        self.rows = {
            "t-an": token_row("t-an", AN_THUY),
            "t-son": token_row("t-son", SON_THUY),
            "t-old": token_row("t-old", AN_THUY, days=1),
        }
        self.put_tokens(*self.rows)
        self.restart()

    def put_tokens(self, *names: str) -> None:
        self.tokens.replace(token_list(*(self.rows[name] for name in names)))

    def restart(self) -> None:
        self.enrolments = Enrolments(self.folder / "spent", self.tokens, NAMES, self.certify)
        self.store = ReportStore(self.folder / "reports")
        self.desk = Desk(self.enrolments, self.store, lambda: self.now)

    def request(self, token: str = "t-an", host: str = AN_THUY, key: int = 1, secret: str = "") -> dict[str, str]:
        return {
            "host": host,
            "token_id": token,
            "token_secret": secret or secret_of(token),
            "host_key": host_key(key),
            "at": self.now.isoformat(),
        }

    def report(self, key: bytes, host: str = AN_THUY, seq: int = 0, **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"host": host, "run": "run-0001", "seq": seq, "stage": "booted"}
        body |= {"at": self.now.isoformat(), **more}
        return {**body, "auth": sign(body, key)}

    def token_key(self, name: str) -> bytes:
        return hashlib.sha256(secret_of(name).encode()).digest()


def code_of(action: Any, *arguments: Any) -> str:
    """The code of the refusal, or ``ok``."""
    try:
        action(*arguments)
    except RefusalError as refusal:
        return f"{refusal.status} {refusal.code}"
    return "ok"
