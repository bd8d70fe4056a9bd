"""Bringing a lab up, or back to what its topology says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field

from hntt.i18n import tr
from hntt.lab import access, containers, netns
from hntt.lab.capability import capability
from hntt.lab.engine import Engine
from hntt.lab.errors import LabError
from hntt.lab.images import ensure_image, image_root
from hntt.lab.limits import raise_limits
from hntt.lab.links import Bridge, BridgePort, bridge_commands, port_commands, ports, tbf_arguments
from hntt.lab.names import JOB_VARIABLE, Lab
from hntt.lab.observe import observe
from hntt.lab.plan import Action, Verb, container_spec, plan
from hntt.lab.progress import Reporter
from hntt.lab.reach import await_reachable
from hntt.lab.state import changing, save_topology
from hntt.lab.topology import LabHost, Topology, problems

REACH_SECONDS = 90.0
"""How long routing may take to make a started host reachable from the operator's station."""


@dataclass(frozen=True)
class UpResult:
    """What ``up`` did: the actions, the seconds it took, and hosts that did not come up and what is wrong."""

    actions: tuple[Action, ...]
    seconds: float
    not_ready: Mapping[str, str] = field(default_factory=dict)


def up(
    lab: Lab,
    topology: Topology,
    *,
    renew: frozenset[str] = frozenset(),
    reporter: Reporter | None = None,
) -> UpResult:
    """Make the lab what the topology says: add what is missing, mend what is stopped or cut, remove the rest.

    A second call changes nothing. ``renew`` names hosts to make anew from their day-0 configuration. LabError
    when the topology is impossible or another command changes the lab; LabUnavailableError when this machine
    cannot run containers; CommandError when the system refuses a step (a later ``up`` or ``down`` copes with
    what was built so far).
    """
    tell = reporter or Reporter()
    began = time.monotonic()
    _refuse_impossible(topology, renew)
    capability().require()
    with changing(lab), _marked_children(lab):
        save_topology(lab, topology)
        tags = _images(topology, tell)
        engine = Engine(lab, capability())
        raise_limits()
        _foundation(engine)
        access.write_access(topology, lab)
        actions = plan(topology, observe(topology, engine), lab, tags, renew)
        _Builder(engine, topology, tags, tell).carry_out(actions)
        not_ready = _await_ready(actions, topology, engine, tell)
    tell.close()
    return UpResult(tuple(actions), time.monotonic() - began, not_ready)


def _refuse_impossible(topology: Topology, renew: frozenset[str]) -> None:
    found = problems(topology)
    known = {host.name for host in topology.containers}
    found += [
        tr(vi=f"không thể làm mới {n}: không phải máy của phòng lab", en=f"cannot renew {n}: no device of the lab")
        for n in sorted(renew - known)
    ]
    if found:
        raise LabError("\n".join(found))


@contextmanager
def _marked_children(lab: Lab) -> Iterator[None]:
    # Commands that outlive a killed ``up`` carry this mark, by which ``down`` waits for them.
    before = os.environ.get(JOB_VARIABLE)
    os.environ[JOB_VARIABLE] = lab.name
    try:
        yield
    finally:
        if before is None:
            del os.environ[JOB_VARIABLE]
        else:
            os.environ[JOB_VARIABLE] = before


def _images(topology: Topology, tell: Reporter) -> dict[str, str]:
    return {name: ensure_image(name, tell.say) for name in sorted({h.image_name for h in topology.containers})}


def _foundation(engine: Engine) -> None:
    lab = engine.lab
    if lab.lines_namespace not in netns.usable_namespaces(lab):
        netns.add_namespaces([lab.lines_namespace])
    netns.disable_ipv6(lab.lines_namespace)
    engine.prepare()
    for container in engine.half_made():
        containers.remove(container, engine)


def workers() -> int:
    """How many containers to start at once: two per core keeps the cores busy while podman waits."""
    return max(2, 2 * (os.cpu_count() or 1))


class _Builder:
    """Carries a plan out, verb by verb; what can go in one command for the whole lab does."""

    def __init__(self, engine: Engine, topology: Topology, tags: Mapping[str, str], tell: Reporter) -> None:
        self._engine = engine
        self._lab = engine.lab
        self._tags = tags
        self._tell = tell
        self._ports = {port.name: port for port in ports(topology)}
        self._roots = {tag: image_root(tag) for tag in tags.values()}

    def carry_out(self, actions: list[Action]) -> None:
        """Run the actions in the order of their verbs."""
        of = {verb: [a for a in actions if a.verb is verb] for verb in Verb}
        self._each(tr(vi="gỡ máy", en="remove hosts"), of[Verb.REMOVE_CONTAINER], self._remove)
        self._namespaces_and_links(of)
        self._each(tr(vi="tạo máy", en="create hosts"), of[Verb.CREATE_CONTAINER], self._create)
        self._each(tr(vi="bật máy", en="start hosts"), of[Verb.START_CONTAINER], self._start)
        self._each(tr(vi="khởi động lại máy", en="restart hosts"), of[Verb.RESTART_CONTAINER], self._restart)

    def _namespaces_and_links(self, of: Mapping[Verb, list[Action]]) -> None:
        lines = self._lab.lines_namespace
        netns.ip_batch(lines, [f"link del dev {a.subject}" for a in of[Verb.REMOVE_LINK]])
        netns.remove_namespaces(a.subject for a in of[Verb.REMOVE_NAMESPACE])
        netns.add_namespaces([a.subject for a in of[Verb.ADD_NAMESPACE]])
        made = [a.payload for a in of[Verb.ADD_BRIDGE] if isinstance(a.payload, Bridge)]
        netns.ip_batch(lines, [line for bridge in made for line in bridge_commands(bridge)])
        raised = [a.subject for a in of[Verb.RAISE_LINK]]
        netns.ip_batch(lines, [f"link set dev {name} up" for name in raised if name not in self._ports])
        added = _ports_of(of[Verb.ADD_PORT])
        netns.ip_batch(lines, [line for port in added for line in port_commands(port, self._lab)])
        self._finish_ports([*added, *(self._ports[name] for name in raised if name in self._ports)])
        self._shape(of)
        for action in of[Verb.ADDRESS_HOST]:
            if isinstance(action.payload, LabHost):
                self._address(action.payload)

    def _finish_ports(self, made: list[BridgePort]) -> None:
        # A port is raised last: one that is down was never finished, and the next ``up`` finishes it.
        if not made:
            return
        self._tell.begin(tr(vi="nối cổng", en="connect ports"), len(made))
        by_host: dict[str, list[str]] = {}
        for port in made:
            by_host.setdefault(port.host, []).append(port.interface)
        for host, interfaces in by_host.items():
            namespace = self._lab.namespace(host)
            netns.disable_offloads(namespace, interfaces)
            netns.ip_batch(namespace, [f"link set dev {name} up" for name in interfaces])
            for _ in interfaces:
                self._tell.advance()
        lines = self._lab.lines_namespace
        netns.disable_offloads(lines, [port.name for port in made])
        netns.ip_batch(lines, [f"link set dev {port.name} up" for port in made])

    def _shape(self, of: Mapping[Verb, list[Action]]) -> None:
        commands = [
            f"qdisc replace dev {port.name} root {' '.join(tbf_arguments(port.rate_kbps))}"
            for port in _ports_of(of[Verb.SHAPE_PORT])
            if port.rate_kbps is not None
        ]
        commands += [f"qdisc del dev {a.subject} root" for a in of[Verb.UNSHAPE_PORT]]
        netns.tc_batch(self._lab.lines_namespace, commands)

    def _address(self, host: LabHost) -> None:
        interface = host.interfaces[0]
        route = [f"route replace default via {host.gateway} dev {interface}"] if host.gateway else []
        netns.ip_batch(
            self._lab.namespace(host.name),
            ["link set dev lo up", f"addr replace {host.address}/{host.prefix_length} dev {interface}", *route],
        )

    def _each(self, title: str, actions: list[Action], step: Callable[[Action], None]) -> None:
        if actions:
            self._tell.begin(title, len(actions))
            _in_parallel(actions, step, self._tell)

    def _remove(self, action: Action) -> None:
        containers.remove(action.subject, self._engine)

    def _create(self, action: Action) -> None:
        if isinstance(action.payload, LabHost):
            tag = self._tags[action.payload.image_name]
            spec = container_spec(action.payload, tag)
            containers.create(action.payload, self._roots[tag], spec, self._engine)

    def _start(self, action: Action) -> None:
        containers.start(action.subject, self._engine)

    def _restart(self, action: Action) -> None:
        containers.restart(action.subject, self._engine)


def _ports_of(actions: Iterable[Action]) -> list[BridgePort]:
    return [a.payload for a in actions if isinstance(a.payload, BridgePort)]


def _in_parallel(actions: list[Action], step: Callable[[Action], None], tell: Reporter) -> None:
    with ThreadPoolExecutor(workers()) as pool:
        jobs = [pool.submit(step, action) for action in actions]
        try:
            for job in as_completed(jobs):
                job.result()
                tell.advance()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _await_ready(actions: list[Action], topology: Topology, engine: Engine, tell: Reporter) -> dict[str, str]:
    started = {
        a.subject for a in actions if a.verb in (Verb.CREATE_CONTAINER, Verb.START_CONTAINER, Verb.RESTART_CONTAINER)
    }
    if not started:
        return {}
    tell.begin(tr(vi="chờ máy khởi động xong", en="wait for hosts to finish starting"), len(started))
    states = {}
    for host in sorted(started):
        states[host] = containers.wait_ready(host, engine)
        tell.advance()
    tell.begin(tr(vi="chờ đăng nhập được qua mạng", en="wait for logins through the network"), 1)
    deaf = await_reachable(engine.lab, topology, [h for h in topology.containers if h.name in started], REACH_SECONDS)
    tell.advance()
    no_ssh = tr(vi="không ssh vào được", en="cannot be reached by ssh")
    return {host: state for host, state in states.items() if state != "running"} | dict.fromkeys(deaf, no_ssh)
