"""What a video unit prints, taken apart: pure functions over the documented terminal grammar of the xAPI.

A line ``*c xConfiguration PATH: VALUE`` or ``*s PATH: VALUE`` is a leaf; ``*r NAME (status=…):`` begins the result of
a command, whose fields follow indented; ``** resultId: "…"`` repeats the request's tag; ``** end`` ends the answer.
``OK`` or ``ERROR`` stands alone on a line, after an answer or, for commands, before it. There is no prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

UNRECOGNISED = "Command not recognized."
END = "** end"
_LEAF = re.compile(r"^\*(?:c xConfiguration|s) (?P<path>[^:]+): ?(?P<value>.*)$", re.IGNORECASE)
_RESULT = re.compile(r"^\*[a-z] (?P<name>\w+) \(status=(?P<status>\w+)\):?\s*$", re.IGNORECASE)
_FIELD = re.compile(r"^\s+(?P<name>[^:]+): ?(?P<value>.*)$")
_TAG = re.compile(r'^\*\* resultId: "(?P<tag>.*)"\s*$', re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """One answer. ``leaves`` are path to bare value, in the unit's order; ``fields`` belong to a command's result."""

    leaves: Mapping[str, str] = field(default_factory=dict)
    result: str = ""
    status: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether the unit refused the request."""
        return bool(self.status) and self.status.casefold() != "ok"

    @property
    def reason(self) -> str:
        """Why, in the unit's words."""
        return self.fields.get("Reason") or self.fields.get("Error") or self.status

    @property
    def is_unknown_path(self) -> bool:
        """Whether the unit says that it has no such path."""
        return self.is_error and "no match on address expression" in self.reason.casefold()


def parse(lines: Iterable[str]) -> Answer:
    """The lines of one answer. Lines that belong to none of the forms (echo, blank, ``OK``) say nothing."""
    leaves: dict[str, str] = {}
    fields: dict[str, str] = {}
    result = status = ""
    for line in lines:
        if line.strip() == UNRECOGNISED:
            return Answer(status="Error", fields={"Reason": UNRECOGNISED})
        if found := _RESULT.match(line):
            result, status = found["name"], found["status"]
        elif found := _LEAF.match(line):
            leaves[found["path"].strip()] = bare(found["value"])
        elif status and (found := _FIELD.match(line)):
            fields[found["name"].strip()] = bare(found["value"])
    return Answer(leaves, result, status, fields)


def bare(value: str) -> str:
    """A printed value without its quotes; what is escaped inside them is taken literally."""
    text = value.strip()
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def tag_of(line: str) -> str | None:
    """The request's tag that a line repeats."""
    found = _TAG.match(line)
    return found["tag"] if found else None


def ends_unanswered(line: str) -> bool:
    """Whether a line ends a request that the unit does not even answer with a tag."""
    return line.strip() == UNRECOGNISED
