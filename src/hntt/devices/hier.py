"""Remediation of Cisco-like configurations through hier_config, with drivers built from the vendor data."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from hier_config import HConfig, get_hconfig
from hier_config.models import (
    IdempotentCommandsRule,
    MatchRule,
    NegationSubRule,
    OrderingRule,
    ParentAllowsDuplicateChildRule,
)
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules

from hntt.devices import conftree
from hntt.devices.platform import Quirks, load_quirks


@lru_cache
def driver_for(platform: str) -> HConfigDriverBase:
    """The hier_config driver of a platform; one class per platform, since both sides must share it."""
    rules = _rules(load_quirks(platform).extra.get("hier_config", {}))

    class Driver(HConfigDriverBase):
        @staticmethod
        def _instantiate_rules() -> HConfigDriverRules:
            return rules

    Driver.__name__ = f"HConfigDriver_{platform}"
    return Driver()


def _rules(data: dict[str, Any]) -> HConfigDriverRules:
    return HConfigDriverRules(
        indentation=1,
        idempotent_commands=[IdempotentCommandsRule(match_rules=_match(path)) for path in data.get("idempotent", [])],
        negation_sub=[
            NegationSubRule(match_rules=_match(rule["match"]), search=rule["search"], replace=rule["replace"])
            for rule in data.get("negation_sub", [])
        ],
        ordering=[
            OrderingRule(match_rules=_match(rule["match"]), weight=rule["weight"]) for rule in data.get("ordering", [])
        ],
        parent_allows_duplicate_child=[
            ParentAllowsDuplicateChildRule(match_rules=_match(path)) for path in data.get("duplicates", [])
        ],
    )


def _match(path: list[str]) -> tuple[MatchRule, ...]:
    return tuple(MatchRule(re_search=pattern) for pattern in path)


def commands_between(current: conftree.Node, target: conftree.Node, quirks: Quirks) -> tuple[str, ...]:
    """The lines to enter in configuration mode to get from ``current`` to ``target``, sections left by ``exit``."""
    relevant = _without_irrelevant_negations(current, target, quirks)
    delta = _hconfig(relevant, quirks).config_to_get_to(_hconfig(target, quirks)).set_order_weight()
    return tuple(delta.dump_simple(sectional_exiting=True))


def _hconfig(tree: conftree.Node, quirks: Quirks) -> HConfig:
    return get_hconfig(driver_for(quirks.platform), conftree.render(tree))


def _without_irrelevant_negations(current: conftree.Node, target: conftree.Node, quirks: Quirks) -> conftree.Node:
    """``current`` less the ``no …`` lines that ``target`` does not ask for (``significant_no`` excepted)."""
    keep = conftree.Node(current.text)
    significant = quirks.extra.get("significant_no", [])
    for child in current.children:
        wanted = target.child(child.text)
        if wanted is None and child.text.startswith("no ") and not _matches(child.text, significant):
            continue
        keep.children.append(_without_irrelevant_negations(child, wanted, quirks) if wanted else child)
    return keep


def _matches(text: str, patterns: list[str]) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)
