"""What a change of register, templates or roles does to the province: two intended states compared, device by device.

Equal changes of many devices are one entry with the list of devices, so that a changed NTP server is one line and
not three hundred. Secrets are placeholders on both sides and can't show.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hntt.intent.intended import Intended
from hntt.intent.linux import DeclaredState, StateChange, diff_states
from hntt.network.model import Device

_LINE_PORT = re.compile(r"(\bln|Ethernet\d+/\d+\.)\d+\b")


@dataclass(frozen=True, order=True)
class Change:
    """One difference: where (``config`` or a list of the declared state), what, and the lines that go and come."""

    area: str
    subject: str
    action: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangeGroup:
    """A change and the devices that have exactly this one; ``places`` counts it where a device has it several times."""

    change: Change
    devices: tuple[Device, ...]
    places: int

    @property
    def by_district(self) -> dict[str, list[str]]:
        """Host names per district, the centre's under ``tinh``; in the network's order."""
        found: dict[str, list[str]] = {}
        for device in self.devices:
            found.setdefault(device.site.district or device.site.label, []).append(device.host)
        return found


@dataclass(frozen=True)
class Plan:
    """Devices that come, devices that go, and the grouped changes of those that stay."""

    added: tuple[Device, ...]
    removed: tuple[Device, ...]
    groups: tuple[ChangeGroup, ...]
    compared: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.added or self.removed or self.groups)

    @property
    def changed(self) -> list[Device]:
        """The devices that change, each once."""
        return list({device.host: device for group in self.groups for device in group.devices}.values())


def plan(before: Mapping[str, Intended], after: Mapping[str, Intended]) -> Plan:
    """Compare two trees' intended states, keyed by host name."""
    both = [host for host in after if host in before]
    members: dict[Change, list[Device]] = {}
    for host in both:
        for change in device_changes(before[host], after[host]):
            members.setdefault(_generalised(change), []).append(after[host].device)
    groups = [
        ChangeGroup(change, tuple({device.host: device for device in devices}.values()), len(devices))
        for change, devices in members.items()
    ]
    return Plan(
        added=tuple(item.device for host, item in after.items() if host not in before),
        removed=tuple(item.device for host, item in before.items() if host not in after),
        groups=tuple(sorted(groups, key=lambda group: (-len(group.devices), group.change))),
        compared=len(both),
    )


def _generalised(change: Change) -> Change:
    """The change with a star for the line's number: the ends of 159 lines changing alike are one thing."""
    return replace(change, subject=_LINE_PORT.sub(r"\1*", change.subject))


def device_changes(before: Intended, after: Intended) -> Iterator[Change]:
    """Everything that differs in one device's intended state; one entry per section of a configuration."""
    if before.device.platform != after.device.platform:
        lines = (f"- {before.device.platform}", f"+ {after.device.platform}")
        yield Change("platform", "platform", "change", lines)
    else:
        yield from config_changes(before.config or "", after.config or "")
    empty = DeclaredState()
    yield from (_from_state(item) for item in diff_states(before.state or empty, after.state or empty))


def config_changes(before: str, after: str) -> Iterator[Change]:
    """Differences of two configurations by top-level section, without unchanged lines: those differ between devices."""
    old, new = _sections(before), _sections(after)
    for header in dict.fromkeys((*old, *new)):
        gone, come = old.get(header), new.get(header)
        if gone != come:
            action = "add" if gone is None else "remove" if come is None else "change"
            yield Change("config", header, action, tuple(_differing(gone or (), come or ())))


def _sections(text: str) -> dict[str, tuple[str, ...]]:
    """Top-level line to the lines of its section, itself included. A repeated header is one section.

    What follows a header is indented; in a RouterOS export headers are the lines that begin with a slash instead.
    """
    found: dict[str, list[str]] = {}
    header = ""
    by_slash = any(line.startswith("/") for line in text.splitlines())
    for line in text.splitlines():
        if not line.strip() or line.strip() in ("!", "exit"):
            continue
        if line.startswith("/") if by_slash else not line.startswith(" "):
            header = line
        found.setdefault(header, []).append(line)
    return {name: tuple(lines) for name, lines in found.items()}


def _differing(before: Iterable[str], after: Iterable[str]) -> Iterator[str]:
    lines = difflib.unified_diff(list(before), list(after), n=0, lineterm="")
    for line in list(lines)[2:]:  # after the two lines that would name the files
        if line[0] in "+-":
            yield f"{line[0]} {line[1:]}".rstrip()


def _from_state(change: StateChange) -> Change:
    before = dict(change.before)
    after = dict(change.after)
    fields = [
        f"{mark} {name}: {values[name]}"
        for name in dict.fromkeys((*before, *after))
        for mark, values in (("-", before), ("+", after))
        if name in values
    ]
    content = [
        f"{line[0]} {line[1:]}".rstrip()
        for line in change.text.splitlines()
        if line[:1] in ("+", "-") and not line.startswith(("--- before: ", "+++ after: "))
    ]
    return Change(change.kind, change.subject, change.action, tuple(fields + content))
