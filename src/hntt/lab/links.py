"""Lines and LANs as bridges and veth ports, computed without touching the system.

Every line and every LAN is a bridge in the lab's lines namespace; every connected interface of a host is one
end of a veth pair whose other end is a port of such a bridge. A line has two ports and each port's egress is
shaped to the line's rate, so both directions are, and the routers' own queueing disciplines stay their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from hntt.lab.names import Lab, short_hash
from hntt.lab.topology import LabLine, Topology

_ETHERNET_FRAME = 1514
_BURST_MS = 10
_LATENCY_MS = 100


@dataclass(frozen=True)
class Bridge:
    """A bridge in the lines namespace; ``title`` becomes its alias."""

    name: str
    title: str


@dataclass(frozen=True)
class BridgePort:
    """The lab's end of a host's interface; ``rate_kbps`` None means unshaped."""

    name: str
    bridge: str
    host: str
    interface: str
    rate_kbps: int | None


@dataclass(frozen=True)
class Shape:
    """What a port's token bucket does: bits per second, bucket in bytes, longest wait in milliseconds."""

    rate_bps: int
    burst_bytes: int
    latency_ms: int


def shape_for(rate_kbps: int) -> Shape:
    """The token bucket of a line.

    The bucket holds ten milliseconds of the line, at least two full frames (a smaller one could never send a
    frame); what would wait longer than 100 ms is dropped, as a short hardware queue does.
    """
    rate_bps = rate_kbps * 1000
    return Shape(rate_bps, max(2 * _ETHERNET_FRAME, rate_bps * _BURST_MS // 8000), _LATENCY_MS)


def tbf_arguments(rate_kbps: int) -> list[str]:
    """The arguments of ``tc qdisc replace dev PORT root …`` for a line of this rate."""
    shape = shape_for(rate_kbps)
    return [
        "tbf",
        "rate",
        f"{shape.rate_bps}bit",
        "burst",
        f"{shape.burst_bytes}b",
        "latency",
        f"{shape.latency_ms}ms",
    ]


def line_bridge(line_name: str) -> str:
    """The bridge of a line."""
    return f"l{short_hash(line_name)}"


def segment_bridge(segment_name: str) -> str:
    """The bridge of a LAN."""
    return f"s{short_hash(segment_name)}"


def port_name(host: str, interface: str) -> str:
    """The lab's end of a host's interface."""
    return f"p{short_hash(f'{host}:{interface}')}"


def bridges(topology: Topology) -> list[Bridge]:
    """All bridges a topology needs."""
    return [
        *(Bridge(line_bridge(line.name), f"line {line.name}") for line in topology.lines),
        *(Bridge(segment_bridge(s.name), f"segment {s.name}") for s in topology.segments),
    ]


def ports(topology: Topology) -> list[BridgePort]:
    """All ports a topology needs; interfaces that are connected to nothing get a port without a bridge."""
    wired: dict[tuple[str, str], tuple[str, int | None]] = {}
    for line in topology.lines:
        wired |= {end: (line_bridge(line.name), line.rate_kbps) for end in line.ports}
    for segment in topology.segments:
        wired |= {end: (segment_bridge(segment.name), None) for end in segment.ports}
    result = []
    for host in topology.hosts:
        for interface in host.interfaces:
            bridge, rate = wired.get((host.name, interface), ("", None))
            result.append(BridgePort(port_name(host.name, interface), bridge, host.name, interface, rate))
    return result


def line_ports(line: LabLine) -> tuple[str, str]:
    """The two ports of a line."""
    return (port_name(*line.a), port_name(*line.b))


def bridge_commands(bridge: Bridge) -> list[str]:
    """``ip -batch`` lines that make a bridge; it forwards at once and learns nothing from multicast."""
    return [
        f"link add name {bridge.name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
        f'link set dev {bridge.name} alias "{bridge.title}"',
        f"link set dev {bridge.name} up",
    ]


def port_commands(port: BridgePort, lab: Lab) -> list[str]:
    """``ip -batch`` lines that make a port and, in the host's namespace, the interface it belongs to.

    The host's end is created inside its namespace under its final name: nothing ever appears in the machine's
    own namespace, where a crash could leave it. The port is left down; see ``up``.
    """
    namespace = lab.namespace(port.host)
    return [
        f"link add name {port.name} type veth peer name {port.interface} netns {namespace}",
        f'link set dev {port.name} alias "{port.host}:{port.interface}"',
        *([f"link set dev {port.name} master {port.bridge}"] if port.bridge else []),
    ]
