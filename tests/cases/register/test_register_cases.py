"""Every folder here is a register with one fault (or none) and the whole report it must give, in both languages.

How cases are made, run and reviewed: ../README.md.
"""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import hntt.network.laws
import hntt.register.laws  # noqa: F401  (registers every code)
from hntt.i18n import set_language
from hntt.network.laws import check_register
from hntt.register.rules import RULES
from hntt.report.findings_text import whole

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BASES = {"mini": HERE / "_base" / "mini", "quang_binh": ROOT / "inventories" / "quang_binh"}
CASES = sorted(path.parent for path in HERE.glob("*/case.yml"))
REGEN = os.environ.get("HNTT_REGEN") == "1"


@pytest.fixture(autouse=True)
def _one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms end as time goes by; the expected reports don't."""
    monkeypatch.setattr("hntt.register.laws.exceptions.today", lambda: date(2026, 11, 28))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_report(case: Path, tmp_path: Path) -> None:
    recipe = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    folder = build(recipe, tmp_path / "inventory")
    loaded = check_register(folder / "register")
    for lang in ("en", "vi"):
        set_language(lang)
        try:
            report = whole(loaded, folder / "register")
        finally:
            set_language(None)
        expected = case / f"expected.{lang}.txt"
        if REGEN:
            expected.write_text(report, encoding="utf-8")
        assert report == expected.read_text(encoding="utf-8")


def test_every_code_has_a_case() -> None:
    hit = {
        code
        for case in CASES
        for code in re.findall(
            r"^[A-Z]+ (R\d{3}) ", (case / "expected.en.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert sorted(RULES) == sorted(hit)


def test_no_report_is_empty_but_the_good_ones() -> None:
    """A case whose name does not begin with ``good-`` must find something: else its edit has lost its effect."""
    silent = [
        case.name for case in CASES if (case / "expected.en.txt").read_text(encoding="utf-8").startswith("0 errors, 0")
    ]
    assert [name for name in silent if not name.startswith("good-")] == []


def build(recipe: dict[str, Any], folder: Path) -> Path:
    """The case's inventory folder: its base with the edits applied."""
    base = BASES[recipe.get("base", "mini")]
    for part in ("register", "data"):
        shutil.copytree(base / part, folder / part)
    for edit in recipe.get("edits", []):
        apply_edit(folder / edit["file"], edit)
    return folder


def apply_edit(file: Path, edit: dict[str, Any]) -> None:
    """One edit. Each names a file below the inventory and one operation; the README lists them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    operations = [name for name in OPERATIONS if name in edit]
    assert len(operations) == 1, f"{edit}: exactly one operation"
    OPERATIONS[operations[0]](file, edit)


def _replace(file: Path, edit: dict[str, Any]) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(edit["replace"]) == 1, f"{edit['replace']!r} must occur once in {file.name}"
    file.write_text(text.replace(edit["replace"], edit["with"]), encoding="utf-8")


def _append(file: Path, edit: dict[str, Any]) -> None:
    file.write_text(file.read_text(encoding="utf-8") + edit["append"], encoding="utf-8")


def _write(file: Path, edit: dict[str, Any]) -> None:
    file.write_text(edit["write"], encoding="utf-8")


def _repeat(file: Path, edit: dict[str, Any]) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(before + edit["repeat"] * edit["times"], encoding="utf-8")


def _delete(file: Path, edit: dict[str, Any]) -> None:
    file.unlink()


def _rename(file: Path, edit: dict[str, Any]) -> None:
    file.rename(file.with_name(edit["rename"]))


def _symlink(file: Path, edit: dict[str, Any]) -> None:
    file.unlink(missing_ok=True)
    file.symlink_to(edit["symlink"])


def _folder(file: Path, edit: dict[str, Any]) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()


def _encode(file: Path, edit: dict[str, Any]) -> None:
    file.write_bytes(file.read_text(encoding="utf-8").encode(edit["encode"]))


def _hex(file: Path, edit: dict[str, Any]) -> None:
    data = file.read_bytes()
    mark = edit["after"].encode()
    assert data.count(mark) == 1
    file.write_bytes(data.replace(mark, mark + bytes.fromhex(edit["hex"])))


def _normalise(file: Path, edit: dict[str, Any]) -> None:
    file.write_text(unicodedata.normalize(edit["normalise"], file.read_text(encoding="utf-8")), encoding="utf-8")


def _newline(file: Path, edit: dict[str, Any]) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", edit["newline"].encode()))


OPERATIONS = {
    "replace": _replace,
    "append": _append,
    "write": _write,
    "repeat": _repeat,
    "delete": _delete,
    "rename": _rename,
    "symlink": _symlink,
    "folder": _folder,
    "encode": _encode,
    "hex": _hex,
    "normalise": _normalise,
    "newline": _newline,
}
