"""The look at a router's service from both ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hntt.devices.target import Target
from hntt.intent.hostvars import host_vars
from hntt.inventory.source import read_source
from hntt.play.service_probe import ServiceProbe, View, views_of

PROJECT = Path(__file__).resolve().parents[3]
SOURCE = read_source(PROJECT / "inventories/quang_binh/register")


def target(name: str) -> Target:
    return Target(name, "frr", name, "hntt", Path("known_hosts"))


class Network:
    """Which addresses answer, changed by the test."""

    def __init__(self, *answering: str) -> None:
        self.answering = set(answering)

    def ping(self, _: Target, addresses: Sequence[str]) -> frozenset[str]:
        return frozenset(self.answering & set(addresses))


def facts(host: str) -> dict[str, Any]:
    return host_vars(SOURCE.register, SOURCE.network, host)


def test_a_commune_is_looked_at_by_itself_and_by_its_hub() -> None:
    views = views_of(target("rt.quan-hau.quang-ninh"), facts("rt.quan-hau.quang-ninh"), target)
    assert [(view.target.name, view.addresses) for view in views] == [
        ("rt.quan-hau.quang-ninh", ("10.44.22.5", "10.44.32.10")),
        ("rt.quang-ninh", ("10.44.1.129", "10.44.88.17")),
    ]


def test_the_centre_has_no_hub_and_looks_down_every_line() -> None:
    (view,) = views_of(target("rt.tinh"), facts("rt.tinh"), target)
    assert len(view.addresses) == 9


def test_a_hub_that_is_not_there_is_left_out() -> None:
    assert len(views_of(target("rt.quang-ninh"), facts("rt.quang-ninh"), lambda _: None)) == 1


def test_what_answered_before_must_answer_after() -> None:
    network = Network("10.0.0.1", "10.0.0.2")
    probe = ServiceProbe([View(target("rt.a"), ("10.0.0.1", "10.0.0.2", "10.0.0.3"))], network.ping)
    assert probe.remember() == 2
    assert probe().ok
    network.answering.remove("10.0.0.2")
    found = probe()
    assert not found.ok
    assert "rt.a -> 10.0.0.2" in found.detail


def test_what_never_answered_is_not_held_against_a_change() -> None:
    network = Network()
    probe = ServiceProbe([View(target("rt.a"), ("10.0.0.1",))], network.ping)
    probe.remember()
    assert probe().ok
