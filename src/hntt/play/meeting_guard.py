"""No change touches a device on the path of a running meeting, unless the operator says why it must be now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hntt.audit.model import Audit, HostAudit
from hntt.audit.scope import Scope
from hntt.i18n import tr
from hntt.meetings.busy import busy_hosts, on_a_path, unknown_reason
from hntt.meetings.layout import Layout
from hntt.meetings.reach import Views, look
from hntt.network.model import Network
from hntt.play.meetings import server_targets


@dataclass(frozen=True)
class Guard:
    """What was found. ``busy``: devices to leave alone, and why; ``reason``: the operator's, if there is one."""

    busy: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def left_alone(self) -> Mapping[str, str]:
        """The devices that are not touched in this run."""
        return {} if self.reason else self.busy

    def endings(self) -> dict[str, dict[str, str]]:
        """How a device that was left alone is reported, in the form of ``endings.ending``."""
        return {
            host: {"kind": "failed", "msg": tr(vi=f"để yên: {why}", en=f"left alone: {why}"), "next": next_step()}
            for host, why in self.left_alone.items()
        }


def next_step() -> str:
    """What the operator does about devices that were left alone."""
    return tr(
        vi="chạy lại sau cuộc họp; nếu phải sửa ngay thì thêm -e reason='vì sao'",
        en="run again after the meeting; if it can't wait, add -e reason='why'",
    )


def guard_of(audit: Audit, servers: Scope, reason: str) -> Guard:
    """Ask the MCU servers, when something that a meeting may run over is going to be changed, and only then.

    ``servers``: the scope of the inventory's MCU servers.
    """
    to_change = [item for item in audit.hosts if will_change(item) and on_a_path(servers.network, item.host.name)]
    targets = server_targets(servers, servers.network)
    asked = {name: target for name, target in targets.items() if not servers.is_simulated(name)}
    if not to_change or not asked:
        return Guard(reason=reason)
    # All of the register: a site that is in no part of this inventory may be in the room all the same.
    layout = Layout.of(servers.register, servers.network, frozenset(servers.network.devices))
    return guard_from(servers.network, layout, look(asked), [item.host.name for item in to_change], reason)


def guard_from(network: Network, layout: Layout, views: Views, to_change: Collection[str], reason: str) -> Guard:
    """What the servers' answers mean for the devices that are going to be changed. Pure."""
    busy = busy_hosts(network, layout, views)
    unknown = unknown_reason(network, views)
    found = {host: busy.get(host) or unknown for host in to_change}
    return Guard({host: why for host, why in found.items() if why}, reason)


def will_change(item: HostAudit) -> bool:
    """Whether converging would work on the host."""
    return item.repairable and not item.outcome.is_trouble
