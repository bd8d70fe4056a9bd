"""``hntt meeting status`` out of what servers said: each folder of ``status`` has the servers and the whole text."""

from __future__ import annotations

import os
from datetime import UTC
from pathlib import Path

import pytest
import yaml
from views import layout_of, views_of

from hntt.i18n import set_language
from hntt.meetings.status import status_lines, status_of, status_record

CASES = sorted(path.parent for path in (Path(__file__).parent / "status").glob("*/case.yml"))


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status(case: Path, lang: str) -> None:
    given = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    set_language(lang)
    try:
        status = status_of(layout_of(given["endpoints"], given.get("live", [])), views_of(given))
        text = "\n".join([*status_lines(status, UTC), f"exit code {0 if status.is_well else 1}", ""])
        assert status_record(status)["servers"].keys() == {"mcu-1.tinh", "mcu-2.tinh", "mcu-3.tinh"}
    finally:
        set_language(None)
    expected = case / f"expected.{lang}.txt"
    if os.environ.get("HNTT_REGEN") == "1":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
