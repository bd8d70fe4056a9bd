"""Tokens by which a freshly installed PC proves once that it is the PC its seed was made for.

The ledger stays at the controller and holds no secret, only its hash; the secret is in the PC's seed and nowhere
else. A PC has one live token: a new one takes the place of the older, so a lost stick is made worthless by a new seed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import canonical, write_whole

FORMAT = 1
SECRET_BYTES = 32
State = Literal["live", "spent", "revoked", "expired"]


@dataclass(frozen=True)
class Token:
    """One token as the ledger keeps it; ``ended`` is when it was spent or revoked."""

    id: str
    host: str
    secret_sha256: str
    issued: str
    expires: str
    end: Literal["spent", "revoked"] | None = None
    ended: str | None = None

    def state(self, now: datetime) -> State:
        """What the token is worth now."""
        if self.end is not None:
            return self.end
        return "live" if datetime.fromisoformat(self.expires) > now else "expired"


@dataclass(frozen=True)
class Issued:
    """A new token with its secret, which is to be seen this once: it goes into the seed."""

    token: Token
    secret: str = dataclasses.field(repr=False)


@dataclass(frozen=True)
class Ledger:
    """The file of all tokens ever issued: 0600, written whole, one writer at a time."""

    path: Path

    def tokens(self) -> tuple[Token, ...]:
        """All of them, oldest first; ImageError when the file is no ledger."""
        try:
            document: Any = json.loads(self.path.read_bytes())
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']!r}")
            return tuple(Token(**item) for item in document["tokens"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as error:
            raise ImageError(
                tr(
                    vi=f"{self.path}: sổ mã ghi danh hỏng ({error}); khôi phục từ bản sao lưu, hoặc chuyển tệp đi nơi "
                    "khác rồi cấp lại seed cho mọi máy chưa cài",
                    en=f"{self.path}: the ledger of tokens is damaged ({error}); restore it from a backup, or move it "
                    "away and make new seeds for every PC that is not installed yet",
                )
            ) from error

    def issue(self, hosts: Sequence[str], days: int, now: datetime | None = None) -> dict[str, Issued]:
        """A new token for each host, good for ``days``; older ones of these hosts that are not spent are revoked."""
        at = (now or datetime.now(UTC)).replace(microsecond=0)
        made = {host: _new(host, at, at + timedelta(days=days)) for host in hosts}
        with self._changing() as tokens:
            tokens[:] = [_ended(token, "revoked", at) if token.host in made else token for token in tokens]
            tokens += [issued.token for issued in made.values()]
        return made

    def revoke(self, hosts: Collection[str], now: datetime | None = None) -> list[Token]:
        """Make the live tokens of these hosts worthless; those that were live."""
        at = (now or datetime.now(UTC)).replace(microsecond=0)
        with self._changing() as tokens:
            hit = [token for token in tokens if token.host in hosts and token.state(at) == "live"]
            tokens[:] = [_ended(token, "revoked", at) if token in hit else token for token in tokens]
        return hit

    def mark_spent(self, ids: Collection[str], now: datetime | None = None) -> None:
        """Note what the centre says was spent, so that lists tell it."""
        at = (now or datetime.now(UTC)).replace(microsecond=0)
        with self._changing() as tokens:
            tokens[:] = [_ended(token, "spent", at) if token.id in ids else token for token in tokens]

    def export(self, now: datetime | None = None) -> bytes:
        """The live tokens for the centre's service: id, host, hash of the secret, expiry; canonical JSON."""
        at = now or datetime.now(UTC)
        rows = [
            {"id": token.id, "host": token.host, "secret_sha256": token.secret_sha256, "expires": token.expires}
            for token in self.tokens()
            if token.state(at) == "live"
        ]
        return canonical({"format": FORMAT, "tokens": rows})

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tokens = list(self.tokens())
            yield tokens
            rows = [dataclasses.asdict(token) for token in tokens]
            write_whole(self.path, canonical({"format": FORMAT, "tokens": rows}), 0o600)


def secret_hash(secret: str) -> str:
    """What the centre knows of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _new(host: str, at: datetime, expires: datetime) -> Issued:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    token = Token(secrets.token_hex(8), host, secret_hash(secret), at.isoformat(), expires.isoformat())
    return Issued(token, secret)


def _ended(token: Token, end: Literal["spent", "revoked"], at: datetime) -> Token:
    return token if token.end is not None else dataclasses.replace(token, end=end, ended=at.isoformat())
