"""Quantities as people write them: ``4 Mbit/s``. Only units that name their size are accepted."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_RATE = re.compile(r"^(?P<number>\d{1,9}(?:[.,]\d{1,6})?)\s*(?P<unit>kbit/s|Mbit/s|Gbit/s)$")
_SCALE = {"kbit/s": 1, "Mbit/s": 1000, "Gbit/s": 1_000_000}


def parse_rate(value: Any) -> int:
    """A rate in kbit/s from ``768 kbit/s``, ``4 Mbit/s`` or ``1.5 Gbit/s``; raises ValueError for anything else."""
    match = _RATE.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("rate_unit")
    kbps = float(match["number"].replace(",", ".")) * _SCALE[match["unit"]]
    if kbps < 1 or kbps != int(kbps):
        raise ValueError("rate_unit")
    return int(kbps)


def show_rate(kbps: float) -> str:
    """A rate for people: the largest unit that keeps three significant figures."""
    if kbps >= 1_000_000:
        return f"{kbps / 1_000_000:.3g} Gbit/s"
    return f"{kbps / 1000:.3g} Mbit/s" if kbps >= 1000 else f"{kbps:.3g} kbit/s"


RateKbps = Annotated[
    int,
    BeforeValidator(parse_rate),
    WithJsonSchema({"type": "string", "pattern": _RATE.pattern, "examples": ["4 Mbit/s", "768 kbit/s"]}),
]
