"""From text to plain data with the place of every value, built from libyaml's events.

Events rather than nodes, because aliases, depth and tags must be judged before anything is built: composing a
hostile file can exhaust memory or the C stack.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from hntt.register import catalogue as rules
from hntt.register.findings import Finding, Position, Text
from hntt.register.rules import Fault, Rule, finding
from hntt.register.sources import KeyPath, SourceFile

MAX_DEPTH = 30
MAX_ALIASES = 50
MAX_VALUES = 20_000
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
}
_PREFIX = "tag:yaml.org,2002:"

# What libyaml says, by a part of its message: what that means to somebody who does not know YAML.
_PROBLEMS = {
    "mapping values are not allowed": Text(
        'Dấu hai chấm không được ở đây: dòng trên thiếu giá trị, thụt sai, hoặc giá trị có ": " cần dấu nháy.',
        'No colon can stand here: the line above is unfinished or wrongly indented, or a value with ": " needs quotes.',
    ),
    "could not find expected ':'": Text(
        "Dòng này không phải dạng khóa: giá trị (thiếu dấu hai chấm, hoặc dấu nháy mở mà không đóng).",
        "This line is not of the form key: value (no colon, or a quote opened and never closed).",
    ),
    "did not find expected key": Text(
        "Thụt dòng không khớp với các dòng trên, hoặc có chữ thừa sau một giá trị trong dấu nháy.",
        "The indentation does not match the lines above, or something follows a quoted value.",
    ),
    "did not find expected '-' indicator": Text(
        'Trong danh sách, mỗi mục phải bắt đầu bằng "- " và thụt bằng nhau.',
        'In a list, every entry begins with "- " at the same indentation.',
    ),
    "did not find expected ',' or": Text(
        "Thiếu dấu phẩy hoặc dấu đóng ngoặc ] hay }.", "A comma or a closing ] or } is missing."
    ),
    "unexpected end of stream": Text("Dấu nháy mở ra mà không đóng lại.", "A quote is opened and never closed."),
    "block sequence entries are not allowed": Text(
        'Dấu "- " không được ở đây: danh sách phải xuống dòng sau khóa.',
        'No "- " can stand here: a list begins on the line after its key.',
    ),
    "found character that cannot start any token": Text(
        "Giá trị bắt đầu bằng ký tự phải đặt trong dấu nháy (@, `, %, tab).",
        "The value begins with a sign that needs quotes (@, `, %, tab).",
    ),
    "found unknown escape character": Text(
        "Dấu \\ trong dấu nháy kép có nghĩa đặc biệt: dùng dấu nháy đơn.",
        "A \\ in double quotes has a special meaning: use single quotes.",
    ),
    "did not find expected <document start>": Text(
        "Sau phần YAML còn chữ thừa, hoặc thụt dòng sai.", "Something follows the YAML, or the indentation is wrong."
    ),
}
_UNKNOWN_PROBLEM = Text("Không hiểu được YAML ở chỗ này.", "The YAML cannot be understood here.")


class RefusedError(Exception):
    """The file cannot be turned into data; carries the one finding that says why."""

    def __init__(self, found: Finding) -> None:
        super().__init__(found.code)
        self.found = found


def parse(source: SourceFile, text: str) -> list[Finding]:
    """Fill ``source`` with the data and places of ``text``; returns what is wrong. No data when it was refused."""
    reader = _Reader(source, text)
    try:
        source.data = reader.document()
    except RefusedError as refused:
        source.data = None
        reader.findings.append(refused.found)
    except yaml.YAMLError as error:
        source.data = None
        reader.findings.append(_syntax(source, text, error))
    return reader.findings


@dataclass
class _Anchor:
    value: Any
    size: int
    done: bool = False


@dataclass
class _Reader:
    source: SourceFile
    text: str
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loader = yaml.CSafeLoader(self.text)
        self.anchors: dict[str, _Anchor] = {}
        self.aliases = 0
        self.values = 0
        self.resolved: dict[str, str] = {}

    def document(self) -> Any:
        """The one document of the file."""
        self._take()
        self._take()
        data = self._value((), self._take(), 0)
        self._take()
        after = self._take()
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(
                rules.YAML_FEATURE,
                after,
                (),
                Text(
                    "Có nhiều văn bản YAML trong một tệp (---).", "There are several YAML documents in one file (---)."
                ),
                Text("Xóa dòng --- và phần sau nó.", "Delete the line --- and what follows it."),
            )
        return data

    def _take(self) -> Any:
        return self.loader.get_event()

    def _value(self, path: KeyPath, event: Any, depth: int) -> Any:
        self._count(1, event, path)
        if depth > MAX_DEPTH:
            self._refuse(
                rules.TOO_DEEP,
                event,
                path[:4],
                Text(f"Sâu hơn {MAX_DEPTH} cấp.", f"More than {MAX_DEPTH} levels deep."),
            )
        self.source.places.setdefault(path, _place(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(path, event)
        self._check_tag(path, event)
        anchor = _Anchor(None, self.values)
        if event.anchor:
            self.anchors[event.anchor] = anchor
        if isinstance(event, yaml.ScalarEvent):
            anchor.value = self._scalar(path, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            anchor.value = self._sequence(path, depth)
        else:
            anchor.value = self._mapping(path, depth)
        anchor.size, anchor.done = self.values - anchor.size + 1, True
        return anchor.value

    def _sequence(self, path: KeyPath, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._take(), yaml.SequenceEndEvent):
            items.append(self._value((*path, len(items)), event, depth + 1))
        return items

    def _mapping(self, path: KeyPath, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := self._take(), yaml.MappingEndEvent):
            key = self._key(path, event)
            here = (*path, key)
            if key in data:
                self._duplicate(here, event)
                self._value((*path, key, "(2)"), self._take(), depth + 1)
                continue
            self.source.keys[here] = _place(event)
            data[key] = self._value(here, self._take(), depth + 1)
        return data

    def _key(self, path: KeyPath, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(
                rules.KEY_NOT_TEXT, event, path, Text("Khóa là một nhóm hoặc danh sách.", "A key is a list or a group.")
            )
        tag = self._tag(event)
        if tag == f"{_PREFIX}merge":
            self._refuse(
                rules.YAML_FEATURE,
                event,
                path,
                Text("Khóa trộn << không dùng ở đây.", "The merge key << is not used here."),
            )
        if tag != f"{_PREFIX}str":
            shown = event.value or "~"
            self._refuse(
                rules.KEY_NOT_TEXT,
                event,
                path,
                Text(f"Khóa {shown} không phải là chữ.", f"The key {shown} is not text."),
            )
        return str(event.value)

    def _duplicate(self, path: KeyPath, event: Any) -> None:
        first = Position(self.source.file, *self.source.keys[path])
        self.findings.append(
            finding(
                rules.DUPLICATE_KEY,
                Fault(
                    Position(self.source.file, *_place(event)),
                    self.source.shown(path),
                    Text(
                        f"Khóa {path[-1]} đã có ở dòng {first.line}.",
                        f"The key {path[-1]} already stands in line {first.line}.",
                    ),
                    related=(first,),
                ),
            )
        )

    def _alias(self, path: KeyPath, event: Any) -> Any:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            self._refuse(
                rules.SYNTAX,
                event,
                path,
                Text(f"Bí danh *{event.anchor} chưa được khai báo.", f"The alias *{event.anchor} was never defined."),
            )
        self.aliases += 1
        if not anchor.done or self.aliases > MAX_ALIASES:
            message = (
                Text(f"Bí danh *{event.anchor} chứa chính nó.", f"The alias *{event.anchor} contains itself.")
                if not anchor.done
                else Text(f"Có hơn {MAX_ALIASES} bí danh.", f"There are more than {MAX_ALIASES} aliases.")
            )
            self._refuse(rules.ALIASES, event, path[:4], message)
        self._count(anchor.size, event, path)
        return anchor.value

    def _count(self, values: int, event: Any, path: KeyPath) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            self._refuse(
                rules.ALIASES,
                event,
                path[:4],
                Text(f"Tệp nở ra hơn {MAX_VALUES} giá trị.", f"The file expands to more than {MAX_VALUES} values."),
            )

    def _scalar(self, path: KeyPath, event: Any) -> Any:
        tag = self._tag(event)
        if tag == f"{_PREFIX}str":
            return event.value
        self.source.written[path] = event.value
        return _construct(tag.removeprefix(_PREFIX), event.value)

    def _tag(self, event: Any) -> str:
        if event.tag is not None:
            return str(event.tag)
        if not event.implicit[0]:
            return f"{_PREFIX}str"
        known = self.resolved.get(event.value)
        if known is None:
            known = self.resolved[event.value] = self._resolve(event.value)
        return known

    def _resolve(self, text: str) -> str:
        resolve: Any = self.loader.resolve
        return str(resolve(yaml.ScalarNode, text, (True, False)))

    def _check_tag(self, path: KeyPath, event: Any) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            shown = event.tag.replace(_PREFIX, "!!")
            self._refuse(
                rules.YAML_FEATURE,
                event,
                path,
                Text(f"Nhãn {shown} không dùng ở đây.", f"The tag {shown} is not used here."),
            )

    def _refuse(self, rule: Rule, event: Any, path: KeyPath, message: Text, hint: Text | None = None) -> NoReturn:
        position = Position(self.source.file, *_place(event))
        raise RefusedError(finding(rule, Fault(position, self.source.shown(path), message, hint=hint)))


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _construct(kind: str, text: str) -> Any:
    """The value YAML 1.1 gives to an unquoted scalar; text where it has no value (``08`` is no octal number)."""
    try:
        return _CONSTRUCT[kind](text)
    except (ValueError, KeyError):
        return text


def _integer(text: str) -> int:
    digits = text.replace("_", "").lstrip("+")
    if ":" in digits:
        total = 0
        for part in digits.split(":"):
            total = total * 60 + int(part)
        return total
    sign, digits = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567"
    return sign * (int(digits, 8) if octal else int(digits, 0))


def _float(text: str) -> float:
    special = {".inf": "inf", "-.inf": "-inf", "+.inf": "inf", ".nan": "nan"}
    return float(special.get(text.lower(), text.replace("_", "")))


_CONSTRUCT: dict[str, Any] = {
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() in ("yes", "true", "on"),
    "null": lambda text: None,
    "timestamp": lambda text: datetime.date.fromisoformat(text[:10]),
}


# Problems that libyaml notices only later: the line to mend is the one where the construct began.
_BEGAN_EARLIER = ("could not find expected ':'", "did not find expected ',' or", "unexpected end of stream")


def _syntax(source: SourceFile, text: str, error: yaml.YAMLError) -> Finding:
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", "") or "")
    if mark is None or (context is not None and any(part in problem for part in _BEGAN_EARLIER)):
        mark, context = context, mark
    message = next((said for part, said in _PROBLEMS.items() if part in problem), _UNKNOWN_PROBLEM)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    lines = text.splitlines()
    quoted = lines[line - 1].strip()[:80] if 0 < line <= len(lines) else ""
    related = (
        (Position(source.file, context.line + 1, context.column + 1),) if context and context.line + 1 != line else ()
    )
    return finding(
        rules.SYNTAX,
        Fault(Position(source.file, line, column), "", message, value=quoted or None, related=related),
    )
