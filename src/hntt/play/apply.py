"""One router, guarded: from its inventory variables to the result that Ansible is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hntt.audit.daemons import wait_for_daemons
from hntt.audit.routers import daemons_text, intended_text
from hntt.audit.scope import Scope, facts
from hntt.devices.guard import guarded_apply
from hntt.devices.results import ApplyResult, Step
from hntt.devices.target import Target
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.play.inputs import HostVars, Variables
from hntt.play.progress import INTERVAL_S
from hntt.play.service_probe import ServiceProbe, views_of

_DAEMONS_PATIENCE_S = 90


def apply_router(
    scope: Scope,
    name: str,
    hostvars: HostVars,
    *,
    check: bool,
    reason: str,
    confirm_timeout_s: int,
    say: Callable[[str], object],
) -> dict[str, Any]:
    """Bring the router to its intended configuration; the result is an Ansible task's (changed, failed, diff, msg)."""
    target = scope.target(name)
    if target.platform == "frr" and not scope.is_simulated(name):
        absent = wait_for_daemons(target, 0 if check else _DAEMONS_PATIENCE_S)
        if absent:
            return {"changed": False, "failed": True, "msg": daemons_text(absent), "hntt_next": run_again()}
    probe = ServiceProbe(views_of(target, facts(scope.variables[name]), lambda hub: _hub_target(scope, hostvars, hub)))
    if not check:
        probe.remember()
    result = guarded_apply(
        target,
        intended_text(scope, name),
        probe=probe,
        check=check,
        confirm_timeout_s=confirm_timeout_s,
        reason=reason,
        on_step=_narrator(name, say),
    )
    return action_result(result)


def action_result(result: ApplyResult) -> dict[str, Any]:
    """The task result. Everything in it is masked already."""
    told: dict[str, Any] = {
        "changed": result.changed,
        "outcome": result.outcome,
        "msg": str(result.message) if result.ok else failure_text(result),
        "commands": len(result.commands_sent),
        "saved": result.saved,
        "evidence": result.evidence,
        "steps": [f"{step.name} {step.seconds:.1f} s {step.detail}".rstrip() for step in result.steps],
    }
    if result.diff:
        told["diff"] = [{"prepared": result.diff + "\n"}]
    if not result.ok:
        told |= {"failed": True, "hntt_next": next_step(result)}
    return told


def run_again() -> str:
    """What to do about something that passes by itself."""
    return tr(vi="chờ một phút rồi chạy lại", en="wait a minute, then run again")


def failure_text(result: ApplyResult) -> str:
    """What happened, and first of all in what state the router is now."""
    state = {
        "reverted": tr(vi="router đã trở về cấu hình cũ", en="the router is back at its old configuration"),
        "refused": tr(vi="chưa thay đổi gì", en="nothing was changed"),
        "failed_untouched": tr(vi="chưa thay đổi gì", en="nothing was changed"),
        "left_changed": tr(
            vi="ROUTER KHÔNG Ở CẤU HÌNH CŨ CŨNG KHÔNG Ở CẤU HÌNH MỚI",
            en="THE ROUTER HOLDS NEITHER THE OLD NOR THE NEW CONFIGURATION",
        ),
        "confirmed": tr(vi="cấu hình mới đang chạy nhưng chưa lưu", en="the new configuration runs but is not saved"),
        "unknown": tr(vi="không liên lạc được để xem trạng thái", en="its state could not be seen, it does not answer"),
    }.get(result.outcome, result.outcome)
    rejected = result.evidence.get("rejected_line")
    line = tr(vi=f"; dòng bị từ chối: {rejected}", en=f"; rejected line: {rejected}") if rejected else ""
    return f"{state}: {result.message}{line}"


def next_step(result: ApplyResult) -> str:
    """What the operator does next."""
    return {
        "refused": tr(vi="chờ thiết bị tự hoàn tác rồi chạy lại", en="wait for the device to revert, then run again"),
        "reverted": tr(vi="sửa nguyên nhân rồi chạy lại", en="mend the cause, then run again"),
        "failed_untouched": tr(vi="kiểm tra kết nối rồi chạy lại", en="check how it is reached, then run again"),
        "confirmed": tr(
            vi="đừng khởi động lại router; sửa điều đã báo rồi chạy lại để lưu",
            en="do not restart the router; mend what is told, then run again to save",
        ),
    }.get(result.outcome, tr(vi="đến tận nơi hoặc vào bằng cổng console", en="go on site or use the console port"))


def _hub_target(scope: Scope, hostvars: HostVars, hub: str) -> Target | None:
    try:
        return scope.target_of(hub, Variables(hostvars, hub))
    except (AttributeError, KeyError, TypeError, UsageError):
        return None


def _narrator(name: str, say: Callable[[str], object]) -> Callable[[Step], None]:
    """Says a step when it took long, so that nobody looks at a silent screen."""
    begun = time.monotonic()

    def narrate(step: Step) -> None:
        if step.seconds >= INTERVAL_S:
            say(f"  … {name}: {step.name}, {time.monotonic() - begun:.0f} s")

    return narrate
