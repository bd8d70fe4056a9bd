"""A topology, and the lab as it looks when everything of it is in order."""

from __future__ import annotations

from pathlib import Path

from hntt.lab.links import bridges, ports, shape_for
from hntt.lab.names import Lab
from hntt.lab.plan import Observed, ObservedContainer, ObservedLink, container_spec
from hntt.lab.topology import LabHost, LabLine, LabSegment, Topology

LAB = Lab("hntt", Path("/srv/project/.lab"))
TAGS = {"hntt-router": "localhost/hntt-router:aaa", "hntt-linux": "localhost/hntt-linux:bbb"}

TOPOLOGY = Topology(
    hosts=(
        LabHost("rt.tinh", "router", interfaces=("srv", "ln64"), address="10.44.0.0"),
        LabHost("rt.le-thuy", "router", interfaces=("wan", "lan"), address="10.44.0.64"),
        LabHost("noc.tinh", "noc", interfaces=("eth0",), address="10.44.32.10"),
        LabHost("admin", "admin", interfaces=("eth0",), address="10.44.32.254", gateway="10.44.32.1"),
        LabHost("pc.le-thuy", "probe", interfaces=("eth0",), address="10.44.68.3", gateway="10.44.68.1"),
    ),
    lines=(LabLine(("rt.tinh", "ln64"), ("rt.le-thuy", "wan"), 4096, "line-64"),),
    segments=(
        LabSegment("services", (("rt.tinh", "srv"), ("noc.tinh", "eth0"), ("admin", "eth0"))),
        LabSegment("lan-64", (("rt.le-thuy", "lan"), ("pc.le-thuy", "eth0"))),
    ),
)


def in_order(topology: Topology = TOPOLOGY, lab: Lab = LAB) -> Observed:
    """What is observed of a lab with nothing to do."""
    links = {bridge.name: ObservedLink(up=True) for bridge in bridges(topology)}
    for port in ports(topology):
        shape = shape_for(port.rate_kbps) if port.rate_kbps is not None else None
        links[port.name] = ObservedLink(up=True, bridge=port.bridge, shape=shape)
    return Observed(
        namespaces=frozenset({lab.lines_namespace, *(lab.namespace(h.name) for h in topology.hosts)}),
        links=links,
        containers={
            lab.container(h.name): ObservedContainer(running=True, spec=container_spec(h, TAGS[h.image_name]))
            for h in topology.containers
        },
        addresses={lab.namespace(h.name): frozenset({h.address or ""}) for h in topology.hosts if not h.is_container},
    )
