"""What converging leaves to people: differences that nobody declared how to undo, and what to do about each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hntt.audit.model import Audit, Cause, Change, HostAudit, Outcome
from hntt.i18n import tr
from hntt.play.endings import ending

MAX_SHOWN = 3


def left_over(audit: Audit, left_alone: Collection[str] = ()) -> list[HostAudit]:
    """The hosts with something left to people, whatever else differs on them; nobody of ``left_alone``.

    What is declared right and does not work yet counts only where nothing is going to be changed: a change usually
    brings it to work.
    """
    return [
        item
        for item in audit.hosts
        if item.outcome is Outcome.DRIFT and item.host.name not in left_alone and _stays(item, item.repairable)
    ]


def _stays(item: HostAudit, is_changed: bool) -> bool:
    return any(change.cause is not Cause.RUNTIME or not is_changed for change in item.left_to_people)


def by_hand_ending(item: HostAudit) -> dict[str, Any]:
    """How such a host ends, in the form of ``ending``, with ``todo``: each difference and what to do about it."""
    left = item.left_to_people
    shown = "; ".join(f"{change.subject}: {change.cause.label}" for change in left[:MAX_SHOWN])
    more = len(left) - MAX_SHOWN
    if more > 0:
        shown += tr(vi=f"; và {more} mục nữa", en=f"; and {more} more")
    text = tr(vi=f"phải sửa bằng tay: {shown}", en=f"to be put right by hand: {shown}")
    todo = [f"{change.subject}: {what_to_do(change)}" for change in left]
    return {"kind": "by_hand", "msg": text, "next": what_to_do(left[0]), "todo": todo, "changed": item.repairable}


def endings_at_the_end(found: Mapping[str, Mapping[str, Any]], again: Iterable[HostAudit]) -> dict[str, dict[str, Any]]:
    """How the hosts ``found`` at the beginning end, where ``again`` is a second look at those that were changed.

    A host on which nothing is left is not among them.
    """
    ends = {name: dict(item) for name, item in found.items()}
    for item in again:
        name = item.host.name
        del ends[name]
        if item.outcome.is_trouble:
            ends[name] = dict(ending(item))
        elif item.left_to_people:
            ends[name] = by_hand_ending(item)
    return ends


def what_to_do(change: Change) -> str:
    """What a person does about one difference on a Linux host."""
    if change.cause is Cause.RUNTIME:
        return _not_working(change)
    if change.cause is Cause.MISSING:
        return tr(vi="thêm vào máy, hoặc bỏ khai báo", en="add it on the host, or declare it no more")
    name = change.subject
    undo = {
        "ports": tr(
            vi=f"tắt chương trình đang mở cổng ({_process(change)})",
            en=f"stop the program that holds it ({_process(change)})",
        ),
        "units": f"systemctl disable --now {name}",
        "users": _user(name),
        "sudo": tr(vi="xóa quyền này trong /etc/sudoers.d", en="remove the rule from /etc/sudoers.d"),
        "files": f"rm {name}",
    }.get(change.topic, tr(vi="bỏ khỏi máy", en="remove it from the host"))
    return tr(vi=f"{undo}, hoặc khai báo trong vai trò của máy", en=f"{undo}, or declare it in the host's role")


def _not_working(change: Change) -> str:
    if change.topic == "units":
        return tr(
            vi=f"xem journalctl -u {change.subject}, sửa nguyên nhân rồi systemctl restart {change.subject}",
            en=f"read journalctl -u {change.subject}, mend the cause, then systemctl restart {change.subject}",
        )
    if change.topic == "ports":
        program = change.lines[-1].removeprefix("+ ") if change.lines else ""
        return tr(vi=f"xem vì sao {program} không chạy", en=f"see why {program} does not run")
    return tr(
        vi="chạy lại sau vài phút; nếu vẫn còn thì xem nhật ký trên máy",
        en="run again in some minutes; if it is still there, read the host's journal",
    )


def _process(change: Change) -> str:
    return change.lines[0].removeprefix("- ") if change.lines else "?"


def _user(subject: str) -> str:
    user, _, what = subject.partition(" ")
    if not what:
        return f"userdel {user}"
    if what.startswith("group "):
        return f"gpasswd -d {user} {what.removeprefix('group ')}"
    return tr(vi=f"xóa khóa đó trong authorized_keys của {user}", en=f"remove that key from authorized_keys of {user}")
