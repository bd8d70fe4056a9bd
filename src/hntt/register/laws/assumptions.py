"""Values nobody has confirmed are listed, and said again at every check until they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.models import Register
from hntt.register.rules import Fault, law
from hntt.register.shape import nearest


@law(
    "R709",
    Severity.NOTE,
    title=Text("Một giá trị còn là giả định", "A value is assumed"),
    why=Text(
        "Mọi tính toán dựa trên giá trị này chỉ đúng khi giá trị này đúng.",
        "Everything computed from it holds only as far as it does.",
    ),
    mend=Text(
        "Khi có văn bản hay khảo sát: sửa giá trị rồi xóa mục này khỏi assumed.",
        "When a paper or survey confirms it: correct the value, then take the entry out of assumed.",
    ),
)
def assumed_values(register: Register, context: Context) -> Iterator[Fault]:
    """One note per assumption that points to an existing entry."""
    for index, item in enumerate(register.province.assumed):
        if _exists(register.province, item.path.split(".")):
            yield context.fault(
                context.province("assumed", index),
                f"{item.path} là giả định: {item.reason}.",
                f"{item.path} is assumed: {item.reason}.",
                value=item.path,
                expected=Text(item.until, item.until),
            )


@law(
    "R710",
    Severity.ERROR,
    title=Text("Giả định về một mục không có", "An assumption about an entry that does not exist"),
    why=Text(
        "Giả định không trỏ vào đâu thì không ai biết giá trị nào chưa chắc chắn.",
        "An assumption that points nowhere hides which value is uncertain.",
    ),
    mend=Text("Sửa path, hoặc xóa mục.", "Correct path, or delete the entry."),
)
def assumption_exists(register: Register, context: Context) -> Iterator[Fault]:
    """The path of every assumption leads to an entry of province.yml (for lists: to a field of their entries)."""
    for index, item in enumerate(register.province.assumed):
        steps = item.path.split(".")
        if not _exists(register.province, steps):
            near = _nearest_path(register, steps)
            yield context.fault(
                context.province("assumed", index, "path"),
                f"Không có mục {item.path} trong province.yml.",
                f"There is no entry {item.path} in province.yml.",
                value=item.path,
                expected=Text(near, near) if near else None,
            )


def _nearest_path(register: Register, steps: list[str]) -> str | None:
    """The path with its first step corrected, where that makes it exist."""
    first = nearest(steps[0], list(type(register.province).model_fields))
    if first is None:
        return None
    mended = [first, *steps[1:]]
    return ".".join(mended) if _exists(register.province, mended) else first


def _exists(value: Any, steps: list[str]) -> bool:
    if not steps:
        return value is not None
    if isinstance(value, list):
        return any(_exists(item, steps) for item in value)
    if isinstance(value, BaseModel):
        return steps[0] in type(value).model_fields and _exists(getattr(value, steps[0]), steps[1:])
    return False
