"""Shaping arguments and the commands that make bridges and ports."""

from __future__ import annotations

import dataclasses

import pytest
from lab_samples import LAB, TOPOLOGY

from hntt.lab.links import bridge_commands, bridges, line_ports, port_commands, port_name, ports, tbf_arguments


@pytest.mark.parametrize(
    ("rate_kbps", "expected"),
    [
        # A slow line's bucket still holds two whole frames, else no frame would ever pass.
        (128, "tbf rate 128000bit burst 3028b latency 100ms"),
        (2048, "tbf rate 2048000bit burst 3028b latency 100ms"),
        # Ten milliseconds of the line from there on.
        (4096, "tbf rate 4096000bit burst 5120b latency 100ms"),
        (100_000, "tbf rate 100000000bit burst 125000b latency 100ms"),
    ],
)
def test_tbf_arguments(rate_kbps: int, expected: str) -> None:
    assert " ".join(tbf_arguments(rate_kbps)) == expected


def test_only_lines_are_shaped() -> None:
    shaped = {(p.host, p.interface): p.rate_kbps for p in ports(TOPOLOGY) if p.rate_kbps is not None}
    assert shaped == {("rt.tinh", "ln64"): 4096, ("rt.le-thuy", "wan"): 4096}


def test_names_fit_the_kernel_and_differ() -> None:
    names = [b.name for b in bridges(TOPOLOGY)] + [p.name for p in ports(TOPOLOGY)]
    assert max(map(len, names)) <= 15
    assert len(set(names)) == len(names)


def test_names_do_not_depend_on_what_else_is_there() -> None:
    alone = dataclasses.replace(TOPOLOGY, segments=())
    by_end = {(p.host, p.interface): p.name for p in ports(TOPOLOGY)}
    assert all(by_end[p.host, p.interface] == p.name for p in ports(alone))


def test_the_interface_is_born_inside_its_namespace_under_its_final_name() -> None:
    port = next(p for p in ports(TOPOLOGY) if p.interface == "wan")
    name = port_name("rt.le-thuy", "wan")
    assert port_commands(port, LAB) == [
        f"link add name {name} type veth peer name wan netns hntt-rt.le-thuy",
        f'link set dev {name} alias "rt.le-thuy:wan"',
        f"link set dev {name} master {port.bridge}",
    ]


def test_an_unconnected_interface_gets_a_port_without_bridge() -> None:
    lonely = dataclasses.replace(TOPOLOGY, lines=())
    port = next(p for p in ports(lonely) if p.interface == "wan")
    assert port.bridge == ""
    assert not any("master" in command for command in port_commands(port, LAB))


def test_bridges_forward_at_once() -> None:
    first = bridge_commands(bridges(TOPOLOGY)[0])[0]
    assert "stp_state 0" in first
    assert "forward_delay 0" in first


def test_line_ports_are_both_ends() -> None:
    line = TOPOLOGY.lines[0]
    assert line_ports(line) == (port_name("rt.tinh", "ln64"), port_name("rt.le-thuy", "wan"))
