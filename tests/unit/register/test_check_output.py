"""``hntt check``: one screen first, everything with --all, JSON for machines, and its exit codes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hntt.cli import run
from hntt.i18n import set_language
from hntt.report.check import as_document, check
from hntt.report.check_text import text

ROOT = Path(__file__).parents[3]
REAL = ROOT / "inventories" / "quang_binh"
MINI = ROOT / "tests" / "cases" / "register" / "_base" / "mini"
SCREEN = 52


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    yield
    set_language(None)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    shutil.copytree(MINI, tmp_path / "mini")
    file = tmp_path / "mini" / "register" / "districts" / "song-ha.yml"
    file.write_text(file.read_text().replace("number: 66", "number: 65"))
    return tmp_path / "mini" / "register"


def test_the_first_page_fits_one_screen_and_names_the_bottleneck() -> None:
    set_language("en")
    page = text(check(REAL / "register"))
    assert len(page.splitlines()) <= SCREEN
    assert "\x1b" not in page
    for part in (
        "0 errors",
        "The decision contradicts itself",
        "11,920,000,000",
        "Bố Trạch",
        "1. UBND huyện Bố Trạch: 31 calls",
        "mcu-2",
        "16/221",
        "prefixes",
    ):
        assert part in page


def test_vietnamese_is_complete() -> None:
    set_language("vi")
    page = text(check(REAL / "register"), everything=True)
    page = re.sub(r"[a-z_]+(\.[a-z_]+)+", "", page)  # paths of fields are the same in every language
    for english in ("error", "warning", "line", "seats", "survey", "District", "agree", "To do", "Expected", "left"):
        assert english not in page
    assert "11.920.000.000" in page


def test_all_shows_more() -> None:
    set_language("en")
    result = check(REAL / "register")
    assert len(text(result, everything=True).splitlines()) > len(text(result).splitlines()) + 20
    assert "II.5" in text(result, everything=True)


def test_json_has_everything_in_both_languages() -> None:
    document = as_document(check(REAL / "register"))
    assert json.loads(json.dumps(document)) == document
    assert document["exit_code"] == 0
    assert len(document["lines"]) == 168
    assert len(document["districts"]) == 9
    assert all(item["message"]["vi"] and item["message"]["en"] for item in document["findings"])
    assert document["counts"]["error"] == 0


def test_exit_codes(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-i", str(MINI / "register"), "--lang", "en"]) == 0
    assert run(["check", "-i", str(broken), "--lang", "en"]) == 1
    assert "R301" in capsys.readouterr().out
    assert run(["check", "-i", str(broken / "nowhere"), "--lang", "en"]) == 2
    assert run(["check", "--format", "xml"]) == 2


def test_json_of_a_broken_register(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (broken / "province.yml").write_text("a: [")
    assert run(["check", "-i", str(broken), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["phase"] == "files"
    assert document["findings"][0]["code"] == "R101"
    assert document["lines"] == []


def test_tidy_command_rewrites_only_what_needs_it(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = broken / "districts" / "nui-lam.yml"
    before = file.read_bytes()
    file.write_bytes(before.replace(b"\n", b"\r\n"))
    assert run(["register", "tidy", str(file), str(broken / "province.yml"), "--lang", "en"]) == 0
    assert file.read_bytes() == before
    said = capsys.readouterr().out
    assert "nui-lam.yml: mended" in said
    assert "province.yml: nothing to mend" in said
