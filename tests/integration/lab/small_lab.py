"""A hand-made lab: the centre with its services LAN, a chain of spokes, a PC on the last one's LAN."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from hntt.lab.access import ensure_operator_key
from hntt.lab.day0 import InterfaceAddress, minimal_day0
from hntt.lab.names import Lab
from hntt.lab.topology import LabHost, LabLine, LabSegment, Topology

RATE_KBPS = 4000
OSPF = ("10.44.0.0/16",)


def lab_for_tests(state_dir: Path) -> Lab:
    """A lab apart from the project's own, so that tests never touch an operator's lab."""
    return Lab(os.environ.get("HNTT_TEST_LAB_NAME", "hnttit"), state_dir)


def build(lab: Lab, spokes: int = 2, rate_kbps: int = RATE_KBPS, with_noc: bool = True) -> Topology:
    """Centre rt.tinh, routers rt.x1 … behind it, noc.tinh, the admin station, and a probe behind the last router."""
    key = ensure_operator_key(lab)
    routers = [_centre(lab, spokes, key), *(_spoke(lab, n, key) for n in range(1, spokes + 1))]
    servers = [_noc(lab, key)] if with_noc else []
    admin = LabHost(
        "admin", "admin", interfaces=("eth0",), address="10.44.32.254", prefix_length=24, gateway="10.44.32.1"
    )
    probe = LabHost(
        "pc.last", "probe", interfaces=("eth0",), address=lan_address(spokes, 3), prefix_length=28,
        gateway=lan_address(spokes, 1),
    )  # fmt: skip
    lines = tuple(
        LabLine(("rt.tinh", f"ln{n}"), (f"rt.x{n}", "wan"), rate_kbps, f"line-{n}") for n in range(1, spokes + 1)
    )
    services = LabSegment("services", (("rt.tinh", "srv"), ("admin", "eth0"), *((s.name, "eth0") for s in servers)))
    lans = [LabSegment(f"lan-{n}", ((f"rt.x{n}", "lan"),)) for n in range(1, spokes)]
    last = LabSegment("lan-last", ((f"rt.x{spokes}", "lan"), ("pc.last", "eth0")))
    return Topology((*routers, *servers, admin, probe), lines, (services, *lans, last))


def lan_address(spoke: int, place: int) -> str:
    """An address on a spoke's LAN, a /28 of 10.44.64.0/18."""
    return str(ipaddress.ip_address("10.44.64.0") + 16 * spoke + place)


def _centre(lab: Lab, spokes: int, key: str) -> LabHost:
    numbers = range(1, spokes + 1)
    host = LabHost("rt.tinh", "router", interfaces=("srv", *(f"ln{n}" for n in numbers)), address="10.44.0.1")
    addresses = [
        InterfaceAddress("lo", "10.44.0.1/32"),
        InterfaceAddress("srv", "10.44.32.1/24"),
        *(InterfaceAddress(f"ln{n}", f"10.44.16.{4 * n + 1}/30") for n in numbers),
    ]
    return _with_day0(lab, host, key, addresses)


def _spoke(lab: Lab, n: int, key: str) -> LabHost:
    host = LabHost(f"rt.x{n}", "router", interfaces=("wan", "lan"), address=f"10.44.1.{n}")
    addresses = [
        InterfaceAddress("lo", f"10.44.1.{n}/32"),
        InterfaceAddress("wan", f"10.44.16.{4 * n + 2}/30"),
        InterfaceAddress("lan", f"{lan_address(n, 1)}/28"),
    ]
    return _with_day0(lab, host, key, addresses)


def _noc(lab: Lab, key: str) -> LabHost:
    host = LabHost("noc.tinh", "noc", interfaces=("eth0",), address="10.44.32.10")
    day0 = minimal_day0(
        host, _day0_dir(lab, host), key, [InterfaceAddress("eth0", "10.44.32.10/24")], gateway="10.44.32.1"
    )
    return LabHost(**{**host.__dict__, "day0": day0})


def _with_day0(lab: Lab, host: LabHost, key: str, addresses: list[InterfaceAddress]) -> LabHost:
    day0 = minimal_day0(host, _day0_dir(lab, host), key, addresses, ospf_networks=OSPF)
    return LabHost(**{**host.__dict__, "day0": day0})


def _day0_dir(lab: Lab, host: LabHost) -> Path:
    return lab.state_dir / "day0" / host.name
