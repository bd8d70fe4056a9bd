"""Security rules that are not kept are said again at every check, and louder when their term ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.models import Register
from hntt.register.rules import Fault, law

SOON = timedelta(days=60)
today = date.today


@law(
    "R711",
    Severity.NOTE,
    title=Text("Một ngoại lệ an toàn thông tin đang có hiệu lực", "An exception to a security rule is in force"),
    why=Text(
        "Người đọc báo cáo phải biết quy định nào không được giữ, vì sao, và điều gì thay cho nó.",
        "Whoever reads a report has to know which rule is not kept, why, and what stands in for it.",
    ),
    mend=Text(
        "Khi không còn cần: xóa mục này khỏi exceptions.",
        "When it is needed no longer: take the entry out of exceptions.",
    ),
)
def exceptions_in_force(register: Register, context: Context) -> Iterator[Fault]:
    """One note per exception."""
    for index, item in enumerate(register.province.exceptions):
        kinds = ", ".join(item.kinds)
        instead = "; ".join(item.controls)
        yield context.fault(
            context.province("exceptions", index),
            f"{kinds} không theo quy định “{item.rule}” đến hết {item.until}: {item.reason}. Thay bằng: {instead}.",
            f"{kinds} do not keep the rule '{item.rule}' until {item.until}: {item.reason}. Instead: {instead}.",
            value=item.owner,
        )


@law(
    "R712",
    Severity.WARNING,
    title=Text("Một ngoại lệ an toàn thông tin sắp hoặc đã hết hạn", "An exception's term ends soon or is over"),
    why=Text(
        "Ngoại lệ quá hạn là vi phạm không ai còn chịu trách nhiệm.",
        "An exception past its term is a violation that nobody answers for any more.",
    ),
    mend=Text(
        "Người chịu trách nhiệm (owner) xem lại: gia hạn until, hoặc bỏ ngoại lệ và giữ đúng quy định.",
        "Its owner looks at it again: extend until, or drop the exception and keep the rule.",
    ),
)
def exceptions_end(register: Register, context: Context) -> Iterator[Fault]:
    """One warning per exception that ends within 60 days, or has ended, or ends on a day that no calendar has."""
    for index, item in enumerate(register.province.exceptions):
        if not _holds(item.until):
            yield context.fault(
                context.province("exceptions", index, "until"),
                f"Ngoại lệ “{item.rule}” có hạn {item.until}; người chịu trách nhiệm: {item.owner}.",
                f"The exception '{item.rule}' has the term {item.until}; its owner: {item.owner}.",
                value=item.until,
            )


def _holds(until: str) -> bool:
    try:
        return date.fromisoformat(until) >= today() + SOON
    except ValueError:
        return False
