"""A site's state is not ahead of what is known about it."""

from __future__ import annotations

from collections.abc import Iterator

from hntt.register.context import Context
from hntt.register.findings import Severity, Text
from hntt.register.gates import absent
from hntt.register.models import Register, State
from hntt.register.rules import Fault, law


@law(
    "R707",
    Severity.ERROR,
    title=Text("Trạng thái đi trước khảo sát", "A state ahead of the survey"),
    why=Text(
        "Triển khai chọn điểm theo trạng thái; điểm ready mà thiếu MAC hay số sê-ri sẽ hỏng giữa chừng.",
        "Rollouts pick sites by state; a ready site without MAC or serial fails half-way.",
    ),
    mend=Text("Bổ sung các mục còn thiếu, hoặc lùi trạng thái.", "Add what is missing, or set the state back."),
)
def state_has_its_fields(register: Register, context: Context) -> Iterator[Fault]:
    """Every gate up to the site's state is met."""
    for entry in context.entries:
        lacking = absent(entry.site, entry.state)
        if lacking:
            fields = ", ".join(field.replace("!", ": true") for field in lacking)
            yield context.site_fault(
                entry,
                "state",
                f"{entry.title.vi} ở trạng thái {entry.state} mà chưa có: {fields}.",
                f"{entry.title.en} is {entry.state} without: {fields}.",
                value=str(entry.state),
            )


@law(
    "R708",
    Severity.ERROR,
    title=Text("Đóng một trung tâm", "A centre is closed"),
    why=Text(
        "Các xã nối qua trung tâm huyện, các huyện nối qua trung tâm tỉnh: đóng nó là cắt mọi điểm phía sau.",
        "Communes are reached through their district's centre: closing it cuts everything behind it off.",
    ),
    mend=Text("Đóng hoặc chuyển các điểm phía sau trước.", "Close or move the sites behind it first."),
)
def open_centres(register: Register, context: Context) -> Iterator[Fault]:
    """A centre is not closed while a site behind it is open."""
    for entry in context.entries:
        if not entry.closed or entry.slug is not None:
            continue
        behind = [
            other
            for other in context.open_entries
            if other is not entry and (entry.district is None or other.district is entry.district)
        ]
        if behind:
            yield context.site_fault(
                entry,
                "state",
                f"{entry.title.vi} đã đóng mà {len(behind)} điểm phía sau còn mở.",
                f"{entry.title.en} is closed while {len(behind)} sites behind it are open.",
                value=str(State.CLOSED),
            )
