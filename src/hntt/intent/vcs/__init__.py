"""Video units: facts, the settings they shall have, and where each software family keeps them."""

from __future__ import annotations

from hntt.intent.vcs.facts import UnitFacts, unit_facts
from hntt.intent.vcs.family import DEFAULT_FAMILY, Family, UnknownFamilyError, families, family_of
from hntt.intent.vcs.render import TEMPLATE, Leaf, UnitIntent, intent_lines, leaves_for, render_unit
from hntt.intent.vcs.settings import ROLE, unit_settings

__all__ = [
    "DEFAULT_FAMILY",
    "ROLE",
    "TEMPLATE",
    "Family",
    "Leaf",
    "UnitFacts",
    "UnitIntent",
    "UnknownFamilyError",
    "families",
    "family_of",
    "intent_lines",
    "leaves_for",
    "render_unit",
    "unit_facts",
    "unit_settings",
]
