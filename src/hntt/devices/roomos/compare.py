"""A unit's configuration against what is wanted of it: only the leaves we manage, and only what can be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hntt.intent.vcs import Leaf

HIDDEN = "<***>"


@dataclass(frozen=True)
class Difference:
    """A leaf that holds something else; ``actual`` is the bare value read."""

    leaf: Leaf
    actual: str

    @property
    def lines(self) -> tuple[str, str]:
        """What is there and what should be, as the lines of a difference."""
        there = Leaf(self.leaf.setting, self.leaf.path, self.actual, self.leaf.text)
        return f"- {self.leaf.path}: {there.written}", f"+ {self.leaf.path}: {self.leaf.written}"


@dataclass(frozen=True)
class Comparison:
    """What a unit's leaves say. ``absent``: this software has no such path, which is no drift.

    ``unknown``: secrets. A unit never tells them (it prints nothing or asterisks); whether they are right shows in
    its registration.
    """

    differing: tuple[Difference, ...] = ()
    absent: tuple[Leaf, ...] = ()
    unknown: tuple[Leaf, ...] = ()


def compare(wanted: Iterable[Leaf], leaves: Mapping[str, str]) -> Comparison:
    """Compare wanted leaves with a unit's (path to bare value). Paths compare without case, as the unit reads them."""
    actual = {path.casefold(): value for path, value in leaves.items()}
    differing, absent, unknown = [], [], []
    for leaf in wanted:
        if leaf.key not in actual:
            # An empty entry of a list that is shorter on this software is the same as no entry.
            absent += [leaf] if leaf.value else []
        elif leaf.secret:
            unknown.append(leaf)
        elif not same(leaf, actual[leaf.key]):
            differing.append(Difference(leaf, actual[leaf.key]))
    return Comparison(tuple(differing), tuple(absent), tuple(unknown))


def same(leaf: Leaf, actual: str) -> bool:
    """Whether a value is the wanted one: texts letter by letter, words and numbers without case."""
    return actual == leaf.value if leaf.text else actual.casefold() == leaf.value.casefold()


def secret_line(leaf: Leaf) -> str:
    """How a secret that is sent shows in a difference."""
    return f"+ {leaf.path}: {HIDDEN}"
