"""What has to be done to bring a lab from what it is to what it shall be: pure computation.

:func:`plan` compares a topology with an :class:`Observed` lab and returns actions in the order in which they
must run. It touches nothing, so it can be tested without a machine; :mod:`hntt.lab.up` carries actions out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hntt.lab.links import Bridge, BridgePort, Shape, bridges, ports, shape_for
from hntt.lab.names import Lab
from hntt.lab.topology import LabHost, Topology


class Verb(StrEnum):
    """What an action does; the order of the members is the order of execution."""

    REMOVE_CONTAINER = "remove container"
    REMOVE_LINK = "remove link"
    REMOVE_NAMESPACE = "remove namespace"
    ADD_NAMESPACE = "add namespace"
    ADD_BRIDGE = "add bridge"
    ADD_PORT = "add port"
    RAISE_LINK = "raise link"
    SHAPE_PORT = "shape port"
    UNSHAPE_PORT = "unshape port"
    ADDRESS_HOST = "address host"
    CREATE_CONTAINER = "create container"
    START_CONTAINER = "start container"
    RESTART_CONTAINER = "restart container"


@dataclass(frozen=True)
class Action:
    """One step; ``subject`` names its object, the payload is what carrying it out needs."""

    verb: Verb
    subject: str
    payload: LabHost | Bridge | BridgePort | None = None


@dataclass(frozen=True)
class ObservedLink:
    """A link in the lines namespace."""

    up: bool
    bridge: str = ""
    shape: Shape | None = None


@dataclass(frozen=True)
class ObservedContainer:
    """A container of the lab; ``wired`` says that it runs in the namespace that bears its name now."""

    running: bool
    spec: str
    mounted: bool = True
    wired: bool = True


@dataclass(frozen=True)
class Observed:
    """What is there. Keys: namespace names, link names, container names, addresses per bare namespace."""

    namespaces: frozenset[str] = frozenset()
    links: Mapping[str, ObservedLink] = field(default_factory=dict)
    containers: Mapping[str, ObservedContainer] = field(default_factory=dict)
    addresses: Mapping[str, frozenset[str]] = field(default_factory=dict)


def container_spec(host: LabHost, image_tag: str) -> str:
    """What makes a container the right one; another value means that it must be made anew.

    Day-0 is not part of it: it is loaded once, at the bench, and what the device became since then stays.
    """
    return f"{image_tag} {host.disk_size_mb}"


def plan(
    topology: Topology,
    observed: Observed,
    lab: Lab,
    image_tags: Mapping[str, str],
    renew: frozenset[str] = frozenset(),
) -> list[Action]:
    """The actions that make the lab what the topology says; empty when it is so already.

    ``image_tags``: image name to tag. ``renew``: hosts to make anew from their day-0 configuration.
    """
    link_actions = _link_actions(topology, observed, lab)
    actions = [
        *_namespace_actions(topology, observed, lab),
        *link_actions,
        *_address_actions(topology, observed, lab, link_actions),
        *_container_actions(topology, observed, lab, image_tags, renew),
    ]
    order = {verb: place for place, verb in enumerate(Verb)}
    return sorted(actions, key=lambda action: order[action.verb])


def _namespace_actions(topology: Topology, observed: Observed, lab: Lab) -> list[Action]:
    wanted = [lab.lines_namespace, *(lab.namespace(h.name) for h in topology.hosts)]
    surplus = sorted(observed.namespaces - set(wanted))
    missing = [name for name in wanted if name not in observed.namespaces]
    return [
        *(Action(Verb.REMOVE_NAMESPACE, name) for name in surplus),
        *(Action(Verb.ADD_NAMESPACE, name) for name in missing),
    ]


def _link_actions(topology: Topology, observed: Observed, lab: Lab) -> list[Action]:
    wanted_bridges = bridges(topology)
    wanted_ports = ports(topology)
    lost = {host.name for host in topology.hosts if _is_rewired(host, observed, lab)}
    names = {b.name for b in wanted_bridges} | {p.name for p in wanted_ports}
    actions = [Action(Verb.REMOVE_LINK, name) for name in sorted(set(observed.links) - names)]
    for bridge in wanted_bridges:
        link = observed.links.get(bridge.name)
        if link is None:
            actions.append(Action(Verb.ADD_BRIDGE, bridge.name, bridge))
        elif not link.up:
            actions.append(Action(Verb.RAISE_LINK, bridge.name))
    for port in wanted_ports:
        actions += _port_actions(port, observed.links.get(port.name), port.host in lost)
    return actions


def _is_rewired(host: LabHost, observed: Observed, lab: Lab) -> bool:
    # A namespace lives on without its name as long as a process is in it, and so do the ports that lead there.
    namespace = lab.namespace(host.name)
    if namespace not in observed.namespaces:
        return True
    if host.is_container:
        container = observed.containers.get(lab.container(host.name))
        return container is not None and container.running and not container.wired
    return host.address not in observed.addresses.get(namespace, frozenset())


def _port_actions(port: BridgePort, seen: ObservedLink | None, lost: bool) -> list[Action]:
    actions = []
    wanted = shape_for(port.rate_kbps) if port.rate_kbps is not None else None
    if seen is not None and (lost or seen.bridge != port.bridge):
        actions.append(Action(Verb.REMOVE_LINK, port.name))
        seen = None
    if seen is None:
        actions.append(Action(Verb.ADD_PORT, port.name, port))
    elif not seen.up:
        actions.append(Action(Verb.RAISE_LINK, port.name))
    shape = seen.shape if seen is not None else None
    if wanted is not None and shape != wanted:
        actions.append(Action(Verb.SHAPE_PORT, port.name, port))
    if wanted is None and shape is not None:
        actions.append(Action(Verb.UNSHAPE_PORT, port.name, port))
    return actions


def _address_actions(topology: Topology, observed: Observed, lab: Lab, link_actions: list[Action]) -> list[Action]:
    # An address goes with its interface: a host whose port is made anew needs it anew.
    rewired = {
        action.payload.host
        for action in link_actions
        if action.verb is Verb.ADD_PORT and isinstance(action.payload, BridgePort)
    }
    return [
        Action(Verb.ADDRESS_HOST, host.name, host)
        for host in topology.hosts
        if not host.is_container
        and (host.name in rewired or host.address not in observed.addresses.get(lab.namespace(host.name), frozenset()))
    ]


def _container_actions(
    topology: Topology,
    observed: Observed,
    lab: Lab,
    image_tags: Mapping[str, str],
    renew: frozenset[str],
) -> list[Action]:
    wanted = {lab.container(h.name): h for h in topology.containers}
    actions = [Action(Verb.REMOVE_CONTAINER, name) for name in sorted(set(observed.containers) - set(wanted))]
    for name, host in wanted.items():
        seen = observed.containers.get(name)
        spec = container_spec(host, image_tags[host.image_name])
        if seen is not None and (host.name in renew or seen.spec != spec or not seen.mounted):
            actions.append(Action(Verb.REMOVE_CONTAINER, name))
            seen = None
        if seen is None:
            actions.append(Action(Verb.CREATE_CONTAINER, host.name, host))
        elif not seen.running:
            actions.append(Action(Verb.START_CONTAINER, host.name, host))
        elif not seen.wired or lab.namespace(host.name) not in observed.namespaces:
            actions.append(Action(Verb.RESTART_CONTAINER, host.name, host))
    return actions
