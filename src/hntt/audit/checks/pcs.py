"""The communes' PCs: the page on the screen, the camera seen, registered to the site's room, nothing changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError
from hntt.i18n import tr
from hntt.network.model import Kind

_WANTED = {
    "kiosk": ("màn hình họp đang chạy", "the kiosk runs"),
    "page": ("trang họp nối với máy chủ", "the page is connected to its server"),
    "camera": ("thấy camera", "a camera is seen"),
    "registered": ("đã đăng ký vào phòng", "registered to its room"),
    "drift": ("không tệp nào bị sửa", "no file was changed"),
}


def judge_kiosk(_: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """What the PC's own program says; a check that this controller does not know counts all the same."""
    try:
        checks = [
            (str(item["name"]), bool(item["ok"]), str(item["detail"])) for item in json.loads(outputs[0])["checks"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(outputs[0].strip()[:80] or tr(vi="không trả lời", en="no answer")) from error
    for missing in _WANTED.keys() - {name for name, *_ in checks}:
        checks.append((missing, False, tr(vi="máy không trả lời câu này", en="the PC does not answer this")))
    for name, ok, detail in checks:
        if not ok:
            vi, en = _WANTED.get(name, ("tốt", "well"))
            yield Finding(name, tr(vi=vi, en=en), detail)


KIOSK = Check(
    name="kiosk",
    vi="máy xã hiện trang họp, thấy camera, đã đăng ký vào phòng của mình",
    en="the commune's PC shows its page, sees its camera, is registered to its room",
    kinds=frozenset({Kind.COMMUNE_PC}),
    platforms=frozenset({"debian_kiosk"}),
    commands=lambda _: ["sudo -n /usr/local/sbin/hntt-pc check --json; true"],
    judge=lambda subject, outputs: list(judge_kiosk(subject, outputs)),
)
