"""Enrolment: a token is spent once, and its PC gets a host certificate and a key for its reports.

What was spent is one file per token, made at once or not at all. So of two that come with one token exactly one wins,
and a service that is killed before has spent nothing. Standard library only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hntt.centre.files import create_whole, write_whole
from hntt.centre.hostkeys import checked_key
from hntt.centre.refusal import RefusalError, disk_full, malformed
from hntt.centre.reports import HOST, moment

REPEAT = timedelta(hours=1)
"""How long the same PC gets the same answer again: the first one may have been lost on the line."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FIELDS = ("host", "token_id", "token_secret", "host_key", "at")

Certify = Callable[[str, str, Sequence[str]], str]


@dataclass(frozen=True)
class Token:
    """What the controller lets the centre know of a token: the hash of its secret, whose it is, until when."""

    id: str
    host: str
    secret_sha256: str
    expires: datetime


class TokenFileError(ValueError):
    """A list of tokens that can't be used; the text says where."""


def parse_tokens(content: bytes) -> dict[str, Token]:
    """The tokens in the controller's list, by id. TokenFileError when it is none."""
    try:
        document = json.loads(content)
        if document["format"] != 1:
            raise ValueError(f"format {document['format']!r}")
        tokens = [_token(item) for item in document["tokens"]]
    except (ValueError, KeyError, TypeError) as error:
        raise TokenFileError(f"{type(error).__name__}: {error}") from error
    return {token.id: token for token in tokens}


def _token(item: Mapping[str, Any]) -> Token:
    token_id, host, digest = str(item["id"]), str(item["host"]), str(item["secret_sha256"])
    expires = moment(item["expires"])
    if not (_ID.fullmatch(token_id) and HOST.fullmatch(host) and _SHA256.fullmatch(digest)) or expires is None:
        raise ValueError(f"token {token_id[:40]!r}")
    return Token(token_id, host, digest, expires)


class TokenList:
    """The controller's list as a file. It is replaced whole, so that what is not in it any more is worth nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Token]:
        """The tokens by id; none while there is no list. TokenFileError for a damaged one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        return parse_tokens(content)

    def replace(self, content: bytes) -> int:
        """Put another list in its place; how many tokens it has."""
        count = len(parse_tokens(content))
        # Readable to the service's passing user; hashes of 256 random bits give nothing away.
        write_whole(self._path, content, 0o644)
        return count


class Enrolments:
    """The tokens, those that were spent, and the keys that follow from them.

    ``names`` are the names and addresses of every PC that may enrol; the certificate is for these.
    """

    def __init__(self, folder: Path, tokens: TokenList, names: Mapping[str, Sequence[str]], certify: Certify) -> None:
        self._folder = folder
        self._tokens = tokens
        self._names = names
        self._certify = certify
        self._lock = threading.Lock()
        self._spent: dict[str, dict[str, Any]] = {}

    def enrol(self, asked: Any, now: datetime) -> dict[str, str]:
        """The certificate and the key for reports. RefusalError says why not."""
        request = _request(asked)
        host_key = checked_key(request["host_key"])
        token = self._proved(request)
        spent = self._record(request["token_id"])
        if spent is None:
            if token is None or token.expires <= now:
                raise _expired(token).about(request["token_id"], request["host"])
            spent = self._spend(token, host_key, now)
        if spent["host_key"] != host_key or now - datetime.fromisoformat(spent["at"]) > REPEAT:
            raise _spent(spent).about(request["token_id"], request["host"])
        return {"certificate": spent["certificate"], "report_key": spent["report_key"]}

    def keys_of(self, host: str, now: datetime) -> list[bytes]:
        """The keys that sign this host's reports: of its last enrolment, and of its live tokens that are not spent."""
        spent = self._all_spent()
        live = [token for token in self._tokens.read().values() if token.host == host and token.expires > now]
        keys = [bytes.fromhex(token.secret_sha256) for token in live if token.id not in spent]
        own = sorted((item for item in spent.values() if item["host"] == host), key=lambda item: str(item["at"]))
        return [*keys, *(bytes.fromhex(item["report_key"]) for item in own[-1:])]

    def enrolled(self) -> dict[str, dict[str, str]]:
        """The last enrolment of every host: token, time, and the key it came with; nothing secret."""
        spent = sorted(self._all_spent().items(), key=lambda item: str(item[1]["at"]))
        return {
            item["host"]: {"token": token_id, "at": item["at"], "host_key": item["host_key"]}
            for token_id, item in spent
        }

    def spent_tokens(self) -> list[str]:
        """Ids of all tokens that were spent."""
        return sorted(self._all_spent())

    def _proved(self, request: Mapping[str, str]) -> Token | None:
        """The token of a caller who knows its secret and is its host; None when only its spent record is left."""
        token, spent = self._tokens.read().get(request["token_id"]), self._record(request["token_id"])
        digest = token.secret_sha256 if token else spent["secret_sha256"] if spent else ""
        given = hashlib.sha256(request["token_secret"].encode()).hexdigest()
        if not hmac.compare_digest(given, digest):
            raise _unknown()
        host = token.host if token else spent["host"] if spent else ""
        if host != request["host"]:
            raise _other_host().about(request["token_id"], host)
        return token

    def _spend(self, token: Token, host_key: str, now: datetime) -> dict[str, Any]:
        names = self._names.get(token.host)
        if not names:
            raise _not_registered().about(token.id, token.host)
        record = {
            "host": token.host,
            "host_key": host_key,
            "secret_sha256": token.secret_sha256,
            "at": now.isoformat(),
            "certificate": self._certify(host_key, f"{token.host} {token.id}", names),
            "report_key": secrets.token_hex(32),
        }
        try:
            create_whole(self._path(token.id), json.dumps(record).encode())
        except OSError as error:
            raise disk_full() from error
        found = self._record(token.id)
        assert found is not None  # noqa: S101 - it was made here or by the one who was faster
        return found

    def _path(self, token_id: str) -> Path:
        return self._folder / f"{token_id}.json"

    def _record(self, token_id: str) -> dict[str, Any] | None:
        with self._lock:
            if token_id not in self._spent:
                try:
                    self._spent[token_id] = json.loads(self._path(token_id).read_bytes())
                except FileNotFoundError:
                    return None
            return self._spent[token_id]

    def _all_spent(self) -> dict[str, dict[str, Any]]:
        for path in self._folder.glob("[!.]*.json"):
            self._record(path.stem)
        with self._lock:
            return dict(self._spent)


def _request(asked: Any) -> dict[str, str]:
    if not isinstance(asked, dict) or set(asked) != set(_FIELDS):
        raise malformed(f"ghi danh cần đúng các mục: {', '.join(_FIELDS)}", f"enrolment takes: {', '.join(_FIELDS)}")
    wrong = [name for name in _FIELDS if not isinstance(asked[name], str) or not 0 < len(asked[name]) <= 400]
    if wrong or not _ID.fullmatch(asked["token_id"]) or not HOST.fullmatch(asked["host"]):
        names = ", ".join(wrong) or "token_id, host"
        raise malformed(f"ghi danh sai ở: {names}", f"the enrolment is wrong in: {names}")
    return asked


def _unknown() -> RefusalError:
    return RefusalError(
        403,
        "unknown_token",
        "trung tâm không biết mã ghi danh này: USB cũ đã bị thay, hoặc danh sách mã chưa được gửi tới trung tâm. "
        "Chạy lại reimage.yml mode=stick cho máy này và dùng USB mới",
        "the centre does not know this token: the stick was replaced by a newer one, or the list of tokens has not "
        "been sent to the centre. Run reimage.yml mode=stick for this PC again and use the new stick",
    )


def _other_host() -> RefusalError:
    return RefusalError(
        403,
        "other_host",
        "mã ghi danh này là của máy khác: USB của xã khác, hoặc gõ nhầm mã xã. Cài lại bằng đúng mã của xã",
        "this token is another PC's: another commune's stick, or the wrong code was typed. Install with the right code",
    )


def _expired(token: Token | None) -> RefusalError:
    day = f"{token.expires:%d/%m/%Y}" if token else "?"
    return RefusalError(
        403,
        "token_expired",
        f"mã ghi danh hết hạn ngày {day}. Chạy lại reimage.yml mode=stick cho máy này và cài lại bằng USB mới",
        f"the token expired on {day}. Run reimage.yml mode=stick for this PC and install from the new stick",
    )


def _spent(record: Mapping[str, Any]) -> RefusalError:
    when = str(record["at"])[:16].replace("T", " ")
    return RefusalError(
        403,
        "token_spent",
        f"mã ghi danh đã dùng lúc {when} (giờ UTC). Máy được cài hai lần bằng một USB, hoặc có máy khác dùng USB này: "
        "hỏi điểm cầu, rồi chạy lại reimage.yml mode=stick và cài bằng USB mới",
        f"the token was used at {when} UTC. The PC was installed twice from one stick, or another PC uses the stick: "
        "ask the site, then run reimage.yml mode=stick and install from the new stick",
    )


def _not_registered() -> RefusalError:
    return RefusalError(
        403,
        "not_registered",
        "máy này không có trong sổ đăng ký của trung tâm: chạy site.yml --limit noc.tinh rồi máy tự thử lại",
        "the centre's register has no such PC: run site.yml --limit noc.tinh, then the PC tries again by itself",
    )
