"""The text of a RouterOS ``/export`` as sections and entries, in one canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\[[^\]]*\]            # [ find default-name=ether1 ]
      | \([^)]*\)             # ([ find ]->3)
      | [\w.!\-]+=(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\((?:[^()]|\([^)]*\))*\)|[^\s]*)
      | "(?:[^"\\]|\\.)*"
      | \S+""",
    re.X,
)
_BARE = re.compile(r"^[\w./:,\-@*+!~%]+$")
FLAGS = frozenset({"blackhole", "passive"})
"""Properties that an export shows as a bare word, and that the router takes as nothing else."""

_VERBS = ("add", "set", "remove", "print", "find", "get", "unset", "move", "enable", "disable")


@dataclass(frozen=True)
class Entry:
    """One line of an export: ``add`` of an entry, or ``set`` of a singleton or of an entry that always exists.

    ``selector`` is what a ``set`` names (``[ find default-name=ether1 ]``, ``telnet`` or nothing); values are
    without quotes.
    """

    section: str
    verb: str
    selector: str
    properties: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """A property's value."""
        return dict(self.properties).get(name)

    @property
    def arguments(self) -> str:
        """Selector and properties as they are typed, properties in alphabetical order."""
        return " ".join([*([self.selector] if self.selector else []), *self.assignments()])

    def assignments(self) -> Iterator[str]:
        """``name=value`` (a flag: its name) for each property, alphabetically."""
        for name, value in sorted(self.properties):
            yield name if name[0] == "!" or (name in FLAGS and value == "yes") else f"{name}={quote(value)}"

    @property
    def line(self) -> str:
        """The whole entry as one command."""
        return f"{self.section} {self.verb} {self.arguments}".rstrip()


def parse(text: str) -> list[Entry]:
    """The entries of an export in their order; comments skipped, continued lines joined, both path spellings read.

    Properties given twice count once, the last one. Raises ``ValueError`` naming a line that is none of it.
    """
    entries: list[Entry] = []
    section = ""
    for line in _joined(text):
        words = tokens(line)
        if line.startswith("/"):
            path, rest = split_path(words)
            section = path
            if not rest:
                continue
            words = rest
        if words[0] not in ("add", "set") or not section:
            raise ValueError(f"not a line of an export: {line}")
        entries.append(_entry(section, words))
    return entries


def tokens(line: str) -> list[str]:
    """The words of a command; brackets and quoted text stay whole."""
    return _TOKEN.findall(line)


def split_path(words: list[str]) -> tuple[str, list[str]]:
    """The section at the start of a command (``/ip address``, also from ``/ip/address/add``) and the words after."""
    path: list[str] = []
    queue = [*words[0].strip("/").split("/"), *words[1:]]
    for index, word in enumerate(queue):
        if word in _VERBS or word == "export" or "=" in word or word[0] in "[(":
            return "/" + " ".join(path), queue[index:]
        path.append(word)
    return "/" + " ".join(path), []


def _entry(section: str, words: list[str]) -> Entry:
    selector = ""
    properties: dict[str, str] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if word.startswith("["):
            selector = "[ " + " ".join(word.strip("[]").split()) + " ]"
        elif equals:
            properties[name] = unquote(value)
        elif word.startswith("!"):
            properties[word] = ""
        elif word in FLAGS:
            properties[word] = "yes"
        else:
            selector = word
    return Entry(section, words[0], selector, tuple(properties.items()))


def _joined(text: str) -> Iterator[str]:
    pending = ""
    for raw in text.replace("\r", "").splitlines():
        line = raw.strip()
        line = " " + line[2:] if pending and line.startswith("\\_") else line
        if not pending and (not line or line.startswith("#")):
            continue
        if line.endswith("\\") and not line.endswith("\\\\"):
            pending += line[:-1]
            continue
        yield pending + line
        pending = ""


def quote(value: str) -> str:
    """A value as it is typed: in quotes where it needs them."""
    if _BARE.match(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def unquote(value: str) -> str:
    """The value behind its quotes and escapes."""
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\([\"\\$?])", r"\1", value[1:-1])
    return value
