"""What ``hntt check`` says about a register: one object for the screen and for machines.

Findings; the decision against the register; where the decision contradicts itself; the survey; the capacity of lines
and MCU servers with the bottlenecks first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.network.capacity import LineLoad, line_loads, tightest
from hntt.network.laws import check_register
from hntt.register.context import Context
from hntt.register.decision import Comparison, comparisons
from hntt.register.findings import Finding, Severity
from hntt.register.loader import Loaded
from hntt.register.models import Centre, Commune, District, Mcu
from hntt.register.seats import Seats, seats_needed
from hntt.register.survey import Progress, by_district
from hntt.report.findings_text import as_json

CONTRADICTIONS = ("R811", "R812", "R813", "R814", "R815", "R816", "R817", "R818")
ASSUMPTION = "R709"


@dataclass(frozen=True)
class DistrictView:
    """One district (``district`` None: the centre): its survey, its own line and its communes' tightest one."""

    district: District | None
    survey: Progress
    line: LineLoad | None
    tightest_commune: LineLoad | None


@dataclass(frozen=True)
class McuView:
    """One MCU server: the rooms it holds and the seats they take."""

    mcu: Mcu
    rooms: list[str]
    seats: Seats

    @property
    def used_percent(self) -> int:
        """Seats taken of those there are, rounded up."""
        return -(-self.seats.total * 100 // self.mcu.seats)


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check. The views are empty while files or shape have errors."""

    loaded: Loaded
    decision: list[Comparison]
    districts: list[DistrictView]
    mcus: list[McuView]
    bottlenecks: list[LineLoad]

    @property
    def exit_code(self) -> int:
        """1 where there is a finding of severity error, else 0."""
        return 1 if self.loaded.errors else 0

    @property
    def base(self) -> Path:
        """The register's folder, to which positions are relative."""
        return self.loaded.sources.base

    def faults(self) -> list[Finding]:
        """Errors and warnings that are about the register, not about the decision."""
        return [item for item in self.loaded.findings if item.severity != Severity.NOTE and not _of_decision(item)]

    def contradictions(self) -> list[Finding]:
        """Where the decision disagrees with itself."""
        return [item for item in self.loaded.findings if _of_decision(item)]

    def assumptions(self) -> list[Finding]:
        """The values nobody has confirmed."""
        return [item for item in self.loaded.findings if item.code == ASSUMPTION]

    def notes(self) -> list[Finding]:
        """The other remarks."""
        return [
            item
            for item in self.loaded.findings
            if item.severity == Severity.NOTE and item.code != ASSUMPTION and not _of_decision(item)
        ]


def check(register_dir: Path) -> CheckResult:
    """Check one register folder. Never raises for what is in its files."""
    loaded = check_register(register_dir)
    context = loaded.context
    if loaded.register is None or context is None:
        return CheckResult(loaded, [], [], [], [])
    loads = line_loads(context)
    return CheckResult(
        loaded=loaded,
        decision=comparisons(loaded.register),
        districts=_districts(context, loads),
        mcus=_mcus(context),
        bottlenecks=tightest(loads),
    )


def as_document(result: CheckResult) -> dict[str, Any]:
    """The result for machines; texts in both languages, rates in kbit/s, money in VND."""
    counts = Counter(item.severity.value for item in result.loaded.findings)
    return {
        "register": str(result.base),
        "phase": result.loaded.phase.value,
        "exit_code": result.exit_code,
        "counts": {severity.value: counts[severity.value] for severity in Severity},
        "findings": [as_json(item, result.base) for item in result.loaded.findings],
        "decision": [_decision_json(line) for line in result.decision],
        "districts": [_district_json(view) for view in result.districts],
        "mcus": [_mcu_json(view) for view in result.mcus],
        "lines": [_line_json(load) for load in result.bottlenecks],
    }


def _of_decision(item: Finding) -> bool:
    return item.code in CONTRADICTIONS


def _districts(context: Context, loads: list[LineLoad]) -> list[DistrictView]:
    progress = by_district(context)
    views = []
    for district in (None, *context.register.districts):
        slug = district.slug if district else None
        own = [load for load in loads if (load.entry.district.slug if load.entry.district else None) == slug]
        communes = [load for load in own if isinstance(load.entry.site, Commune)]
        line = next((load for load in own if load not in communes), None)
        views.append(DistrictView(district, progress[slug], line, next(iter(tightest(communes)), None)))
    return views


def _mcus(context: Context) -> list[McuView]:
    register = context.register
    views = []
    for mcu in register.province.mcus:
        rooms = [district.name for district in register.districts if district.mcu == mcu.name]
        if mcu.role == "province":
            rooms = [register.province.province.name, *rooms]
        views.append(McuView(mcu, rooms, seats_needed(register, mcu)))
    return views


def _decision_json(line: Comparison) -> dict[str, Any]:
    return {
        "item": {"vi": line.item.vi, "en": line.item.en},
        "group": line.group,
        "unit": line.unit,
        "decided": line.decided,
        "register": line.found,
        "agrees": line.agrees,
    }


def _district_json(view: DistrictView) -> dict[str, Any]:
    return {
        "district": view.district.slug if view.district else None,
        "mcu": view.district.mcu if view.district else None,
        "survey": {
            "sites": view.survey.sites,
            "known": view.survey.known,
            "needed": view.survey.needed,
            "percent": view.survey.percent,
            "states": view.survey.states,
            "missing": dict(view.survey.missing),
        },
    }


def _mcu_json(view: McuView) -> dict[str, Any]:
    seats = view.seats
    return {
        "name": view.mcu.name,
        "role": view.mcu.role,
        "rooms": view.rooms,
        "licences": view.mcu.licences,
        "seats": view.mcu.seats,
        "needed": {"total": seats.total, "endpoints": seats.endpoints, "legs": seats.legs, "chairs": seats.chairs},
        "used_percent": view.used_percent,
    }


def _line_json(load: LineLoad) -> dict[str, Any]:
    entry = load.entry
    tier = "province" if isinstance(entry.site, Centre) else load.tier
    return {
        "number": entry.site.number,
        "name": entry.title.vi,
        "district": entry.district.slug if entry.district else None,
        "tier": tier,
        "rate_kbps": load.rate_kbps,
        "calls": load.demand.calls,
        "demand_kbps": load.demand.total_kbps,
        "voice_kbps": load.demand.voice_kbps,
        "media_budget_kbps": load.media_budget_kbps,
        "used_percent": load.used_percent,
        "free_kbps": load.free_kbps,
        "needed_kbps": load.needed_kbps,
        "enough_class_kbps": load.wanted_class_kbps,
    }
