"""Whether a router still serves after a change, seen from both ends: what answered before must answer after.

One end is the router itself (its neighbours on every line, the controller services); the other is its hub, which
looks at the router's loopback and meeting-room network. Static routes lie under the routing protocol, so a
neighbour that has not been changed yet does not make a good change look bad.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any

from hntt.devices import get_platform
from hntt.devices.results import ProbeResult
from hntt.devices.session import SessionError, open_cli, open_shell
from hntt.devices.target import Target
from hntt.i18n import tr

_CLI_PINGS: dict[str, tuple[str, re.Pattern[str]]] = {
    "cisco_ios": ("ping {address} repeat 2 timeout 1", re.compile(r"Success rate is (?!0 )")),
    "mikrotik_routeros": ("/ping address={address} count=2 interval=200ms", re.compile(r"received=[1-9]")),
}
_SHELL_PING = (
    "for a in {addresses}; do (sudo -n ping -c 2 -i 0.2 -W 1 -q $a >/dev/null 2>&1 && echo answers:$a) & done; wait"
)
Ping = Callable[[Target, Sequence[str]], frozenset[str]]


@dataclass(frozen=True)
class View:
    """One end: a router that looks, and the addresses it looks at."""

    target: Target
    addresses: tuple[str, ...]


class ServiceProbe:
    """``remember`` what answers before a change; called afterwards, it fails when something no longer answers."""

    def __init__(self, views: Sequence[View], ping: Ping | None = None) -> None:
        self._views = views
        self._ping = ping or answering
        self._before: dict[str, frozenset[str]] = {}

    def remember(self) -> int:
        """Look from every end; returns how many looks were answered."""
        self._before = {view.target.name: self._ping(view.target, view.addresses) for view in self._views}
        return sum(map(len, self._before.values()))

    def __call__(self) -> ProbeResult:
        """Look again."""
        lost = [f"{view.target.name} -> {address}" for view in self._views for address in sorted(self._lost(view))]
        if lost:
            shown = ", ".join(lost)
            return ProbeResult(False, tr(vi=f"không còn trả lời: {shown}", en=f"no longer answering: {shown}"))
        count = sum(map(len, self._before.values()))
        return ProbeResult(True, tr(vi=f"{count} địa chỉ vẫn trả lời", en=f"{count} addresses still answer"))

    def _lost(self, view: View) -> frozenset[str]:
        before = self._before.get(view.target.name, frozenset())
        return before - self._ping(view.target, view.addresses) if before else frozenset()


def views_of(target: Target, facts: Mapping[str, Any], hub_target: Callable[[str], Target | None]) -> list[View]:
    """Both ends of a router, from its inventory facts; ``hub_target`` gives the hub's target, None when it has none."""
    router: Mapping[str, Any] = facts["router"]
    uplink = router.get("uplink")
    lines = [line for line in (uplink, *router["downlinks"]) if line]
    near = [*(line["peer_address"] for line in lines), *facts["services"]["ntp"]]
    views = [View(target, tuple(dict.fromkeys(near)))]
    hub = hub_target(uplink["peer"]) if uplink else None
    if hub is not None:
        views.append(View(hub, (router["router_id"], str(ip_interface(router["lan"]["address"]).ip))))
    return views


def answering(target: Target, addresses: Sequence[str]) -> frozenset[str]:
    """Those of the addresses that answer a ping from the router; none when the router itself can't be reached."""
    try:
        return _from_shell(target, addresses) if target.platform == "frr" else _from_cli(target, addresses)
    except SessionError:
        return frozenset()


def _from_shell(target: Target, addresses: Sequence[str]) -> frozenset[str]:
    shell = open_shell(target)
    try:
        command = _SHELL_PING.format(addresses=" ".join(map(shlex.quote, addresses)))
        _, output = shell.run(command, timeout_s=30)
    finally:
        shell.close()
    return frozenset(line.removeprefix("answers:") for line in output.split() if line.startswith("answers:"))


def _from_cli(target: Target, addresses: Sequence[str]) -> frozenset[str]:
    command, good = _CLI_PINGS[target.platform]
    cli = open_cli(target, get_platform(target.platform).quirks)
    try:
        answers = {address: cli.run(command.format(address=address), timeout_s=30) for address in addresses}
    finally:
        cli.close()
    return frozenset(address for address, text in answers.items() if good.search(text))
