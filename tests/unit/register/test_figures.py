"""The decision's figures, seats and line capacity are computed, and agree with what is derived elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hntt.network.build import build
from hntt.network.capacity import line_loads
from hntt.network.laws import check_register
from hntt.network.model import Kind
from hntt.register.decision import comparisons, contradictions
from hntt.register.findings import Position
from hntt.register.loader import load
from hntt.register.models import Register
from hntt.register.seats import Seats, endpoints_per_district, seats_needed
from hntt.register.slugs import fold_tones, slugify
from hntt.register.survey import by_district
from hntt.register.units import parse_rate, show_rate

REAL = Path(__file__).parents[3] / "inventories" / "quang_binh" / "register"


@pytest.fixture(scope="module")
def register() -> Register:
    return load(REAL)


def _changed(register: Register, **decision: Any) -> Register:
    data = register.province.decision.model_copy(update=decision)
    return register.model_copy(update={"province": register.province.model_copy(update={"decision": data})})


def test_the_decisions_own_contradictions_are_all_found(register: Register) -> None:
    found = {(item.code, item.difference) for item in contradictions(register)}
    assert ("R812", 11_920_000_000 - 7_150_000_000) in found
    assert ("R813", 286_200_000) in found
    assert ("R815", 1_345_000_000 - 1_350_000_000) in found
    assert ("R817", 4_770_000_000 + 286_200_000) in found
    assert [item.code for item in contradictions(register)].count("R818") == 1


def test_corrected_figures_are_no_contradiction(register: Register) -> None:
    """Nothing is hard-coded: with the figures mended, each contradiction goes away."""
    decision = register.province.decision
    rows = [
        row.model_copy(update={"equipment": 1_350_000_000, "total": 1_922_400_000})
        if row.district == "quang-trach"
        else row
        for row in decision.annex_districts
    ]
    codes = {item.code for item in contradictions(_changed(register, annex_districts=rows, missing_items=[]))}
    assert codes == {"R812", "R813", "R816", "R817"}
    table = [row.model_copy(update={"amount": 11_925_000_000}) if row.id == "II.2" else row for row in decision.table]
    mended = _changed(register, annex_districts=rows, table=table, phase_2=23_680_200_000, total=26_678_515_000)
    assert {item.code for item in contradictions(mended)} == {"R813", "R816", "R817", "R818"}


def test_quantities_and_communes_per_district_agree(register: Register) -> None:
    lines = comparisons(register)
    assert all(line.agrees for line in lines if line.group != "money")
    assert sum(line.found for line in lines if line.group == "district") == 159


def test_seats_count_endpoints_legs_and_chairs(register: Register) -> None:
    servers = {mcu.name: mcu for mcu in register.province.mcus}
    assert seats_needed(register, servers["mcu-1"]) == Seats(endpoints=9, legs=8, chairs=1)
    total = sum(seats_needed(register, servers[name]).endpoints for name in ("mcu-2", "mcu-3"))
    assert total == 159 + 8 == sum(endpoints_per_district(register).values())


def test_capacity_is_what_the_network_is_built_with(register: Register) -> None:
    """The laws judge the very demand that the routers' queues are made from."""
    context = check_register(REAL).context
    assert context is not None
    lines = build(register).lines
    loads = {load.entry.site.number: load for load in line_loads(context) if load.tier != "province"}
    assert len(loads) == len(lines) == 167
    for line in lines.values():
        assert (loads[line.number].rate_kbps, loads[line.number].demand) == (line.rate_kbps, line.demand)


def test_the_needed_rate_is_enough_and_one_percent_less_is_not(register: Register) -> None:
    context = check_register(REAL).context
    assert context is not None
    for load_ in line_loads(context):
        enough = load_.needed_kbps
        media = load_.demand.voice_kbps + load_.demand.video_kbps
        for rate, fits in ((enough + 1, True), (enough * 99 // 100 - 1, False)):
            signalling = max(32, int(rate * 0.02))
            within = media + signalling <= rate * 75 / 100 and load_.demand.voice_kbps <= rate * 33 / 100
            assert within is fits


def test_every_endpoint_is_in_the_dial_plan_under_a_number_of_its_own(register: Register) -> None:
    endpoints = [item for item in build(register).devices.values() if item.kind in (Kind.VCS, Kind.COMMUNE_PC)]
    numbers = {item.extension for item in endpoints}
    assert None not in numbers
    assert len(numbers) == len(endpoints) == 168


def test_survey_counts_what_is_known(register: Register) -> None:
    context = check_register(REAL).context
    assert context is not None
    progress = by_district(context)
    assert sum(item.sites for item in progress.values()) == 168
    assert progress["quang-ninh"].known == 15
    assert progress["quang-ninh"].needed == progress["quang-ninh"].known + sum(
        n for _, n in progress["quang-ninh"].missing
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hóa", "Hoá"), ("Lệ Thủy", "Lệ Thuỷ"), ("TUYÊN HÓA", "tuyên hoá"), ("Quảng Trạch", "Quảng  Trạch")],
)
def test_both_spellings_of_a_tone_are_one_name(one: str, other: str) -> None:
    assert fold_tones(one) == fold_tones(other)


@pytest.mark.parametrize(("one", "other"), [("Quảng Tiến", "Quảng Tiên"), ("Quang Phú", "Quảng Phú"), ("Hóa", "Hoa")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert fold_tones(one) != fold_tones(other)
    assert slugify(one) == slugify(other)


@pytest.mark.parametrize(
    ("text", "kbps"),
    [("768 kbit/s", 768), ("4 Mbit/s", 4000), ("1.5 Gbit/s", 1_500_000), ("0,5 Mbit/s", 500), ("2Mbit/s", 2000)],
)
def test_rates(text: str, kbps: int) -> None:
    assert parse_rate(text) == kbps


@pytest.mark.parametrize(
    "text", ["4", 4, "4 Mbps", "4 MB/s", "-1 Mbit/s", "0 kbit/s", "0.0001 kbit/s", None, "", "x Mbit/s"]
)
def test_rates_without_a_clear_unit_are_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="rate_unit"):
        parse_rate(text)


def test_rates_are_shown_in_the_largest_unit() -> None:
    assert [show_rate(rate) for rate in (768, 4000, 37_500, 1_000_000)] == [
        "768 kbit/s",
        "4 Mbit/s",
        "37.5 Mbit/s",
        "1 Gbit/s",
    ]


def test_positions_are_relative_where_they_can_be() -> None:
    assert Position(Path("/a/b/c.yml"), 3, 1).shown(Path("/a")) == "b/c.yml:3"
    assert Position(Path("/a/b/c.yml")).shown(Path("/x")) == "/a/b/c.yml"
