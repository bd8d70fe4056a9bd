"""MikroTik RouterOS 7: read, normalise, mask, remediate. hier_config does not know it, so the comparison is own.

An entry is identified by the properties that ``quirks`` names for its section; sequences (firewall rules) are
compared as sequences and addressed by position, from the end, new entries placed before old ones go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from hntt.devices import conftree
from hntt.devices.conftree import Node
from hntt.devices.platform import Remediation, Vendor
from hntt.devices.routeros_export import Entry, parse, quote


class MikrotikRouteros(Vendor):
    """The platform ``mikrotik_routeros``."""

    name = "mikrotik_routeros"

    def normalise(self, text: str) -> str:
        """Each section once, one line per entry, properties in alphabetical order, defaults and noise dropped."""
        return conftree.render(_tree(self._entries(text)))

    def remediate(self, running: str, intended: str) -> Remediation:
        """The commands from ``running`` to ``intended``, each complete in one line, and back."""
        have, want = self._entries(running), self._entries(intended)
        commands, rollback = (tuple(self._commands(*pair)) for pair in ((have, want), (want, have)))
        if not commands:
            return Remediation((), (), "")
        masked = [self.masked(_tree(entries)) for entries in (have, want)]
        return Remediation(commands, rollback, "\n".join(conftree.diff(masked[0], masked[1], self.quirks.ordered)))

    def _entries(self, text: str) -> list[Entry]:
        entries = (self._without_defaults(entry) for entry in parse(text))
        kept = [e for e in entries if not any(rule.pattern.search(e.line) for rule in self.quirks.lines)]
        return [entry for entry in kept if entry.properties]

    def _without_defaults(self, entry: Entry) -> Entry:
        defaults = self._defaults(entry.section, entry.selector)
        derived = self.quirks.extra["derived"].get(entry.section, [])
        properties = tuple(
            (name, value) for name, value in entry.properties if name not in derived and defaults.get(name) != value
        )
        return Entry(entry.section, entry.verb, entry.selector, properties)

    def _commands(self, have: list[Entry], want: list[Entry]) -> Iterator[str]:
        for section in dict.fromkeys(entry.section for entry in [*want, *have]):
            old, new = _of(section, have), _of(section, want)
            if any(pattern.search(section) for pattern in self.quirks.ordered):
                yield from _sequence_commands(section, old, new)
                continue
            yield from self._settings(section, _verb("set", old), _verb("set", new))
            yield from self._additions(section, _verb("add", old), _verb("add", new))
        # Last, and from the end: an export names things before it uses them.
        for section in reversed(list(dict.fromkeys(entry.section for entry in have))):
            if not any(pattern.search(section) for pattern in self.quirks.ordered):
                yield from self._removals(section, _verb("add", _of(section, have)), _verb("add", _of(section, want)))

    def _settings(self, section: str, old: list[Entry], new: list[Entry]) -> Iterator[str]:
        """Singletons and entries that always exist: what is no longer wanted goes back to its default."""
        have, want = _merged(old), _merged(new)
        for selector in dict.fromkeys([*want, *have]):
            changes = self._changes(section, have.get(selector, {}), want.get(selector, {}), selector)
            if changes:
                yield " ".join(word for word in (section, "set", selector, *changes) if word)

    def _additions(self, section: str, old: list[Entry], new: list[Entry]) -> Iterator[str]:
        have = {self._key(entry): entry for entry in old}
        want = {self._key(entry): entry for entry in new}
        for key, entry in want.items():
            before = have.get(key)
            if before is None:
                yield entry.line
                continue
            changes = self._changes(section, dict(before.properties), dict(entry.properties), "")
            if changes:
                yield f"{section} set {_find(key)} {' '.join(changes)}"

    def _removals(self, section: str, old: list[Entry], new: list[Entry]) -> Iterator[str]:
        kept = {self._key(entry) for entry in new}
        for entry in reversed(old):
            if self._key(entry) not in kept:
                yield f"{section} remove {_find(self._key(entry))}"

    def _key(self, entry: Entry) -> tuple[tuple[str, str], ...]:
        names = self.quirks.extra["keys"].get(entry.section, ["name"])
        key = tuple((name, value) for name in names if (value := entry.get(name)) is not None)
        return key or entry.properties

    def _changes(self, section: str, have: dict[str, str], want: dict[str, str], selector: str) -> list[str]:
        defaults = self._defaults(section, selector)
        changed = [f"{name}={quote(value)}" for name, value in sorted(want.items()) if have.get(name) != value]
        for name in sorted(set(have) - set(want)):
            changed.append(f"{name}={quote(defaults[name])}" if name in defaults else f"!{name.lstrip('!')}")
        return changed

    def _defaults(self, section: str, selector: str) -> dict[str, str]:
        table: dict[str, dict[str, str]] = self.quirks.extra["defaults"]
        return {**table["*"], **table.get(section, {}), **table.get(f"{section} {selector}", {})}


def _of(section: str, entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.section == section]


def _verb(verb: str, entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.verb == verb]


def _merged(entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for entry in entries:
        merged.setdefault(entry.selector, {}).update(entry.properties)
    return merged


def _find(key: tuple[tuple[str, str], ...]) -> str:
    return f"[ find {' '.join(f'{name}={quote(value)}' for name, value in key)} ]"


def _sequence_commands(section: str, old: list[Entry], new: list[Entry]) -> Iterator[str]:
    """Edit a sequence by positions; working from the end keeps the positions before it valid."""
    matcher = SequenceMatcher(None, [e.arguments for e in old], [e.arguments for e in new], autojunk=False)
    for tag, low, high, new_low, new_high in reversed(matcher.get_opcodes()):
        if tag == "equal":
            continue
        for offset, entry in enumerate(new[new_low:new_high]):
            place = f" place-before={_position(high + offset)}" if high < len(old) else ""
            yield f"{entry.line}{place}"
        for index in range(high - 1, low - 1, -1):
            yield f"{section} remove {_position(index)}"


def _position(index: int) -> str:
    # Dynamic entries stand in the list too, but are not ours.
    return f"([ find dynamic=no ]->{index})"


def _tree(entries: Iterable[Entry]) -> Node:
    root = Node("")
    for entry in entries:
        section = root.child(entry.section)
        if section is None:
            section = Node(entry.section)
            root.children.append(section)
        section.children.append(Node(f"{entry.verb} {entry.arguments}"))
    return root
