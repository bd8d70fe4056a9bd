"""Following reimagings: where a PC stands, who is next, what is said; with a centre that answers as it is told."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hntt.centre import stages
from hntt.i18n import set_language
from hntt.inventory.source import read_source
from hntt.network.model import Kind
from hntt.play.reimage_view import Standing, closing_lines, standing, table
from hntt.play.reimage_waves import next_to_start

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
PC = "pc.an-thuy.le-thuy"
SOURCE = read_source(Path(__file__).resolve().parents[3] / "inventories/quang_binh/register")
PCS = [device.host for device in SOURCE.network.devices.values() if device.kind is Kind.COMMUNE_PC]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def heard(stage: str, minutes_ago: float, run: str = "run-0001", **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return {"run": run, "seq": 0, "stage": stage, "at": at, "received": at, **more}


def stands(*reports: Mapping[str, Any], begun_min: float = 600, **more: Any) -> Standing:
    return standing(PC, "le-thuy", NOW - timedelta(minutes=begun_min), reports, NOW, **more)


@pytest.mark.parametrize("stage", [stage for stage in stages.STAGES if stage.deadline_s])
def test_every_stage_has_a_deadline_and_then_says_what_to_do(stage: stages.Stage) -> None:
    minutes = (stage.deadline_s or 0) / 60
    assert not stands(heard(stage.name, minutes - 1)).late
    late = stands(heard(stage.name, minutes + 1))
    assert late.late
    assert late.advice == stage.late_en
    assert stage.late_vi


def test_what_was_heard_before_this_reimaging_does_not_count() -> None:
    assert stands(heard("healthy", 700), begun_min=600).stage is stages.WAITING


def test_a_pc_that_was_not_let_in_asks_for_somebody_and_says_why() -> None:
    detail = {"code": "token_spent", "vi": "đã dùng", "en": "was used"}
    found = stands(heard("first_boot", 5), heard("failed", 2, run="refused-t1", detail=detail))
    assert (found.stage.name, found.advice) == ("first_boot", "token_spent: was used")
    later = stands(heard("failed", 9, run="refused-t1", detail=detail), heard("enrolled", 2))
    assert not later.needs_somebody


def test_an_update_has_arrived_when_the_new_version_is_well() -> None:
    options = {"first": stages.UPDATE, "version": "2026.12.1"}
    assert stands(heard("healthy", 2, version="2026.11.28"), **options).stage is stages.UPDATE
    assert stands(heard("healthy", 2, version="2026.12.1"), **options).is_good
    back = stands(heard("fell_back", 2, version="2026.11.28"), **options)
    assert back.is_bad
    assert "old version" in back.advice


def begun(**hosts: str) -> dict[str, Standing]:
    return {
        name.replace("_", "."): Standing(name, name.partition("_")[2], stages.BY_NAME[stage], NOW)
        for name, stage in hosts.items()
    }


DISTRICTS = {f"{pc}.{district}": district for district in ("x", "y") for pc in "abcd"}


def test_one_pc_goes_first_and_the_others_wait_until_it_is_well() -> None:
    assert next_to_start(list(DISTRICTS), {}, DISTRICTS) == ["a.x"]
    waiting = [host for host in DISTRICTS if host != "a.x"]
    assert next_to_start(waiting, begun(a_x="updating"), DISTRICTS) == []
    assert next_to_start(waiting, begun(a_x="healthy"), DISTRICTS) == ["b.x", "c.x", "a.y", "b.y"]


def test_a_district_and_the_province_have_their_limits() -> None:
    some = begun(a_x="healthy", b_x="updating", a_y="updating")
    waiting = [host for host in DISTRICTS if host not in some]
    assert next_to_start(waiting, some, DISTRICTS) == ["c.x", "b.y"]
    assert next_to_start(waiting, some, DISTRICTS, at_once=3) == ["c.x"]


@pytest.mark.parametrize("stage", ["failed", "fell_back"])
def test_nobody_is_begun_with_once_one_went_wrong(stage: str) -> None:
    some = begun(a_x="healthy", b_x=stage)
    assert next_to_start(["c.x"], some, DISTRICTS) == []


def fleet() -> list[Standing]:
    names = [stage.name for stage in stages.STAGES]
    districts = {device.host: str(device.site.district) for device in SOURCE.network.devices.values()}
    return [
        standing(host, districts[host], NOW - timedelta(hours=2), [heard(names[n % len(names)], n % 100)], NOW)
        for n, host in enumerate(PCS)
    ]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_whole_province_fits_a_screen(lang: str) -> None:
    set_language(lang)  # type: ignore[arg-type]
    found = fleet()
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table(found, NOW, 12))
    text = console.export_text()
    assert len(found) == 159
    assert all(str(device) in text for device in {item.district for item in found})
    assert len(text.splitlines()) < 50
    lines = closing_lines(found)
    assert len(lines) <= 8
    assert "159" in lines[0]
