"""The configuration of a simulated Cisco-like router: a tree that takes commands the way the CLI does.

Simulator. It follows the documented behaviour of the parser: a line is tried in the current mode and then in the
modes above it; ``no`` takes a line back; a setting with one value replaces the old value; some lines are refused
because something else refers to them. What a platform accepts is data (``grammar/<platform>.yml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


class RejectedError(Exception):
    """The device's answer to a line that it does not take; the text is what it prints."""


@dataclass
class Entry:
    """A line of the configuration with its mode and the lines below it; ``number`` orders access lists."""

    text: str
    mode: str = ""
    children: list[Entry] = field(default_factory=list)
    number: int = 0

    def find(self, text: str) -> Entry | None:
        """The child with this text."""
        return next((child for child in self.children if child.text == text), None)


@dataclass(frozen=True)
class Section:
    """A line that opens a mode."""

    pattern: re.Pattern[str]
    mode: str
    prompt: str
    fixed: re.Pattern[str] | None
    fixed_error: str


@dataclass(frozen=True)
class Mode:
    """What one mode takes."""

    sections: tuple[Section, ...]
    commands: re.Pattern[str]
    single: tuple[re.Pattern[str], ...]
    unique: tuple[tuple[re.Pattern[str], str], ...]
    negated: tuple[re.Pattern[str], ...]
    hidden: re.Pattern[str] | None
    refused_negation: tuple[re.Pattern[str], ...]


class Grammar:
    """A platform's modes, its order of printing and its references, from ``grammar/<platform>.yml``."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.modes = {name: _mode(mode) for name, mode in data["modes"].items()}
        self.order = [re.compile(pattern) for pattern in data["order"]]
        self.references: list[dict[str, str]] = data.get("references", [])
        self.invalid: str = data["invalid"]
        self.incomplete: str = data.get("incomplete", self.invalid)

    def rank(self, text: str) -> int:
        """Where a top-level line stands in the printed configuration."""
        return next((i for i, pattern in enumerate(self.order) if pattern.search(text)), len(self.order))


@lru_cache
def load_grammar(platform: str) -> Grammar:
    """Read ``grammar/<platform>.yml``."""
    text = (resources.files(__package__) / "grammar" / f"{platform}.yml").read_text(encoding="utf-8")
    return Grammar(yaml.safe_load(text))


def _mode(data: dict[str, Any]) -> Mode:
    return Mode(
        sections=tuple(
            Section(
                re.compile(section["match"]),
                section["mode"],
                section.get("prompt", section["mode"]),
                re.compile(section["fixed"]) if "fixed" in section else None,
                section.get("fixed_error", "% Removal of physical interfaces is not permitted"),
            )
            for section in data.get("sections", [])
        ),
        commands=re.compile("|".join(f"(?:{pattern})" for pattern in data.get("commands", [r"(?!)"]))),
        single=tuple(re.compile(pattern) for pattern in data.get("single", [])),
        unique=tuple((re.compile(rule["match"]), rule["error"]) for rule in data.get("unique", [])),
        negated=tuple(re.compile(pattern) for pattern in data.get("negated", [])),
        hidden=re.compile("|".join(data["hidden"])) if "hidden" in data else None,
        refused_negation=tuple(re.compile(pattern) for pattern in data.get("refused_negation", [])),
    )


class ConfigTree:
    """A running configuration and the position of one session in it is ``path`` (owned by the session)."""

    def __init__(self, grammar: Grammar, text: str = "") -> None:
        self.grammar = grammar
        self.root = Entry("", "config")
        self.load(text)

    def load(self, text: str) -> None:
        """Replace everything by what a configuration file says; raises ``RejectedError`` on a bad line."""
        self.root = Entry("", "config")
        path: list[Entry] = [self.root]
        indents = [-1]
        for line in text.splitlines():
            bare = line.strip()
            if not bare or bare.startswith("!") or bare in ("exit", "end"):
                continue
            indent = len(line) - len(line.lstrip(" "))
            while indents[-1] >= indent:
                indents.pop()
                path.pop()
            before = len(path)
            self.enter(path, bare, climb=False)
            indents = indents[: len(path)] + [indent] * (len(path) - len(indents[: len(path)]))
            if len(path) == before:  # an ordinary line: nothing can stand below it
                path.append(Entry(bare, "leaf"))
                indents.append(indent)

    def copy(self) -> ConfigTree:
        """An independent copy."""
        twin = ConfigTree(self.grammar)
        twin.root = deepcopy(self.root)
        return twin

    def enter(self, path: list[Entry], line: str, *, climb: bool = True) -> None:
        """Take one line at ``path`` (changed in place when the line opens or leaves a mode).

        Raises ``RejectedError`` with the device's words, the configuration unchanged.
        """
        line = " ".join(line.split())
        if line == "exit":
            if len(path) > 1:
                path.pop()
            return
        positions = range(len(path) - 1, -1, -1) if climb else (len(path) - 1,)
        for depth in positions:
            if path[depth].mode in self.grammar.modes and self._take(path, depth, line):
                return
        raise RejectedError(self.grammar.invalid.replace("{line}", line))

    def _take(self, path: list[Entry], depth: int, line: str) -> bool:
        node = path[depth]
        mode = self.grammar.modes[node.mode]
        word, _, rest = line.partition(" ")
        negative = word in ("no", "default") and bool(rest)
        body = rest if negative else line
        section = next((s for s in mode.sections if s.pattern.search(body)), None)
        if section is not None:
            del path[depth + 1 :]
            if negative:
                self._remove_section(node, section, body, word)
            else:
                self._check_references(node, body)
                path.append(self._open(node, section, body))
            return True
        if re.match(r"(?:\d+ )?(?:permit|deny|remark)\b|\d+$", body) and node.mode == "nacl":
            del path[depth + 1 :]
            self._access_entry(node, body, negative=negative)
            return True
        if not (self._negatable(mode, node, body) if negative else mode.commands.search(body)):
            return False
        del path[depth + 1 :]
        if negative:
            self._negate(node, mode, body)
        else:
            self._set(node, mode, body)
        return True

    def _open(self, node: Entry, section: Section, text: str) -> Entry:
        entry = node.find(text)
        if entry is None:
            entry = Entry(text, section.mode)
            node.children.append(entry)
        return entry

    def _remove_section(self, node: Entry, section: Section, text: str, word: str) -> None:
        entry = node.find(text) or next((c for c in node.children if c.text.startswith(text + " ")), None)
        if word == "default":
            if entry is not None:
                entry.children = [Entry("shutdown")]
            return
        if section.fixed is not None and section.fixed.search(text):
            raise RejectedError(section.fixed_error)
        if entry is not None:
            self._check_unused(entry.text)
            node.children.remove(entry)

    def _negatable(self, mode: Mode, node: Entry, body: str) -> bool:
        if any(pattern.search(body) for pattern in mode.refused_negation):
            return False
        first = body.split()[0]
        known = any(child.text.removeprefix("no ").split()[0] == first for child in node.children)
        return known or bool(mode.commands.search(body)) or any(pattern.search(body) for pattern in mode.negated)

    def _set(self, node: Entry, mode: Mode, line: str) -> None:
        self._check_references(node, line)
        for pattern, error in mode.unique:
            key = _key(pattern, line)
            if key and any(_key(pattern, c.text) == key and c.text != line for c in node.children):
                raise RejectedError(pattern.sub(error, line) if "\\" in error else error)
        node.children = [c for c in node.children if c.text != f"no {line}"]
        if mode.hidden is not None and mode.hidden.search(line):
            node.children = [
                c
                for c in node.children
                if not any((key := _key(pattern, line)) and _key(pattern, c.text) == key for pattern in mode.single)
            ]
            return
        for pattern in mode.single:
            key = _key(pattern, line)
            for child in node.children:
                if key and _key(pattern, child.text) == key:
                    child.text = line
                    return
        if node.find(line) is None:
            node.children.append(Entry(line))

    def _negate(self, node: Entry, mode: Mode, body: str) -> None:
        before = len(node.children)
        node.children = [c for c in node.children if c.text != body and not c.text.startswith(f"{body} ")]
        if len(node.children) == before:
            keys = [(pattern, key) for pattern in mode.single if (key := _key(pattern, body))]
            node.children = [c for c in node.children if not any(_key(p, c.text) == key for p, key in keys)]
        if any(pattern.search(body) for pattern in mode.negated) and node.find(f"no {body}") is None:
            node.children.append(Entry(f"no {body}"))

    def _access_entry(self, node: Entry, body: str, *, negative: bool) -> None:
        number, _, text = body.partition(" ") if body[0].isdigit() else ("", "", body)
        if negative:
            found = [c for c in node.children if (c.number == int(number) if number else c.text == text)]
            if not found:
                raise RejectedError("%Error: Specified sequence number not found")
            node.children.remove(found[0])
            return
        if any(number and c.number == int(number) for c in node.children):
            raise RejectedError("% Duplicate sequence number")
        if node.find(text) is not None:
            return  # IOS ignores an entry that the list already has
        place = int(number) if number else max((c.number for c in node.children), default=0) + 10
        node.children.append(Entry(text, number=place))
        node.children.sort(key=lambda entry: entry.number)

    def resequence(self, name: str, start: int, step: int) -> None:
        """``ip access-list resequence NAME START STEP``."""
        for node in self.root.children:
            if node.mode == "nacl" and node.text.split()[-1] == name:
                for index, entry in enumerate(node.children):
                    entry.number = start + index * step
                return
        raise RejectedError("% Access list does not exist")

    def _check_references(self, node: Entry, line: str) -> None:
        for rule in self.grammar.references:
            found = re.search(rule["line"], line)
            if found and "needs" in rule and rule.get("in", node.mode) == node.mode:
                wanted = rule["needs"].replace("{1}", found.group(1))
                if not any(re.search(wanted, child.text) for child in self.root.children):
                    raise RejectedError(rule["error"].replace("{1}", found.group(1)))

    def _check_unused(self, text: str) -> None:
        for rule in self.grammar.references:
            found = re.search(rule["removed"], text) if "removed" in rule else None
            if found:
                user = rule["used_by"].replace("{1}", re.escape(found.group(1)))
                if any(re.search(user, line) for line in self._texts(self.root)):
                    raise RejectedError(rule["error"].replace("{1}", found.group(1)))

    def _texts(self, node: Entry) -> Iterator[str]:
        for child in node.children:
            yield child.text
            yield from self._texts(child)

    def lines(self, *, closing: str | None = None) -> Iterator[str]:
        """The configuration as it is printed, sections in the platform's order, each closed by ``closing``."""
        for child in sorted(self.root.children, key=lambda entry: self.grammar.rank(entry.text)):
            yield from self._print(child, 0, closing)

    def _print(self, entry: Entry, depth: int, closing: str | None) -> Iterator[str]:
        yield " " * depth + entry.text
        for child in entry.children:
            yield from self._print(child, depth + 1, closing)
        if entry.mode and closing:
            yield " " * depth + closing


def _key(pattern: re.Pattern[str], text: str) -> tuple[str, ...] | None:
    found = pattern.search(text)
    return (found.re.pattern, *(group or "" for group in found.groups())) if found else None
