"""A report of a stage: its form, and the proof that the PC it names has sent it. Standard library only."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hntt.centre import stages
from hntt.centre.refusal import RefusalError, malformed

HOST = re.compile(r"[a-z0-9][a-z0-9.-]{0,120}")
_RUN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_VERSION = re.compile(r"[0-9.]{0,40}")
_DETAIL = ("code", "vi", "en")
_LONGEST = 500
_MOST = 1_000_000


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: all but ``auth``, keys sorted, no blanks, UTF-8."""
    signed = {name: value for name, value in body.items() if name != "auth"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(body: Mapping[str, Any], key: bytes) -> str:
    """The ``auth`` of a report, hexadecimal."""
    return hmac.new(key, canonical(body), hashlib.sha256).hexdigest()


def authentic(body: Mapping[str, Any], keys: Iterable[bytes]) -> bool:
    """Whether one of the keys has signed the report. Every key is tried, whatever the first ones gave."""
    given = str(body.get("auth", "")).encode()
    matches = [hmac.compare_digest(sign(body, key).encode(), given) for key in keys]
    return any(matches)


def checked(body: Any) -> dict[str, Any]:
    """The report, with only what a report has; a RefusalError for anything else. Says nothing about who sent it."""
    if not isinstance(body, dict):
        raise malformed("báo cáo phải là một đối tượng JSON", "a report has to be a JSON object")
    wrong = [name for name, good in _fields(body) if not good]
    wrong += sorted(set(body) - {"host", "run", "seq", "stage", "at", "version", "detail", "auth"})
    if wrong:
        names = ", ".join(str(name)[:40] for name in wrong)
        raise malformed(f"báo cáo sai ở: {names}", f"the report is wrong in: {names}")
    return body


def moment(text: Any) -> datetime | None:
    """The time in an ISO 8601 text that names its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def unknown_sender() -> RefusalError:
    """The report's ``auth`` is not its host's."""
    return RefusalError(
        403,
        "bad_auth",
        "báo cáo không mang khoá của máy này: mã ghi danh đã bị thay, hoặc máy chưa ghi danh lại",
        "the report is not signed with this PC's key: its token was replaced, or it has to enrol again",
    )


def _fields(body: Mapping[str, Any]) -> Iterable[tuple[str, bool]]:
    seq, version, detail = body.get("seq"), body.get("version"), body.get("detail")
    yield "host", _matches(HOST, body.get("host"))
    yield "run", _matches(_RUN, body.get("run"))
    yield "seq", isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < _MOST
    yield "stage", isinstance(body.get("stage"), str) and body["stage"] in stages.NAMES
    yield "at", moment(body.get("at")) is not None
    yield "version", version is None or _matches(_VERSION, version)
    yield "detail", detail is None or _is_detail(detail)
    yield "auth", _matches(re.compile(r"[0-9a-f]{64}"), body.get("auth"))


def _is_detail(detail: Any) -> bool:
    return isinstance(detail, dict) and all(
        name in _DETAIL and isinstance(text, str) and len(text) <= _LONGEST for name, text in detail.items()
    )


def _matches(pattern: re.Pattern[str], text: Any) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None
