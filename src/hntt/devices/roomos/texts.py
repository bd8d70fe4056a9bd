"""What operators are told about video units, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from hntt.devices.roomos.session import RefusedError
from hntt.devices.roomos.state import Registration
from hntt.devices.texts import Text

UNCHANGED = Text(vi="đã đúng cấu hình", en="already as declared")
WOULD_CHANGE = Text(vi="sẽ thay đổi; chưa gửi gì", en="would be changed; nothing was sent")
CHANGED = Text(vi="đã thay đổi, đọc lại đúng, đã đăng ký", en="changed, read back, registered")
READ_BACK = Text(vi="giá trị cũ đã được đặt lại và đọc lại", en="the old values were put back and read back")
LEFT_CHANGED = Text(
    vi="có giá trị KHÔNG đặt lại được; cần người xử lý", en="some values could NOT be put back; an operator must act"
)
OUT_OF_REACH = Text(
    vi="không kết nối lại được để đặt lại giá trị cũ; cần kiểm tra tại chỗ",
    en="the unit could not be reached again to put the old values back; it must be checked on site",
)


def in_a_call(calls: int) -> Text:
    """Why nothing is done now."""
    return Text(
        vi=f"thiết bị đang trong {calls} cuộc gọi; chỉ thay đổi khi có lý do (reason)",
        en=f"the unit is in {calls} calls; it is only changed when a reason is given",
    )


def unknown_software(version: str) -> Text:
    """A software that no family covers."""
    return Text(
        vi=f"chưa biết phần mềm “{version}” của thiết bị; chưa gửi gì; thêm một tệp vào intent/vcs/families",
        en=f"the unit's software {version!r} is not known; nothing was sent; add a file to intent/vcs/families",
    )


def refused(error: RefusedError) -> Text:
    """A request that the unit did not take, with its reason."""
    return Text(vi=f"thiết bị từ chối {error.request}: {error.reason}", en=f"the unit refused {error}")


def not_kept(paths: Sequence[str]) -> Text:
    """Values that were taken and are not there when read back."""
    names = ", ".join(paths)
    return Text(vi=f"đọc lại không đúng: {names}", en=f"not what was sent when read back: {names}")


def lost_registration(now: Registration) -> Text:
    """A unit that was registered before the change and is not after it."""
    return Text(vi=f"mất đăng ký SIP sau khi thay đổi: {now}", en=f"the unit lost its registration: {now}")


def not_registered(now: Registration) -> Text:
    """A unit that holds what is declared and is not accepted by its registrar."""
    return Text(
        vi=f"đã đặt đúng cấu hình nhưng chưa đăng ký được với máy chủ: {now}",
        en=f"set as declared, but its server does not register it: {now}",
    )


def cause(error: Exception) -> Text:
    """The text of whatever broke a change off."""
    if isinstance(error, RefusedError):
        return refused(error)
    text = getattr(error, "text", None)
    return text if isinstance(text, Text) else Text(vi=str(error), en=str(error))


def after(why: Text, seen: Text) -> Text:
    """What happened, then what was seen after it."""
    return Text(vi=f"{why.vi}; {seen.vi}", en=f"{why.en}; {seen.en}")
