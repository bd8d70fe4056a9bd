"""A verification in few lines for a terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hntt.audit.checks import Status, Verdict
from hntt.audit.verify import Verification
from hntt.i18n import tr

_FAILURES_SHOWN = 3
_FINDINGS_SHOWN = 2


def verify_lines(found: Verification, room: int) -> list[str]:
    """One line per check with its counts, then the first things that are wrong, then what was not shown."""
    lines = [_check_line(found, number) for number in range(len(found.checks))]
    wrong = list(_wrong_lines(found.failed))
    tail = list(_not_shown(found))
    if len(lines) + len(wrong) + len(tail) > room:
        bad = [line for line, check in zip(lines, found.checks, strict=True) if _has_failed(found, check)]
        lines = [_folded(found), *bad] if len(bad) < len(lines) else lines
    return [*lines, *wrong, *tail][:room]


def verify_record(found: Verification) -> dict[str, Any]:
    """The verification as JSON data."""
    return {
        "started": found.started.isoformat(timespec="seconds"),
        "seconds": round(found.seconds, 3),
        "passed": not found.failed,
        "checks": {check.name: {"title": check.title, **_counts(found.of(check))} for check in found.checks},
        "rooms": found.rooms,
        "not_shown": [host.name for host in found.not_shown],
        "failures": [
            {
                "check": item.check.name,
                "host": item.host,
                "status": str(item.status),
                "findings": [str(finding) for finding in item.findings],
                "detail": item.detail,
            }
            for item in found.failed
        ],
    }


def wrong_text(item: Verdict) -> str:
    """What is wrong about one check on one device, in one line."""
    what = "; ".join(map(str, item.findings[:_FINDINGS_SHOWN])) or item.detail
    rest = len(item.findings) - _FINDINGS_SHOWN
    what += tr(vi=f"; và {rest} điều nữa", en=f"; and {rest} more") if rest > 0 else ""
    return f"{item.host}: {item.check.title}: {item.status.label} ({what})"


def _counts(items: tuple[Verdict, ...]) -> dict[str, int]:
    return {str(status): sum(item.status is status for item in items) for status in Status}


def _check_line(found: Verification, number: int) -> str:
    check = found.checks[number]
    items = found.of(check)
    good = sum(item.status is Status.PASS for item in items)
    mark = "✓" if good == len(items) else "✗"
    return f"  {mark} {check.title}: {good}/{len(items)}"


def _has_failed(found: Verification, check: object) -> bool:
    return any(item.check is check for item in found.failed)


def _folded(found: Verification) -> str:
    good = [check for check in found.checks if not _has_failed(found, check)]
    names = ", ".join(check.name for check in good)
    return tr(vi=f"  ✓ {len(good)} phép kiểm tra đạt: {names}", en=f"  ✓ {len(good)} checks passed: {names}")


def _wrong_lines(failed: tuple[Verdict, ...]) -> Iterator[str]:
    for item in failed[:_FAILURES_SHOWN]:
        yield f"  ! {wrong_text(item)}"
    if len(failed) > _FAILURES_SHOWN:
        rest = len(failed) - _FAILURES_SHOWN
        yield tr(vi=f"  … và {rest} lỗi nữa, xem báo cáo", en=f"  … and {rest} more, see the report")


def _not_shown(found: Verification) -> Iterator[str]:
    if found.not_shown:
        count = len(found.not_shown)
        yield tr(
            vi=f"  không kiểm tra được ở đây (mô phỏng, hoặc chưa hỗ trợ loại này): {count} thiết bị",
            en=f"  not shown here (simulated, or a platform without checks): {count} devices",
        )
    if found.verdicts and not found.rooms:
        yield tr(
            vi="  phân vùng giữa các xã: chỉ kiểm tra được trong phòng lab",
            en="  segmentation between communes: can only be seen in the lab",
        )
