"""What the unit prints, in the three output modes a session can choose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hntt.lab.simulators.xapi.request import quoted

MODES = ("terminal", "json", "xml")
UNRECOGNISED = "Command not recognized."


@dataclass(frozen=True)
class Entry:
    """A path, its value, and whether the value is a text."""

    path: str
    value: str
    text: bool = False

    @property
    def printed(self) -> str:
        """The value as a terminal shows it."""
        return quoted(self.value) if self.text else self.value


@dataclass(frozen=True)
class Answer:
    """``document`` is Configuration, Status or the result's name; ``status`` only for results and errors."""

    document: str = ""
    entries: Sequence[Entry] = ()
    status: str = ""
    is_command: bool = False
    is_unrecognised: bool = False

    @property
    def is_error(self) -> bool:
        """Whether the request was refused."""
        return bool(self.status) and self.status != "OK"


def error(document: str, reason: str, xpath: str = "", status: str = "Error", *, is_command: bool = False) -> Answer:
    """A refused request."""
    place = [Entry("XPath", xpath, text=True)] if xpath else []
    return Answer(document, [Entry("Reason", reason, text=True), *place], status, is_command)


def printed(answer: Answer, mode: str, tag: str | None) -> str:
    """The answer as the session prints it, lines ended by line feeds."""
    if answer.is_unrecognised and mode != "xml":
        return f"{UNRECOGNISED}\n\n"
    if mode == "json":
        return json.dumps(_json(answer, tag), ensure_ascii=False, indent=4) + "\n"
    if mode == "xml":
        return _xml(answer, tag)
    return _terminal(answer, tag)


def _terminal(answer: Answer, tag: str | None) -> str:
    lines = [f'** resultId: "{tag}"'] if tag is not None else []
    if answer.status:
        body = [f"*r {answer.document} (status={answer.status}):"]
        body += [f"    {entry.path}: {entry.printed}" for entry in answer.entries]
    else:
        prefix = {"Configuration": "*c xConfiguration", "Status": "*s"}.get(answer.document, "")
        body = [f"{prefix} {entry.path}: {entry.printed}" for entry in answer.entries]
    text = "".join(f"{line}\n" for line in [*body, *lines, "** end"])
    if answer.is_command:
        return f"\nOK\n{text}"
    return f"{text}\n{'ERROR' if answer.is_error else 'OK'}\n\n"


def _json(answer: Answer, tag: str | None) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if answer.status:
        fields = {entry.path: {"Value": entry.value} for entry in answer.entries}
        content = {"CommandResponse": {answer.document: {"status": answer.status, **fields}}}
    elif answer.entries:
        content = {answer.document: tree(answer.entries)}
    return {**content, **({"ResultId": tag} if tag is not None else {})}


def tree(entries: Sequence[Entry]) -> dict[str, Any]:
    """Paths as nested data: an index makes a list of items with their ``id``."""
    root: dict[str, Any] = {}
    for entry in entries:
        node = root
        words = entry.path.split()
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if following.isdigit():
                node = _item(node.setdefault(word, []), following)
            elif not word.isdigit():
                node = node.setdefault(word, {})
        node["Value"] = entry.value
    return root


def _item(items: list[dict[str, Any]], number: str) -> dict[str, Any]:
    found = next((item for item in items if item["id"] == number), None)
    if found is None:
        found = {"id": number}
        items.append(found)
    return found


def _xml(answer: Answer, tag: str | None) -> str:
    data = _json(answer, None)
    opening = f"<XmlDoc resultId={quoteattr(tag)}>" if tag is not None else "<XmlDoc>"
    if answer.is_unrecognised:
        data = {"Error": {"Value": UNRECOGNISED}}
    return "\n".join([opening, *_elements(data, "  "), "</XmlDoc>", ""])


def _elements(node: dict[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, child in node.items():
        for item in child if isinstance(child, list) else [child]:
            lines += _element(name, item, indent)
    return lines


def _element(name: str, item: Any, indent: str) -> list[str]:
    if isinstance(item, str):
        return []
    marks = "".join(f" {key}={quoteattr(item[key])}" for key in ("status",) if key in item)
    marks += f' item="{item.get("id", "1")}"' if "status" not in item else ""
    if "Value" in item:
        return [f"{indent}<{name}{marks}>{escape(item['Value'])}</{name}>"]
    below = _elements({key: value for key, value in item.items() if key not in ("id", "status")}, indent + "  ")
    return [f"{indent}<{name}{marks}>", *below, f"{indent}</{name}>"]
