"""One video unit: from its inventory variables to the result that Ansible is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hntt.audit.scope import Scope
from hntt.audit.units import unit_intent
from hntt.devices.results import ApplyResult, Step
from hntt.devices.roomos import apply_unit
from hntt.i18n import tr
from hntt.play.progress import INTERVAL_S


def apply_video_unit(
    scope: Scope, name: str, *, check: bool, reason: str, say: Callable[[str], object]
) -> dict[str, Any]:
    """Bring the unit to its intended settings; the result is an Ansible task's (changed, failed, diff, msg)."""

    def narrate(step: Step) -> None:
        if step.seconds >= INTERVAL_S:
            say(f"  … {name}: {step.name}, {step.seconds:.0f} s")

    result = apply_unit(scope.target(name), unit_intent(scope, name), check=check, reason=reason, on_step=narrate)
    return action_result(scope, result)


def action_result(scope: Scope, result: ApplyResult) -> dict[str, Any]:
    """The task result, masked once more with every secret there is."""
    mask = scope.secrets.mask
    registered = result.outcome != "confirmed" or result.evidence.get("registration") == "Registered"
    ok = result.ok and registered
    told: dict[str, Any] = {
        "changed": result.changed,
        "outcome": result.outcome,
        "msg": mask(_message(result)),
        "commands": len(result.commands_sent),
        "evidence": {name: mask(text) for name, text in result.evidence.items()},
        "steps": [mask(f"{step.name} {step.seconds:.1f} s {step.detail}".rstrip()) for step in result.steps],
    }
    if result.diff:
        told["diff"] = [{"prepared": mask(result.diff) + "\n"}]
    if not ok:
        told |= {"failed": True, "hntt_next": next_step(result)}
    return told


def _message(result: ApplyResult) -> str:
    pending = result.evidence.get("restart_pending")
    if not pending or result.outcome != "confirmed":
        return str(result.message)
    later = tr(vi=f"chờ khởi động lại để có hiệu lực: {pending}", en=f"in force after a restart: {pending}")
    return f"{result.message}; {later}"


def next_step(result: ApplyResult) -> str:
    """What the operator does next."""
    return {
        "refused": tr(vi="chờ hết họp rồi chạy lại", en="wait until the meeting is over, then run again"),
        "reverted": tr(vi="sửa nguyên nhân rồi chạy lại", en="mend the cause, then run again"),
        "failed_untouched": tr(vi="kiểm tra kết nối rồi chạy lại", en="check how it is reached, then run again"),
        "confirmed": tr(
            vi="kiểm tra máy chủ MCU, tên và mật khẩu SIP trong vault, rồi chạy lại",
            en="check the MCU server and the SIP name and password in the vault, then run again",
        ),
    }.get(result.outcome, tr(vi="đến tận nơi kiểm tra thiết bị", en="have the unit checked on site"))
