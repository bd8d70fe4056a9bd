"""The configuration of a simulated RouterOS: sections of entries, and the commands that edit them. A simulator."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from hntt.devices.routeros_export import FLAGS, quote, split_path, tokens, unquote
from hntt.lab.simulators.tree import RejectedError

_WRAP = 78


@dataclass(frozen=True)
class Section:
    """What one section takes."""

    path: str
    kind: str
    properties: frozenset[str]
    required: tuple[str, ...]
    unique: tuple[str, ...]
    defaults: dict[str, str]
    by: str
    ordered: bool
    names_interfaces: bool
    derives: dict[str, str]
    entries: tuple[str, ...]
    preset: dict[str, str]
    """An entry that a list has from the factory, shown only where it was changed."""


@lru_cache
def load_sections() -> dict[str, Section]:
    """Read ``grammar/mikrotik_routeros.yml``."""
    source = resources.files("hntt.lab.simulators") / "grammar" / "mikrotik_routeros.yml"
    data: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return {
        path: Section(
            path=path,
            kind=item["kind"],
            properties=frozenset(item["properties"]),
            required=tuple(item.get("required", [])),
            unique=tuple(item.get("unique", [])),
            defaults={"comment": "", "disabled": "no", **item.get("defaults", {})},
            by=item.get("by", ""),
            ordered=item.get("ordered", False),
            names_interfaces=item.get("names_interfaces", False),
            derives=item.get("derives", {}),
            entries=tuple(item.get("entries", data["ports"] if item.get("by") == "default-name" else [])),
            preset=item.get("preset", {}),
        )
        for path, item in data["sections"].items()
    }


class Store:
    """All sections of one router."""

    def __init__(self) -> None:
        self.sections = load_sections()
        self.data: dict[str, list[dict[str, str]]] = {}
        for path, section in self.sections.items():
            if section.kind == "single":
                self.data[path] = [{}]
            elif section.kind == "fixed":
                self.data[path] = [{section.by: name} for name in section.entries]
            else:
                self.data[path] = [dict(section.preset)] if section.preset else []

    def copy(self) -> Store:
        """An independent copy."""
        twin = Store()
        twin.data = deepcopy(self.data)
        return twin

    def setting(self, path: str, name: str) -> str:
        """A property of a singleton."""
        return self.data[path][0].get(name, self.sections[path].defaults.get(name, ""))

    def command(self, line: str) -> str:
        """Run ``/section verb …``; returns what it prints, raises ``RejectedError`` with the router's words."""
        path, words = split_path(tokens(line))
        section = self.sections.get(path)
        if section is None or not words:
            raise RejectedError(f"bad command name {path.split()[-1].strip('/')} (line 1 column {1 + len(path)})")
        verb, arguments = words[0], words[1:]
        actions = {"list": ("add", "set", "remove", "find"), "single": ("set",), "fixed": ("set", "find")}
        if verb not in actions[section.kind]:
            raise RejectedError(f"bad command name {verb} (line 1 column {len(path) + 2})")
        if verb == "add":
            self._add(section, arguments)
        elif verb == "set":
            self._set(section, arguments)
        elif verb == "remove":
            for entry in self._chosen(section, arguments[0]):
                self.data[path].remove(entry)
        return ""

    def find(self, path: str, condition: str) -> list[dict[str, str]]:
        """The entries of ``[path find condition]``."""
        section = self.sections.get(path)
        if section is None:
            raise RejectedError(f"bad command name {path.split()[-1]} (line 1 column 1)")
        return self._chosen(section, f"[ find {condition} ]")

    def _add(self, section: Section, arguments: list[str]) -> None:
        place = next((a.partition("=")[2] for a in arguments if a.startswith("place-before=")), None)
        entry = self._properties(section, [a for a in arguments if not a.startswith("place-before=")])
        missing = [name for name in section.required if name not in entry]
        if missing:
            raise RejectedError(f"failure: missing value(s) of argument(s) {' '.join(missing)}")
        self._check(section, entry, None)
        entries = self.data[section.path]
        position = len(entries)
        if place is not None:
            chosen = self._chosen(section, place)
            if not chosen:
                raise RejectedError("no such item")
            position = next(index for index, other in enumerate(entries) if other is chosen[0])
        entries.insert(position, entry)

    def _set(self, section: Section, arguments: list[str]) -> None:
        if section.kind == "single":
            targets, rest = self.data[section.path], arguments
        else:
            targets, rest = self._chosen(section, arguments[0]), arguments[1:]
        if not targets:
            raise RejectedError("no such item")
        changes = self._properties(section, [word for word in rest if not word.startswith("!")])
        gone = [word[1:] for word in rest if word.startswith("!")]
        for entry in targets:
            self._check(section, {**entry, **changes}, entry)
            entry.update(changes)
            for name in gone:
                entry.pop(name, None)

    def _properties(self, section: Section, words: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for word in words:
            name, equals, value = word.partition("=")
            if (name in FLAGS) == bool(equals) or name not in section.properties:
                raise RejectedError(f"expected end of command (line 1 column {len(section.path) + 6})")
            found[name] = unquote(value) if equals else "yes"
        return found

    def _check(self, section: Section, entry: dict[str, str], same: dict[str, str] | None) -> None:
        for name in section.unique:
            if any(o is not same and o.get(name) == entry.get(name) for o in self.data[section.path]):
                raise RejectedError(f"failure: already have such {'address' if name == 'address' else 'name'}")
        if "interface" in entry and entry["interface"] not in self._interfaces():
            raise RejectedError("input does not match any value of interface")
        for name, source in section.derives.items():
            try:
                entry[name] = str(ipaddress.ip_interface(entry[source]).network.network_address)
            except ValueError:
                raise RejectedError(f"invalid value for argument {source}") from None

    def _interfaces(self) -> set[str]:
        names = {"all", "lo"}
        for path, section in self.sections.items():
            if section.names_interfaces:
                names.update(entry["name"] for entry in self.data[path])
        ports = self.data["/interface ethernet"]
        return names | {port.get("name", port["default-name"]) for port in ports}

    def _chosen(self, section: Section, selector: str) -> list[dict[str, str]]:
        entries = self.data[section.path]
        if found := re.match(r"\(\[\s*find\s*(.*?)\s*\]->(\d+)\)$", selector):
            matching, index = self._matching(entries, found.group(1)), int(found.group(2))
            return [matching[index]] if index < len(matching) else []
        if found := re.match(r"\[\s*find\s*(.*?)\s*\]$", selector):
            return self._matching(entries, found.group(1))
        return [entry for entry in entries if entry.get(section.by or "name") == selector]

    def _matching(self, entries: list[dict[str, str]], condition: str) -> list[dict[str, str]]:
        result = list(entries)
        for word in tokens(condition):
            if word in ("where", "dynamic=no"):
                continue
            if found := re.match(r'([\w-]+)~"(.*)"$', word):
                name, pattern = found.groups()
                result = [entry for entry in result if re.search(pattern, entry.get(name, ""))]
                continue
            name, _, value = word.partition("=")
            result = [entry for entry in result if entry.get(name, "") == unquote(value)]
        return result

    def load(self, text: str) -> None:
        """Take the lines of an export, as `/import` does."""
        path = ""
        pending = ""
        for raw in text.splitlines():
            line = raw.strip()
            if line.endswith("\\"):
                pending += line[:-1]
                continue
            line, pending = pending + line, ""
            if not line or line.startswith("#"):
                continue
            if line.startswith("/") and not split_path(tokens(line))[1]:
                path = split_path(tokens(line))[0]
                continue
            self.command(line if line.startswith("/") else f"{path} {line}")

    def export(self) -> Iterator[str]:
        """The lines of `/export show-sensitive`, long ones continued on the next."""
        for path, section in self.sections.items():
            lines = [line for entry in self.data[path] if (line := self._export_line(section, entry))]
            if lines:
                yield path
                for line in lines:
                    yield from _wrapped(line)

    def _export_line(self, section: Section, entry: dict[str, str]) -> str:
        shown = {n: v for n, v in sorted(entry.items()) if section.defaults.get(n) != v and n != section.by}
        words = [name if name in FLAGS else f"{name}={quote(value)}" for name, value in shown.items()]
        if section.preset and entry.get("default") == "yes":
            changed = [word for word in words if word.partition("=")[0] not in section.preset]
            return " ".join(["set [ find default=yes ]", *changed]) if changed else ""
        if section.kind == "list":
            return " ".join(["add", *words])
        if not words:
            return ""
        if section.kind == "single":
            return " ".join(["set", *words])
        who = entry[section.by] if section.by == "name" else f"[ find {section.by}={entry[section.by]} ]"
        return " ".join(["set", who, *words])


def _wrapped(line: str) -> Iterator[str]:
    while len(line) > _WRAP and (cut := line.rfind(" ", 20, _WRAP)) > 0:
        yield line[: cut + 1] + "\\"
        line = "    " + line[cut + 1 :]
    yield line
