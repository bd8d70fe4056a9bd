"""The reconciliation plan: what is missing, broken or superfluous, and the actions that follow, as case files.

Each case takes the lab in order and changes what is observed of it (``observed``), or which hosts to renew; it lists
all actions expected, in order. Links and ports are written by their titles instead of their hashed names.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab_samples import LAB, TAGS, TOPOLOGY, in_order

from hntt.lab.links import bridges, ports, shape_for
from hntt.lab.plan import Action, Observed, ObservedContainer, ObservedLink, Verb, plan
from hntt.lab.topology import Topology

CASES = sorted((Path(__file__).parent / "cases/plan").glob("*.yml"))
NAMES = {b.title: b.name for b in bridges(TOPOLOGY)} | {f"{p.host}:{p.interface}": p.name for p in ports(TOPOLOGY)}
TITLES = {name: title for title, name in NAMES.items()}


def observed_of(case: dict[str, Any]) -> Observed:
    if case.get("from") == "nothing":
        return Observed()
    seen = in_order()
    namespaces, links = set(seen.namespaces), dict(seen.links)
    containers, addresses = dict(seen.containers), dict(seen.addresses)
    for change in case.get("observed", []):
        (what, value), *more = change.items()
        fields = dict(more)
        if what == "no namespace":
            namespaces.discard(value)
        elif what == "extra namespace":
            namespaces.add(value)
        elif what == "no link":
            del links[NAMES[value]]
        elif what == "link":
            links[NAMES.get(value, value)] = _link(links.get(NAMES.get(value, value)), fields)
        elif what == "no container":
            del containers[value]
        elif what == "container":
            before = containers.get(value, ObservedContainer(running=True, spec="other"))
            containers[value] = dataclasses.replace(before, **fields)
        elif what == "no address":
            addresses[value] = frozenset()
        else:
            raise KeyError(what)
    return Observed(frozenset(namespaces), links, containers, addresses)


def _link(before: ObservedLink | None, fields: dict[str, Any]) -> ObservedLink:
    if "shape" in fields:
        fields["shape"] = shape_for(fields["shape"]) if fields["shape"] else None
    if "bridge" in fields:
        fields["bridge"] = NAMES[fields["bridge"]]
    return dataclasses.replace(before or ObservedLink(up=True), **fields)


def told(action: Action) -> str:
    return f"{action.verb.value} {TITLES.get(action.subject, action.subject)}"


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_plan(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    actions = plan(TOPOLOGY, observed_of(case), LAB, TAGS, frozenset(case.get("renew", [])))
    assert [told(action) for action in actions] == case["actions"]


def test_cases_are_there() -> None:
    assert len(CASES) >= 15


def test_another_rate_only_shapes_anew() -> None:
    faster = dataclasses.replace(TOPOLOGY, lines=(dataclasses.replace(TOPOLOGY.lines[0], rate_kbps=8192),))
    assert [a.verb for a in plan(faster, in_order(), LAB, TAGS)] == [Verb.SHAPE_PORT, Verb.SHAPE_PORT]


def test_a_smaller_topology_removes_the_rest() -> None:
    smaller = Topology(hosts=TOPOLOGY.hosts[:1])
    verbs = [a.verb for a in plan(smaller, in_order(), LAB, TAGS)]
    assert verbs.count(Verb.REMOVE_CONTAINER) == 2
    assert verbs.count(Verb.REMOVE_NAMESPACE) == 4
    assert not set(verbs) & {Verb.ADD_NAMESPACE, Verb.CREATE_CONTAINER}


def test_what_the_plan_does_is_enough() -> None:
    """Whatever the start, a plan never asks to connect a port of a namespace it does not make or find."""
    for path in CASES:
        observed = observed_of(yaml.safe_load(path.read_text(encoding="utf-8")))
        actions = plan(TOPOLOGY, observed, LAB, TAGS)
        made = {a.subject for a in actions if a.verb is Verb.ADD_NAMESPACE}
        gone = {a.subject for a in actions if a.verb is Verb.REMOVE_NAMESPACE}
        for action in actions:
            if action.verb is Verb.ADD_PORT:
                namespace = LAB.namespace(action.payload.host)  # type: ignore[union-attr]
                assert namespace in (observed.namespaces | made) - gone
