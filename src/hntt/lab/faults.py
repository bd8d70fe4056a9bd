"""Breaking a lab on purpose, and finding out what is broken.

Nothing about faults is recorded: a cut line is one whose ports are down, a stopped host one that does not run,
a full disk one that carries the filler. ``up`` mends cut lines and stopped hosts; :func:`clear` mends all.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hntt.i18n import tr
from hntt.lab import containers, netns
from hntt.lab.engine import Engine
from hntt.lab.errors import LabError
from hntt.lab.links import line_ports
from hntt.lab.netns import call_in_mounts
from hntt.lab.observe import observe_links
from hntt.lab.shell import run
from hntt.lab.topology import LabHost, Topology

FaultKind = Literal["cut-line", "stop", "fill-disk"]
FILLER = Path("var/lib/.hntt-filler")
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Fault:
    """Something that is broken now: ``subject`` is the line's or host's name."""

    kind: FaultKind
    subject: str


def cut_line(topology: Topology, engine: Engine, name: str) -> None:
    """Cut a leased line: both routers lose the carrier. LabError when there is no such line."""
    _set_line(topology, engine, name, "down")


def restore_line(topology: Topology, engine: Engine, name: str) -> None:
    """Join a cut line again."""
    _set_line(topology, engine, name, "up")


def _set_line(topology: Topology, engine: Engine, name: str, state: Literal["up", "down"]) -> None:
    names = line_ports(topology.line(name))
    netns.ip_batch(engine.lab.lines_namespace, [f"link set dev {port} {state}" for port in names])


def stop_host(topology: Topology, engine: Engine, name: str) -> None:
    """Take a host's power away. LabError when it is no device of the lab or does not run."""
    containers.pid_of(_device(topology, name).name, engine)
    containers.power_off(name, engine)


def start_host(topology: Topology, engine: Engine, name: str) -> str:
    """Give a host its power back and wait for its systemd; returns the state it reached."""
    containers.start(_device(topology, name).name, engine)
    return containers.wait_ready(name, engine)


def kill_sessions(topology: Topology, engine: Engine, name: str, user: str | None = None) -> int:
    """End the ssh sessions a device has now, at once and without a word to the client; returns how many.

    New sessions can be opened right away. ``user`` limits it to that user's sessions. LabError when the device
    does not run.
    """
    pid = containers.pid_of(_device(topology, name).name, engine)
    enter = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p"]
    listed = run([*enter, "pgrep", "-a", "-f", f"^sshd-session: {user or ''}"], check=False).stdout
    sessions = [line.split(maxsplit=2) for line in listed.splitlines()]
    # A session is a privileged process named "hntt [priv]" and its child "hntt@pts/0"; "hntt-net" is another user.
    chosen = [(pid, who) for pid, _title, who in sessions if user in (None, who.split(" ")[0].split("@")[0])]
    if chosen:
        run([*enter, "kill", "-KILL", *(pid for pid, _who in chosen)], check=False)
    return sum("[priv]" in who for _pid, who in chosen)


def fill_disk(topology: Topology, engine: Engine, name: str) -> int:
    """Fill a host's disk until the kernel says ENOSPC; returns the bytes it took.

    The disk is the one bounded file system under all of the host's root: a router can then write neither
    ``/etc/frr/frr.conf`` nor a file of a guarded change. ``/run`` and ``/tmp`` are memory, as on any Debian 13.
    """
    root = _root(topology, engine, name)
    return call_in_mounts(engine.lab, lambda: _fill(root / FILLER))


def _fill(path: Path) -> int:
    written = 0
    with path.open("ab", buffering=0) as filler:
        size = _BLOCK
        while size:
            try:
                written += filler.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
    return written


def free_disk(topology: Topology, engine: Engine, name: str) -> None:
    """Take the filler off a host's disk again."""
    root = _root(topology, engine, name)
    call_in_mounts(engine.lab, lambda: (root / FILLER).unlink(missing_ok=True))


def _root(topology: Topology, engine: Engine, name: str) -> Path:
    root = engine.lab.root_dir(_device(topology, name).name)
    if str(root) not in engine.mount_points():
        raise LabError(tr(vi=f"{name} chưa có đĩa (hntt lab up?)", en=f"{name} has no disk (hntt lab up?)"))
    return root


def _device(topology: Topology, name: str) -> LabHost:
    host = topology.host(name)
    if not host.is_container:
        raise LabError(
            tr(
                vi=f"{name} chỉ là một namespace mạng, không phải thiết bị",
                en=f"{name} is only a network namespace, not a device",
            )
        )
    return host


def present_faults(topology: Topology, engine: Engine) -> list[Fault]:
    """What is broken now, read from the system."""
    lab = engine.lab
    links = observe_links(lab) if lab.lines_namespace in netns.usable_namespaces(lab) else {}
    states = {record["Names"][0]: record["State"] for record in engine.containers()}
    cut = [
        Fault("cut-line", line.name)
        for line in topology.lines
        if any(name in links and not links[name].up for name in line_ports(line))
    ]
    stopped = [
        Fault("stop", host.name)
        for host in topology.containers
        if states.get(lab.container(host.name), "running") != "running"
    ]
    return [*cut, *stopped, *(Fault("fill-disk", name) for name in _filled(topology, engine))]


def _filled(topology: Topology, engine: Engine) -> list[str]:
    if not engine.has_mount_namespace():
        return []
    roots = {host.name: engine.lab.root_dir(host.name) for host in topology.containers}
    return call_in_mounts(engine.lab, lambda: [name for name, root in roots.items() if (root / FILLER).exists()])


def clear(topology: Topology, engine: Engine) -> list[Fault]:
    """Mend everything that is broken; returns what was."""
    found = present_faults(topology, engine)
    mend = {"cut-line": restore_line, "stop": start_host, "fill-disk": free_disk}
    for fault in found:
        mend[fault.kind](topology, engine, fault.subject)
    return found
