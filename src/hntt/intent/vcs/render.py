"""From facts to the settings of one unit, and from those to the leaves of its own software."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hntt.intent.secrets import SecretSource
from hntt.intent.vcs.facts import UnitFacts
from hntt.intent.vcs.family import Family

TEMPLATES = Path(__file__).resolve().parents[4] / "templates"
TEMPLATE = "vcs/settings.j2"
AUTHORITY = "authority"
"""Where the secrets file has the certificate of the province's own authority."""


@dataclass(frozen=True)
class Leaf:
    """One leaf of a unit's configuration tree. ``value`` is bare; it never shows in ``repr``, it may be a secret."""

    setting: str
    path: str
    value: str = field(repr=False)
    text: bool = False
    secret: bool = False
    restart: bool = False

    @property
    def key(self) -> str:
        """The path as it is compared: units write its words in whatever case."""
        return self.path.casefold()

    @property
    def written(self) -> str:
        """The value as it is sent and printed: texts in quotes."""
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if self.text or " " in self.value else self.value


@dataclass(frozen=True)
class UnitIntent:
    """The settings of one unit by neutral name, in the order in which they are sent; secrets included.

    ``authority``: the certificate (PEM) of the authority that its server's certificate comes from; may be empty.
    """

    host: str
    values: Mapping[str, str] = field(repr=False)
    authority: str = field(default="", repr=False)


def render_unit(facts: UnitFacts, secrets: SecretSource, templates: Path = TEMPLATES) -> UnitIntent:
    """The settings of one unit, whatever software it runs. KeyError when the source lacks a secret."""
    text = _environment(templates).get_template(TEMPLATE).render(u=facts, secret=secrets.get)
    return UnitIntent(facts.host, dict(_settings(text)), _authority(facts, secrets))


def _authority(facts: UnitFacts, secrets: SecretSource) -> str:
    """The certificate that was set for the units, else the province's own beside its secrets, else none."""
    chosen = str(facts.settings["vcs_authority"])
    if chosen:
        return chosen
    try:
        return secrets.get(AUTHORITY)
    except KeyError:
        return ""


def leaves_for(intent: UnitIntent, family: Family) -> tuple[Leaf, ...]:
    """The leaves that hold the settings in this software, in the order in which they are sent.

    KeyError for a setting that the family neither places nor declares absent.
    """
    return tuple(_leaf(family, name, value) for name, value in intent.values.items() if name not in family.absent)


def intent_lines(intent: UnitIntent, family: Family) -> str:
    """The leaves as a person would type them, for review."""
    return "".join(f"xConfiguration {leaf.path}: {leaf.written}\n" for leaf in leaves_for(intent, family))


def _leaf(family: Family, name: str, value: str) -> Leaf:
    place = family.places[name]
    return Leaf(name, place.path, family.word(name, value), place.text, place.secret, place.restart)


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.strip():
            name, _, value = line.partition(":")
            yield name.strip(), value.strip()


@lru_cache
def _environment(templates: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  the result is no HTML
    )
    environment.filters["on_off"] = _on_off
    return environment


def _on_off(value: object) -> str:
    """YAML reads a bare ``On`` as true."""
    return {True: "On", False: "Off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
