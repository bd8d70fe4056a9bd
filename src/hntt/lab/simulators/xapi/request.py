"""One line as the unit reads it: the kind of request, path or command, value, arguments, tag."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TAG = re.compile(r"\s*\|\s*resultId=\"(?P<tag>[^\"]*)\"\s*$", re.IGNORECASE)
_ARGUMENT = re.compile(r'(?P<name>[A-Za-z][\w.]*):\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>\S+))')


@dataclass(frozen=True)
class Request:
    """``kind`` is the first word in lower case. ``value`` is None for a question.

    ``malformed``: a value of several words without quotes around it.
    """

    kind: str
    path: str = ""
    value: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    tag: str | None = None
    malformed: bool = False
    body: str = ""


def parse_request(line: str) -> Request:
    """Take a line apart. Words are case-insensitive; a value with spaces must stand in quotes."""
    text = line.strip()
    tag = None
    if found := _TAG.search(text):
        tag, text = found["tag"], text[: found.start()]
    kind, _, rest = text.partition(" ")
    kind, rest = kind.casefold(), rest.strip()
    if kind == "xcommand":
        return _command(rest, tag)
    path, colon, value = rest.partition(":")
    bare = unquoted(value)
    malformed = bare == value.strip() and " " in bare
    return Request(kind, _path(path), bare if colon else None, tag=tag, malformed=malformed)


def _command(rest: str, tag: str | None) -> Request:
    first = _ARGUMENT.search(rest)
    words = rest[: first.start()] if first else rest
    arguments = {
        found["name"].casefold(): _unescaped(found["quoted"]) if found["quoted"] is not None else found["bare"]
        for found in _ARGUMENT.finditer(rest)
    }
    return Request("xcommand", _path(words), arguments=arguments, tag=tag)


def _path(text: str) -> str:
    """Words with single spaces; slashes and brackets of the other notation are read too."""
    return " ".join(re.sub(r"(?<!/)/(?!/)|[\[\]]", " ", text).split())


def unquoted(value: str) -> str:
    """A value without quotes around it."""
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _unescaped(text[1:-1])
    return text


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def quoted(value: str) -> str:
    """A value in quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
