"""What every CLI platform offers: read, normalise, mask, remediate; and the vendor data it works from.

Vendor behaviour is data: ``quirks/<platform>.yml`` names the noise lines, the secrets to mask, the headers below
which order matters, the error patterns and the hier_config rules. Each named rule has a case file.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol

import yaml

from hntt.devices import conftree
from hntt.devices.conftree import Node

_SALT = secrets.token_bytes(16)  # per run: equal marks mean equal secrets, and only within one run


@dataclass(frozen=True)
class Remediation:
    """How to get from a running to an intended configuration, and back.

    ``commands`` and ``rollback`` are what is sent, secrets included, hence not in ``repr``; ``diff`` is masked.
    """

    commands: tuple[str, ...] = field(repr=False)
    rollback: tuple[str, ...] = field(repr=False)
    diff: str

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.commands)


class Platform(Protocol):
    """The interface of one kind of device."""

    @property
    def name(self) -> str:
        """The register's name of the platform."""

    @property
    def quirks(self) -> Quirks:
        """The vendor data."""

    @property
    def read_command(self) -> str:
        """The CLI command that prints the running configuration."""

    def normalise(self, text: str) -> str:
        """The configuration without noise, in the canonical form that is compared."""

    def mask(self, text: str) -> str:
        """The text with every secret replaced by a mark that shows only whether two secrets differ."""

    def remediate(self, running: str, intended: str) -> Remediation:
        """The commands from ``running`` to ``intended``, the way back, and the masked difference."""


class Vendor:
    """The part of a ``Platform`` that its vendor data alone decides; subclasses name it and add the comparison."""

    name: str

    @property
    def quirks(self) -> Quirks:
        """The vendor data."""
        return load_quirks(self.name)

    @property
    def read_command(self) -> str:
        """The CLI command that prints the running configuration."""
        return self.quirks.read

    def mask(self, text: str) -> str:
        """The text with every secret replaced by a mark that shows only whether two secrets differ."""
        return mask_secrets(text, self.quirks.secrets)

    def masked(self, tree: Node) -> Node:
        """The tree with its secrets masked."""
        return conftree.parse(self.mask(conftree.render(tree)))


@dataclass(frozen=True)
class Rule:
    """A named pattern of the vendor data; the name is that of its case file."""

    name: str
    pattern: re.Pattern[str]
    end: str = ""

    def end_for(self, found: re.Match[str]) -> re.Pattern[str]:
        """The pattern that ends a block begun by ``found``; ``{1}`` stands for its first group."""
        return re.compile(self.end.replace("{1}", re.escape(found.group(1)) if found.re.groups else ""))


@dataclass(frozen=True)
class Quirks:
    """The vendor data of one platform (``quirks/<platform>.yml``).

    ``startup`` prints the startup configuration, in the language of whatever reads it; ``None`` where every command
    is stored at once, so that there is nothing to compare or to save.
    """

    platform: str
    netmiko: str
    read: str
    prompt: str
    errors: re.Pattern[str]
    lines: tuple[Rule, ...]
    sections: tuple[Rule, ...]
    blocks: tuple[Rule, ...]
    secrets: tuple[Rule, ...]
    ordered: tuple[re.Pattern[str], ...]
    startup: str | None = None
    no_startup: re.Pattern[str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def startup_in(self, answer: str) -> str:
        """The startup configuration in what the device answered to ``startup``; empty when it says it has none."""
        return "" if self.no_startup is not None and self.no_startup.search(answer) else answer

    def error_in(self, output: str) -> str | None:
        """The first line of a device's answer that says it rejected the command."""
        found = self.errors.search(output)
        return found.group(0).strip() if found else None


@lru_cache
def load_quirks(platform: str) -> Quirks:
    """Read ``quirks/<platform>.yml``; raises ``FileNotFoundError`` for a platform without vendor data."""
    text = (resources.files(__package__) / "quirks" / f"{platform}.yml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    noise = data.pop("noise", {})
    return Quirks(
        platform=platform,
        netmiko=data.pop("netmiko"),
        read=data.pop("read"),
        prompt=data.pop("prompt"),
        errors=re.compile("|".join(data.pop("errors")), re.M),
        lines=_rules(noise.get("lines", {})),
        sections=_rules(noise.get("sections", {})),
        blocks=tuple(
            Rule(name, re.compile(block["start"]), block["end"]) for name, block in noise.get("blocks", {}).items()
        ),
        secrets=_rules(data.pop("secrets", {})),
        ordered=tuple(re.compile(pattern) for pattern in data.pop("ordered", [])),
        startup=data.pop("startup", None),
        no_startup=re.compile(data.pop("no_startup"), re.M) if "no_startup" in data else None,
        extra=data,
    )


def _rules(patterns: dict[str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(name, re.compile(pattern)) for name, pattern in patterns.items())


def same_configuration(platform: Platform, one: str, other: str) -> bool:
    """Whether two readings of a device say the same, noise and meaningless order aside."""
    trees = [conftree.parse(platform.normalise(text)) for text in (one, other)]
    return not conftree.diff(trees[0], trees[1], platform.quirks.ordered)


def drop_noise(text: str, quirks: Quirks) -> str:
    """The text without the platform's noise: single lines, blocks between two markers, whole sections."""
    kept: list[str] = []
    until: re.Pattern[str] | None = None
    section_indent: int | None = None
    for raw in text.replace("\r", "").splitlines():
        line = raw.rstrip()
        if until is not None:
            until = None if until.search(line) else until
            continue
        indent = len(line) - len(line.lstrip(" "))
        if section_indent is not None:
            if line and indent > section_indent:
                continue
            section_indent = None
        begun = next(((rule, found) for rule in quirks.blocks if (found := rule.pattern.search(line))), None)
        if begun is not None:
            rule, found = begun
            closes_at_once = rule.end_for(found).search(line, found.end())
            until = None if closes_at_once else rule.end_for(found)
        elif any(rule.pattern.search(line) for rule in quirks.sections):
            section_indent = indent
        elif line and not any(rule.pattern.search(line) for rule in quirks.lines):
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def mask_secrets(text: str, rules: tuple[Rule, ...]) -> str:
    """Replace the group ``secret`` of each rule, line by line, by ``<masked:…>``."""
    return "".join(_mask_line(line, rules) for line in text.splitlines(keepends=True))


def _mask_line(line: str, rules: tuple[Rule, ...]) -> str:
    for rule in rules:
        position = 0
        while (found := rule.pattern.search(line, position)) is not None:
            start, end = found.span("secret")
            if line[start:end].startswith("<masked:"):
                position = max(end, position + 1)
                continue
            mark = secret_mark(line[start:end])
            line = line[:start] + mark + line[end:]
            position = start + len(mark)
    return line


def secret_mark(secret: str) -> str:
    """The mark that stands for a secret: equal within this run for equal secrets, useless outside it."""
    digest = hashlib.sha256(_SALT + secret.strip("\"'").encode()).hexdigest()
    return f"<masked:{digest[:8]}>"
