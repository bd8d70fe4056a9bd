"""The traffic classes in force on both ends of every line against those computed from the register."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hntt.audit.checks.model import Check, Finding, Subject, UnreadableError, shown
from hntt.i18n import tr
from hntt.network.model import Kind

TOLERANCE = 0.01
"""tc keeps rates in bytes per second: what it prints may differ from what was asked by rounding."""


def judge_classes(subject: Subject, outputs: Sequence[str]) -> Iterator[Finding]:
    """Rate and ceiling of every class of every line, one output per line in the order of ``subject.ends``."""
    for line, output in zip(subject.ends, outputs, strict=True):
        wanted = sorted((int(item["rate_kbps"]), int(item["ceil_kbps"])) for item in line["classes"])
        found = sorted(leaf_rates(output))
        if not found:
            yield Finding(f"qos {line['interface']}", _told(wanted), shown([]))
        elif len(found) != len(wanted) or not all(map(_same, wanted, found)):
            yield Finding(f"qos {line['interface']}", _told(wanted), _told(found))


def leaf_rates(output: str) -> list[tuple[int, int]]:
    """(rate, ceiling) in kbit/s of the htb leaf classes in ``tc -j class show``, which prints bytes per second."""
    if not output.strip():
        return []
    try:
        rows: list[Mapping[str, Any]] = json.loads(output)
    except ValueError as error:
        raise UnreadableError(tr(vi="tc không trả lời bằng JSON", en="tc did not answer in JSON")) from error
    return [
        (round(int(row["rate"]) * 8 / 1000), round(int(row["ceil"]) * 8 / 1000))
        for row in rows
        if row.get("class") == "htb" and not row.get("root") and "leaf" in row
    ]


def _same(wanted: tuple[int, int], found: tuple[int, int]) -> bool:
    return all(abs(w - f) <= max(1.0, w * TOLERANCE) for w, f in zip(wanted, found, strict=True))


def _told(rates: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{rate}/{ceiling}" for rate, ceiling in rates) + " kbit/s"


QOS = Check(
    name="qos",
    vi="phân lớp QoS ở hai đầu mỗi đường truyền đúng với kế hoạch",
    en="QoS classes at both ends of every line equal the plan",
    kinds=frozenset({Kind.ROUTER}),
    platforms=frozenset({"frr"}),
    commands=lambda subject: [f"sudo -n tc -j class show dev {line['interface']}" for line in subject.ends],
    judge=lambda subject, outputs: list(judge_classes(subject, outputs)),
)
