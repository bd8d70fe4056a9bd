"""What the PC's own screen says while it is not enrolled: one sentence that a clerk reads over the phone.

The waiting page reads it as a script, ``/run/hntt/notice.js``: a ``file://`` page may fetch nothing. Only root writes
there, nothing in ``/run`` is anybody's drift, and a restart forgets it. Standard library only; runs on the PC.
"""

from __future__ import annotations

import http
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import reports

if TYPE_CHECKING:
    from .send import CentreError, Places

WHOM = "bộ phận kỹ thuật của tỉnh"
REFUSED = {
    "token_expired": "USB cài máy đã quá hạn",
    "token_spent": "mã trên USB cài máy đã được dùng rồi",
    "unknown_token": "USB cài máy đã bị thay hoặc bị huỷ",
    "other_host": "mã trên USB cài máy là của xã khác",
    "not_registered": "trung tâm chưa có máy này trong sổ",
}
"""Why the centre does not take a PC, by its code: the centre's own words are for those who work there."""
STUCK = {
    "not_trusted": "máy chủ trả lời không chứng minh được mình là trung tâm",
    "bad_seed": "dữ liệu của xã trên USB cài máy bị sai",
    "bad_answer": "trung tâm trả lời khó hiểu",
    "no_host_key": "máy chưa có khoá của mình",
}
"""Why the PC itself does not go on, where waiting is of no use."""
NO_LINE = "no_line"


def sentence(seed: dict[str, Any], error: CentreError) -> str:
    """What is shown for an error of enrolling: which PC, what is the matter, what to do. Vietnamese."""
    # What the screen can't say must not keep a report from being sent.
    pc = "Máy của xã {}, {} (mã {})".format(*(seed.get(name, "?") for name in ("commune", "district", "code")))
    call = f"hãy gọi {WHOM} và đọc nguyên câu này."
    if error.code in STUCK:
        return f"{pc} chưa ghi danh được vì {STUCK[error.code]}: {call}"
    if needs_somebody(error):
        return f"{pc} bị trung tâm từ chối vì {REFUSED.get(error.code, error.vi)}: {call}"
    if error.code == NO_LINE:
        return f"{pc} chưa có đường truyền tới trung tâm: hãy kiểm tra dây mạng, máy tự thử lại."
    return f"{pc} đang chờ trung tâm: {error.vi}."


def needs_somebody(error: CentreError) -> bool:
    """Whether trying again will not help: somebody at the centre has to do something."""
    client_errors = range(http.HTTPStatus.BAD_REQUEST, http.HTTPStatus.INTERNAL_SERVER_ERROR)
    refused = error.status in client_errors and error.status != http.HTTPStatus.TOO_MANY_REQUESTS
    return refused or error.code in STUCK


def show(places: Places, seed: dict[str, Any], error: CentreError) -> None:
    """Put it where the page looks for it."""
    shown = {"call": needs_somebody(error), "text": sentence(seed, error)}
    # ASCII, whatever was said: it is read as a script.
    reports.write_whole(places.notice, f"notice = {json.dumps(shown)};\n".encode("ascii"), 0o644)


def clear(places: Places) -> None:
    """Take it away: the PC is enrolled."""
    with suppress(FileNotFoundError):
        places.notice.unlink()
