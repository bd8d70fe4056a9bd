"""Reports: proved, kept once, kept whole; and what the store does when it can't."""

from __future__ import annotations

import ast
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from centre_bench import AN_THUY, BEGIN, SON_THUY, Bench, code_of

import hntt.centre
from hntt.centre import files, reports, store
from hntt.centre.limits import RateLimit
from hntt.image.target import send
from hntt.intent.linux.programs import program_files

FOLDER = Path(hntt.centre.__file__).parent


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_runs_on_the_centre_needs_nothing_but_python() -> None:
    found = program_files(FOLDER.parents[1], "hntt.centre.program")
    assert {file.path.rpartition("/")[0] for file in found} == {"hntt", "hntt/centre"}


@pytest.mark.parametrize("name", ["send", "enrol"])
def test_what_runs_on_the_pc_needs_nothing_but_python(name: str) -> None:
    tree = ast.parse((Path(send.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    absolute = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level}
    absolute |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert {module for module in absolute if module.partition(".")[0] not in sys.stdlib_module_names} == set()


def test_pc_and_centre_sign_the_same_bytes() -> None:
    body = {"host": AN_THUY, "seq": 3, "detail": {"vi": "đĩa “hỏng”", "en": "x"}, "auth": "0" * 64}
    assert send.canonical(body) == reports.canonical(body)
    assert send.sign(body, b"k" * 32) == reports.sign(body, b"k" * 32)


def test_a_replayed_report_is_taken_and_not_kept_again(bench: Bench) -> None:
    report = bench.report(bench.token_key("t-an"))
    assert bench.desk.report(report) == {"stored": True}
    assert bench.desk.report(report) == {"stored": False}
    bench.restart()
    assert bench.desk.report(report) == {"stored": False}
    assert [item["seq"] for item in bench.store.read()[AN_THUY]] == [0]


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "healthy"},
        {"seq": 7},
        {"host": SON_THUY},
        {"version": "9.9"},
        {"auth": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_report_that_was_changed_on_the_way_is_not_kept(bench: Bench, change: dict[str, Any]) -> None:
    report = bench.report(bench.token_key("t-an"), version="2026.11.28.1")
    assert code_of(bench.desk.report, {**report, **change}) == "403 bad_auth"
    assert bench.store.read() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"host": "../etc/passwd"},
        {"host": 5},
        {"run": "short"},
        {"seq": -1},
        {"seq": True},
        {"stage": "unknown"},
        {"stage": ["healthy"]},
        {"at": "2026-11-28T08:00:00"},
        {"at": None},
        {"version": "1; rm"},
        {"detail": {"vi": "x" * 501}},
        {"detail": {"html": "x"}},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_report_is_refused_for_good(bench: Bench, change: dict[str, Any]) -> None:
    report = bench.report(bench.token_key("t-an"))
    assert code_of(bench.desk.report, {**report, **change}) == "400 malformed"


def test_the_centres_clock_counts_whatever_the_pcs_says(bench: Bench) -> None:
    report = bench.report(bench.token_key("t-an"), at="2000-01-01T00:00:00+00:00")
    bench.desk.report(report)
    kept = bench.store.read()[AN_THUY][0]
    assert (kept["at"], kept["received"]) == ("2000-01-01T00:00:00+00:00", BEGIN.isoformat())


def test_since_leaves_out_what_was_known(bench: Bench) -> None:
    bench.desk.report(bench.report(bench.token_key("t-an")))
    assert bench.store.read(BEGIN) == {}
    bench.now += timedelta(minutes=1)
    bench.desk.report(bench.report(bench.token_key("t-an"), seq=1))
    assert [item["seq"] for item in bench.store.read(BEGIN)[AN_THUY]] == [1]


def test_a_full_disk_keeps_nothing_by_halves(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.desk.report(bench.report(bench.token_key("t-an")))
    path = bench.folder / "reports" / f"{AN_THUY}.jsonl"
    before = path.read_bytes()
    really = os.pwrite

    def short(descriptor: int, content: bytes, offset: int) -> int:
        return really(descriptor, content[:20], offset)

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "pwrite", short)
        assert code_of(bench.desk.report, bench.report(bench.token_key("t-an"), seq=1)) == "503 store_full"
    assert path.read_bytes() == before
    assert bench.desk.report(bench.report(bench.token_key("t-an"), seq=1)) == {"stored": True}


def test_a_line_that_a_power_cut_has_cut_off_harms_no_other(bench: Bench) -> None:
    bench.desk.report(bench.report(bench.token_key("t-an")))
    path = bench.folder / "reports" / f"{AN_THUY}.jsonl"
    path.write_bytes(path.read_bytes() + b'{"host":"pc.an')
    bench.restart()
    assert bench.desk.report(bench.report(bench.token_key("t-an"), seq=1)) == {"stored": True}
    assert [json.loads(line)["seq"] for line in path.read_bytes().splitlines()] == [0, 1]


def test_a_file_does_not_grow_for_ever(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 2000)
    for seq in range(60):
        bench.desk.report(bench.report(bench.token_key("t-an"), seq=seq))
    assert (bench.folder / "reports" / f"{AN_THUY}.jsonl").stat().st_size <= 2300
    assert bench.store.read()[AN_THUY][-1]["seq"] == 59


def test_one_address_that_asks_too_often_stops_nobody_else() -> None:
    now = [0.0]
    limit = RateLimit(3, 30, lambda: now[0])
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, pytest.approx(2)]
    assert limit.take("b") == 0
    now[0] = 2.0
    assert [limit.take("a"), limit.take("a")] == [0, pytest.approx(2)]
