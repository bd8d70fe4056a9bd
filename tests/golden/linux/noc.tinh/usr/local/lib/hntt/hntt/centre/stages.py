"""The stages of a reimaging: their order, how long each may last, and what to do when it lasts longer.

Data for the centre's service, the playbook and the operator's page alike. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True)
class Stage:
    """One stage. ``deadline_s``: seconds until the next one has to be seen; None for an end.

    ``late_vi`` and ``late_en`` say what to do once that time is over.
    """

    name: str
    vi: str
    en: str
    deadline_s: int | None
    late_vi: str
    late_en: str


WAITING = Stage(
    "waiting",
    "chưa thấy gì",
    "nothing heard",
    7 * 24 * HOUR,
    "gọi điểm cầu: đã nhận USB chưa, đã cắm và bật máy chưa (cài không cần mạng nên có thể đang cài mà chưa báo)",
    "call the site: has the stick come, is it plugged in? (it installs without a network, so perhaps unheard)",
)
STAGES = (
    Stage(
        "booted",
        "đã khởi động từ USB",
        "booted from the stick",
        30 * MINUTE,
        "gọi điểm cầu: màn hình đang chờ gõ mã xã hoặc chờ xác nhận; nhờ đọc nguyên văn dòng chữ trên màn hình",
        "call the site: the screen waits for the commune's code or the confirmation; have its words read out",
    ),
    Stage(
        "disk",
        "đã chọn đĩa",
        "disk chosen",
        45 * MINUTE,
        "gọi điểm cầu: thanh tiến độ còn chạy không; đứng yên quá 10 phút thì tắt máy, cắm lại USB, làm lại từ đầu",
        "call the site: does the bar move? Still for 10 minutes: switch off, plug the stick in again, begin anew",
    ),
    Stage(
        "written",
        "đã ghi đĩa",
        "written",
        45 * MINUTE,
        "gọi điểm cầu: đang đọc lại để kiểm tra; báo lỗi đọc lại thì đĩa hoặc USB hỏng: thử USB khác, rồi thay đĩa",
        "call the site: it is being read back; on an error the disk or stick is bad: another stick, then a new disk",
    ),
    Stage(
        "verified",
        "đã kiểm tra",
        "verified",
        20 * MINUTE,
        "gọi điểm cầu: rút USB và bật lại máy; vẫn vào màn hình cài thì đặt ổ cứng lên đầu thứ tự khởi động",
        "call the site: pull the stick, switch on again; when the installer comes back, boot from the disk first",
    ),
    Stage(
        "first_boot",
        "khởi động lần đầu",
        "first boot",
        30 * MINUTE,
        "máy chạy nhưng chưa ghi danh: xem lý do từ chối; không có thì kiểm tra đường truyền của xã (verify.yml)",
        "it runs but has not enrolled: see the refusal; without one, check the commune's line (verify.yml)",
    ),
    Stage(
        "enrolled",
        "đã ghi danh",
        "enrolled",
        60 * MINUTE,
        "chạy site.yml --limit cho máy này; rồi xem hntt-pc check: trang họp, máy ảnh, đăng ký phòng, sai lệch",
        "run site.yml --limit on this PC; then look at hntt-pc check: page, camera, registration, drift",
    ),
    Stage("healthy", "chạy tốt", "healthy", None, "", ""),
    Stage(
        "failed",
        "dừng vì lỗi",
        "stopped by an error",
        0,
        "làm theo dòng lỗi; tra mã lỗi trong docs/vi/cai-lai-may.md",
        "do what the error says; its code is in docs/vi/cai-lai-may.md",
    ),
    Stage(
        "fell_back",
        "đã quay về bản cũ",
        "fell back",
        0,
        "máy vẫn họp được bằng bản cũ; xem lý do, sửa image rồi cập nhật lại",
        "the PC still works with the old version; see why, mend the image and update again",
    ),
)
REFUSED_RUN = "refused-"
"""Begins the run of what the centre itself notes of a PC: that it was not let in."""
NAMES = frozenset(stage.name for stage in STAGES)
ORDER = tuple(stage.name for stage in STAGES if stage.name not in ("failed", "fell_back"))
"""The way of a reimaging that goes well."""
UPDATE = Stage(
    "updating",
    "đang cập nhật",
    "updating",
    6 * HOUR,
    "xem trên máy: journalctl -u hntt-update; đường truyền chậm thì chờ, đứt giữa chừng thì chạy lại lệnh cập nhật",
    "look on the PC: journalctl -u hntt-update; wait on a slow line, run the update again after a broken one",
)
"""Between the beginning of an A/B update and the first report of the new version."""
BY_NAME = {stage.name: stage for stage in (WAITING, UPDATE, *STAGES)}
