"""How a host that is not well ends in a run, in the form that ``hntt_outcome`` takes."""

from __future__ import annotations

from hntt.audit.model import HostAudit, Outcome
from hntt.i18n import tr


def ending(item: HostAudit) -> dict[str, str]:
    """How a host that is not well is to be reported: unreachable or failed, why, and what to do."""
    kind = "unreachable" if item.outcome is Outcome.UNREACHABLE else "failed"
    text = item.detail or item.outcome.label
    if item.outcome is Outcome.DRIFT:
        count = len(item.changes)
        text = tr(vi=f"{count} khác biệt so với khai báo", en=f"{count} differences from what is declared")
    return {"kind": kind, "msg": text, "next": item.outcome.next_step}
