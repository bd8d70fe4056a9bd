"""What state a lab is in: its hosts, its lines, and what has been broken on purpose."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from hntt.lab import netns
from hntt.lab.containers import systemd_state
from hntt.lab.engine import Engine
from hntt.lab.faults import Fault, present_faults
from hntt.lab.links import line_ports, shape_for
from hntt.lab.observe import observe_links
from hntt.lab.plan import ObservedLink
from hntt.lab.reach import reachable
from hntt.lab.topology import LabHost, LabLine, Topology

_ABSENT = "absent"


@dataclass(frozen=True)
class HostStatus:
    """One host. ``state``: podman's word, ``namespace`` for bare hosts, ``absent``. ``ssh``: None when not asked."""

    name: str
    kind: str
    state: str
    systemd: str | None
    ssh: bool | None
    address: str | None


@dataclass(frozen=True)
class LineStatus:
    """One leased line: its rate in kbit/s, whether it carries frames, whether it is shaped to its rate."""

    name: str
    a: str
    b: str
    rate_kbps: int
    up: bool
    shaped: bool


@dataclass(frozen=True)
class LabStatus:
    """The whole lab."""

    lab: str
    hosts: tuple[HostStatus, ...]
    lines: tuple[LineStatus, ...]
    faults: tuple[Fault, ...]

    @property
    def healthy(self) -> bool:
        """Whether every host runs and can be reached, and every line carries what it should."""
        hosts = all(h.state in ("running", "namespace") and h.systemd in (None, "running") for h in self.hosts)
        return hosts and all(h.ssh is not False for h in self.hosts) and all(x.up and x.shaped for x in self.lines)

    def as_data(self) -> dict[str, Any]:
        """The status for ``--format json``."""
        return {**dataclasses.asdict(self), "healthy": self.healthy}


def status(topology: Topology, engine: Engine, *, ask_ssh: bool = True) -> LabStatus:
    """Read the lab's state from the system. ``ask_ssh``: also log in to every running device."""
    lab = engine.lab
    records = {record["Names"][0]: record for record in engine.containers()}
    running = [h for h in topology.containers if records.get(lab.container(h.name), {}).get("State") == "running"]
    with ThreadPoolExecutor(8) as pool:
        states = dict(
            zip(
                (h.name for h in running),
                pool.map(lambda h: systemd_state(int(records[lab.container(h.name)]["Pid"])), running),
                strict=True,
            )
        )
    namespaces = netns.usable_namespaces(lab)
    admin_there = topology.admin is not None and lab.namespace(topology.admin.name) in namespaces
    logins = reachable(lab, topology, running) if ask_ssh and admin_there else {}
    links = observe_links(lab) if lab.lines_namespace in namespaces else {}

    def host_status(host: LabHost) -> HostStatus:
        if host.is_container:
            state = records.get(lab.container(host.name), {}).get("State", _ABSENT)
        else:
            state = "namespace" if lab.namespace(host.name) in namespaces else _ABSENT
        return HostStatus(host.name, host.kind, state, states.get(host.name), logins.get(host.name), host.address)

    return LabStatus(
        lab=lab.name,
        hosts=tuple(host_status(host) for host in topology.hosts),
        lines=tuple(_line_status(line, links) for line in topology.lines),
        faults=tuple(present_faults(topology, engine)),
    )


def _line_status(line: LabLine, links: dict[str, ObservedLink]) -> LineStatus:
    ends = [links.get(name) for name in line_ports(line)]
    return LineStatus(
        name=line.name,
        a=":".join(line.a),
        b=":".join(line.b),
        rate_kbps=line.rate_kbps,
        up=all(end is not None and end.up for end in ends),
        shaped=all(end is not None and end.shape == shape_for(line.rate_kbps) for end in ends),
    )
