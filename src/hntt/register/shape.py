"""From plain data to models; what pydantic objects to is said in the register's own words and languages."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hntt.register import catalogue as rules
from hntt.register.annotations import annotation, model_at, options
from hntt.register.fields import FIELDS
from hntt.register.findings import Finding, Text
from hntt.register.rules import Fault, Rule, finding
from hntt.register.slugs import slugify
from hntt.register.sources import KeyPath, SourceFile

M = TypeVar("M", bound=BaseModel)
Error = dict[str, Any]

# Words people write for our keys: Vietnamese without marks, and near-synonyms difflib would not find.
_SYNONYMS = {
    "ten": "name", "ma": "code", "loai": "type", "so": "number", "so-hieu": "number", "toa-do": "at", "xa": "communes",
    "toc-do": "rate", "speed": "rate", "bandwidth": "rate", "phong": "room", "duong-truyen": "line",
    "nha-mang": "provider",
    "trang-thai": "state", "status": "state", "chu-quan": "owner", "may-tinh": "pc", "coordinates": "at", "gps": "at",
    "serial-number": "serial", "sn": "serial", "licenses": "licences", "license": "licences", "center": "centre",
    "mac-address": "mac", "id": "number",
}  # fmt: skip

_FORMS: dict[str, Text] = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": Text(
        "chữ thường không dấu, số và dấu gạch nối, ví dụ le-thuy", "lower-case letters, digits, hyphens, like le-thuy"
    ),
    r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$": Text(
        "sáu cặp số hex chữ thường, ví dụ '52:54:00:12:34:56'", "six lower-case hex pairs, like '52:54:00:12:34:56'"
    ),
    r"^[A-Za-z0-9][A-Za-z0-9./_-]{2,39}$": Text(
        "3-40 chữ, số và . / _ -, không dấu cách", "3-40 letters, digits and . / _ -, no spaces"
    ),
    r"^\d{5}$": Text("năm chữ số trong dấu nháy, ví dụ '19249'", "five digits in quotes, like '19249'"),
    r"^\d{3}$": Text("ba chữ số trong dấu nháy, ví dụ '457'", "three digits in quotes, like '457'"),
    r"^\d{2}$": Text("hai chữ số trong dấu nháy, ví dụ '44'", "two digits in quotes, like '44'"),
    r"^mcu-[1-9]$": Text("mcu-1 đến mcu-9", "mcu-1 to mcu-9"),
    r"^([a-z0-9-]+\.)+[a-z]{2,}$": Text(
        "tên miền, ví dụ hntt.quangbinh.example", "a domain, like hntt.quangbinh.example"
    ),
}  # fmt: skip
_KINDS = {
    "int": Text("một số nguyên", "a whole number"),
    "float": Text("một số", "a number"),
    "bool": Text("true hoặc false", "true or false"),
    "string": Text("chữ", "text"),
    "list": Text("một danh sách", "a list"),
    "tuple": Text("một danh sách", "a list"),
    "dict": Text("một nhóm khóa: giá trị", "a group of key: value"),
    "model": Text("một nhóm khóa: giá trị", "a group of key: value"),
}


def validate(model: type[M], source: SourceFile) -> tuple[M | None, list[Finding]]:
    """The model made of the file's data, or what is wrong with its shape."""
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        errors: list[Error] = [dict(item) for item in error.errors(include_url=False)]
        return None, _once([(item["loc"], _translate(model, source, item)) for item in errors])


def _once(found: list[tuple[KeyPath, Finding]]) -> list[Finding]:
    """A misspelt key makes the right one missing: that is one fault, and the misspelling says it best."""
    meant = {(*path[:-1], item.value) for path, item in found if item.code == rules.UNKNOWN_KEY.code}
    return [item for path, item in found if item.code != rules.MISSING_FIELD.code or path not in meant]


def _translate(root: type[BaseModel], source: SourceFile, error: Error) -> Finding:
    path: KeyPath = tuple(step for step in error["loc"] if step != "[key]")
    kind = str(error["type"])
    handler = next((how for prefix, how in _HANDLERS.items() if kind.startswith(prefix)), None)
    if kind.endswith("_type") or kind in ("model_type", "dict_type") or handler is None:
        handler = _wrong_type
    rule, fault = handler(root, source, path, error)
    return finding(rule, fault)


def _missing(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    if isinstance(path[-1], int):
        return _length(root, source, path[:-1], error)
    meaning = _meaning(root, path)
    return rules.MISSING_FIELD, Fault(
        source.at(path[:-1]),
        source.shown(path),
        Text(f"Thiếu khóa {path[-1]}.", f"The key {path[-1]} is missing."),
        expected=meaning,
        hint=Text(f"Thêm dòng {path[-1]}: … vào đây.", f"Add a line {path[-1]}: … here."),
    )


def _unknown(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    model = model_at(root, path[:-1])
    known = list(model.model_fields) if model else []
    key = str(path[-1])
    near = _nearest_key(key, known)
    hint = (
        Text(f"Có phải là {near}?", f"Did you mean {near}?")
        if near
        else Text("Xóa khóa này, hoặc ghi nó sau dấu # thành ghi chú.", "Delete it, or keep it as a comment after #.")
    )
    return rules.UNKNOWN_KEY, Fault(
        source.at(path),
        source.shown(path),
        Text(f"Không có khóa {key} ở đây.", f"There is no key {key} here."),
        value=near,
        expected=_choice(known),
        hint=hint,
    )


def _wrong_type(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    value, kind = error["input"], str(error["type"]).split("_")[0]
    written = source.written.get(path)
    if kind == "string" and written is not None and value is not None:
        return _quote(source, path, value, written)
    what = _KINDS.get(kind, Text("giá trị khác", "another value"))
    meaning = _meaning(root, path)
    expected = Text(f"{what.vi}: {meaning.vi}", f"{what.en}: {meaning.en}") if meaning else what
    if value is None:
        message = Text("Giá trị để trống.", "The value is empty.")
    else:
        found = _found(value)
        message = Text(f"Đây là {found.vi}.", f"This is {found.en}.")
    hint = None
    if kind in ("int", "float", "bool") and isinstance(value, str):
        hint = Text("Viết giá trị không có dấu nháy, không có đơn vị.", "Write it without quotes and without a unit.")
    return rules.WRONG_TYPE, Fault(source.value_at(path), source.shown(path), message, _short(value), expected, hint)


def _quote(source: SourceFile, path: KeyPath, value: Any, written: str) -> tuple[Rule, Fault]:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    read_as = Text(shown, shown) if isinstance(value, bool) else _found(value)
    as_number = f" {shown}" if shown != written and not isinstance(value, bool) else ""
    return rules.QUOTE_IT, Fault(
        source.value_at(path),
        source.shown(path),
        Text(
            f"{written} không có dấu nháy nên YAML đọc thành {read_as.vi}{as_number}.",
            f"{written} has no quotes, so YAML reads it as {read_as.en}{as_number}.",
        ),
        value=written,
        expected=_KINDS["string"],
        hint=Text(f"Viết '{written}' trong dấu nháy đơn.", f"Write '{written}' in single quotes."),
    )


def _allowed(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    value = error["input"]
    allowed = options(annotation(root, path)) or [str(error.get("ctx", {}).get("expected", ""))]
    near = nearest(str(value), [str(option) for option in allowed])
    hint = Text(f"Có phải là {near}?", f"Did you mean {near}?") if near else None
    message = Text(f"{_short(value)} không được dùng ở đây.", f"{_short(value)} is not used here.")
    return rules.NOT_ALLOWED, Fault(
        source.value_at(path), source.shown(path), message, _short(value), _choice(allowed), hint
    )


def _range(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    context = error.get("ctx", {})
    limits = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bound = next((f"{sign} {context[name]:g}" for name, sign in limits.items() if name in context), "")
    meaning = _meaning(root, path)
    expected = Text(bound, bound)
    if meaning:
        expected = Text(f"{bound} ({meaning.vi})", f"{bound} ({meaning.en})")
    value = _short(error["input"])
    return rules.OUT_OF_RANGE, Fault(
        source.value_at(path),
        source.shown(path),
        Text(f"{value} nằm ngoài khoảng cho phép.", f"{value} is out of range."),
        value,
        expected,
        _swapped(path, error["input"]),
    )


def _swapped(path: KeyPath, value: Any) -> Text | None:
    if len(path) > 1 and path[-2] == "at" and isinstance(value, int | float):
        return Text("Thứ tự là [vĩ độ, kinh độ], ví dụ [17.21, 106.79].", "The order is [latitude, longitude].")
    return None


def _length(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    context = error.get("ctx", {})
    value = error["input"]
    size = len(value) if isinstance(value, str | list) else 0
    is_text = isinstance(value, str)
    unit_vi, unit_en = ("ký tự", "characters") if is_text else ("mục", "entries")
    low, high = context.get("min_length"), context.get("max_length")
    if not is_text and path and path[-1] == "at":
        low = high = 2
    expected = (
        Text(f"đúng {low} {unit_vi}", f"exactly {low} {unit_en}")
        if low == high and low is not None
        else Text(f"ít nhất {low} {unit_vi}", f"at least {low} {unit_en}")
        if low is not None
        else Text(f"nhiều nhất {high} {unit_vi}", f"at most {high} {unit_en}")
    )
    return rules.OUT_OF_RANGE, Fault(
        source.value_at(path),
        source.shown(path),
        Text(f"Số {unit_vi} ở đây: {size}.", f"Number of {unit_en} here: {size}."),
        _short(value),
        expected,
    )


def _pattern(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    value = str(error["input"])
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    meaning = _meaning(root, path)
    said = Text(f"{meaning.vi} ", f"{meaning.en} ") if meaning else Text("", "")
    return rules.WRONG_FORM, Fault(
        source.value_at(path),
        source.shown(path),
        Text(f"{_short(value)} viết sai dạng.", f"{_short(value)} has the wrong form."),
        _short(value),
        _FORMS.get(pattern, Text(f"{said.vi}{pattern}", f"{said.en}{pattern}")),
        _mended(pattern, value),
    )


def _mended(pattern: str, value: str) -> Text | None:
    """The value in the right form, where that is certain."""
    if "{5}[0-9a-f]" in pattern:
        digits = [sign for sign in value.lower() if sign in "0123456789abcdef"]
        if len(digits) == 12:
            right = ":".join("".join(digits[index : index + 2]) for index in range(0, 12, 2))
            return Text(f"Viết '{right}'.", f"Write '{right}'.")
    if pattern.startswith("^[a-z0-9]+(-") and slugify(value):
        return Text(f"Viết {slugify(value)}.", f"Write {slugify(value)}.")
    return None


def _value_error(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    """Only rates validate with code of ours."""
    value = source.written.get(path, error["input"])
    return rules.WRONG_UNIT, Fault(
        source.value_at(path),
        source.shown(path),
        Text(f"{_short(value)} không phải là tốc độ.", f"{_short(value)} is not a rate."),
        _short(value),
        _meaning(root, path),
        _rate_hint(value),
    )


def _rate_hint(value: Any) -> Text | None:
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z/]*)", str(value).strip())
    if match is None or len(match[1]) > 9:
        return None
    number, unit = match[1], match[2]
    if unit in ("MB/s", "MBps"):
        times8 = f"{float(number.replace(',', '.')) * 8:g}"
        return Text(
            f"{number} {unit} là megabyte: viết {times8} Mbit/s. Nếu ý là megabit: viết {number} Mbit/s.",
            f"{number} {unit} are megabytes: write {times8} Mbit/s. If megabits are meant: write {number} Mbit/s.",
        )
    right = {"k": "kbit/s", "m": "Mbit/s", "g": "Gbit/s"}.get(unit[:1].lower())
    if right:
        return Text(f"Viết {number} {right}.", f"Write {number} {right}.")
    return Text(f"Thêm đơn vị, ví dụ {number} Mbit/s.", f"Add the unit, for example {number} Mbit/s.")


def _prefix(root: type[BaseModel], source: SourceFile, path: KeyPath, error: Error) -> tuple[Rule, Fault]:
    value = error["input"]
    written = source.written.get(path, value)
    right = _canonical(str(value))
    message = (
        Text(f"{value} có bit máy khác 0.", f"{value} has host bits set.")
        if right
        else Text(f"{_short(written)} không phải là dải IPv4.", f"{_short(written)} is not an IPv4 prefix.")
    )
    hint = Text(f"Có phải là {right}?", f"Did you mean {right}?") if right else None
    return rules.WRONG_PREFIX, Fault(
        source.value_at(path), source.shown(path), message, _short(written), _meaning(root, path), hint
    )


def _canonical(value: str) -> str | None:
    from ipaddress import IPv4Network

    try:
        return str(IPv4Network(value, strict=False)) if "/" in value else None
    except ValueError:
        return None


Handler = Callable[[type[BaseModel], SourceFile, KeyPath, Error], tuple[Rule, Fault]]
_HANDLERS: dict[str, Handler] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _allowed,
    "enum": _allowed,
    "greater_than": _range,
    "less_than": _range,
    "finite_number": _range,
    "too_short": _length,
    "too_long": _length,
    "string_too": _length,
    "string_pattern": _pattern,
    "value_error": _value_error,
    "ip_v4_network": _prefix,
}


def _nearest_key(key: str, known: list[str]) -> str | None:
    plain = slugify(key)
    synonym = _SYNONYMS.get(plain)
    return synonym if synonym in known else nearest(plain.replace("-", "_"), known)


def nearest(value: str, known: list[str]) -> str | None:
    """The known word most like the one written, marks and case apart; None when none is close."""
    plain = {slugify(option): option for option in known}
    close = difflib.get_close_matches(slugify(value), list(plain), n=1, cutoff=0.6)
    return plain[close[0]] if close else None


def _choice(options: list[Any]) -> Text | None:
    if not options:
        return None
    listed = ", ".join(str(option) for option in options)
    return Text(f"một trong: {listed}", f"one of: {listed}")


def _found(value: Any) -> Text:
    names: list[tuple[type | tuple[type, ...], Text]] = [
        (bool, Text("giá trị đúng/sai", "true or false")),
        (int, Text("số nguyên", "a whole number")),
        (float, Text("số thập phân", "a decimal number")),
        (datetime.date, Text("ngày", "a date")),
        (str, Text("chữ", "text")),
        (list, Text("danh sách", "a list")),
        (dict, Text("nhóm khóa: giá trị", "a group of key: value")),
    ]
    return next((text for kind, text in names if isinstance(value, kind)), Text("giá trị trống", "empty"))


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= 60 else f"{value[:57]}…"
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, int | float) else _short(str(value)) if value is not None else None


def _meaning(root: type[BaseModel], path: KeyPath) -> Text | None:
    """What the field of this path means; for a list's entry, what the list means."""
    names = [step for step in path if isinstance(step, str)]
    last = max((index for index, step in enumerate(path) if isinstance(step, str)), default=-1)
    model = model_at(root, path[:last]) if names else None
    return FIELDS.get(model.__name__, {}).get(str(path[last])) if model else None
