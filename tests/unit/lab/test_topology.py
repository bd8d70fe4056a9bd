"""Impossible topologies are named, and a topology survives its state file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_samples import TOPOLOGY

from hntt.i18n import set_language
from hntt.lab.errors import LabError
from hntt.lab.names import Lab
from hntt.lab.state import changing, load_topology, save_topology
from hntt.lab.topology import LabHost, LabLine, LabSegment, Topology, from_json, problems, to_json


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def _with_hosts(*more: LabHost) -> Topology:
    return dataclasses.replace(TOPOLOGY, hosts=(*TOPOLOGY.hosts, *more))


def _with_lines(*more: LabLine) -> Topology:
    return dataclasses.replace(TOPOLOGY, lines=(*TOPOLOGY.lines, *more))


BAD: list[tuple[Callable[[], Topology], str]] = [
    (lambda: _with_hosts(LabHost("rt.tinh", "router")), "host rt.tinh is there twice"),
    (lambda: _with_hosts(LabHost("x", "admin", interfaces=("e",), address="10.0.0.1")), "more than one admin"),
    (lambda: _with_hosts(LabHost("x", "probe", interfaces=("e",))), "x: a probe needs an interface and an address"),
    (lambda: _with_hosts(LabHost("x", "noc", address="10.0.0.300")), "x: 10.0.0.300 is no address"),
    (lambda: _with_hosts(LabHost("x", "noc", interfaces=("GigabitEthernet0/0",))), "interface name x:Gigabit"),
    (lambda: _with_lines(LabLine(("rt.tinh", "ln65"), ("rt.x", "wan"), 1, "l")), "port rt.tinh:ln65 is not declared"),
    (lambda: _with_lines(dataclasses.replace(TOPOLOGY.lines[0], name="again")), "rt.tinh:ln64 is connected twice"),
    (lambda: _with_lines(TOPOLOGY.lines[0]), "line line-64 is there twice"),
    (
        lambda: dataclasses.replace(TOPOLOGY, lines=(dataclasses.replace(TOPOLOGY.lines[0], rate_kbps=0),)),
        "a rate of 0 kbit/s is not possible",
    ),
    (
        lambda: dataclasses.replace(TOPOLOGY, segments=(*TOPOLOGY.segments, LabSegment("services", ()))),
        "segment services is there twice",
    ),
]


@pytest.mark.parametrize(("make", "text"), BAD, ids=[text for _, text in BAD])
def test_problem(make: Callable[[], Topology], text: str) -> None:
    assert [found for found in problems(make()) if text in found]


def test_a_sound_topology_has_none() -> None:
    assert problems(TOPOLOGY) == []


def test_json_and_back() -> None:
    rich = _with_hosts(LabHost("x", "mcu", day0=Path("/a/b"), disk_mb=7, image="hntt-linux"))
    assert from_json(to_json(rich)) == rich


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"hosts": [{"kind": "toaster"}], "lines": [], "segments": []}'])
def test_a_damaged_state_file_is_said_to_be(text: str) -> None:
    with pytest.raises(LabError, match="damaged"):
        from_json(text)


def test_state_file(tmp_path: Path) -> None:
    lab = Lab("hntt", tmp_path / ".lab")
    with pytest.raises(LabError, match="hntt lab up"):
        load_topology(lab)
    save_topology(lab, TOPOLOGY)
    assert load_topology(lab) == TOPOLOGY


@pytest.mark.parametrize("name", ["", "Hntt", "with-dash", "a" * 13, "1a"])
def test_names_that_could_reach_another_lab_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(LabError):
        Lab(name, tmp_path)


def test_two_changes_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lab, "lock_file", property(lambda _lab: tmp_path / "lock"))
    monkeypatch.setattr("hntt.lab.state._PATIENCE_SECONDS", 0.1)
    lab = Lab("hntt", tmp_path)
    with changing(lab), pytest.raises(LabError, match="another command"), changing(lab):
        pass
    with changing(lab):
        pass


def test_no_user_meets_the_lock_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Lab("demo", tmp_path).lock_file
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert Lab("demo", tmp_path).lock_file != mine
