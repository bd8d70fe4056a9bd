"""What playbooks/meeting.yml would do: each folder of ``plan`` has a wish, the servers, the steps or the refusal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from views import layout_of, views_of

from hntt.i18n import set_language
from hntt.meetings.layout import MeetingKind
from hntt.meetings.plan import Request, plan

CASES = sorted(path.parent for path in (Path(__file__).parent / "plan").glob("*/case.yml"))
NOW = 3600


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plan(case: Path, lang: str) -> None:
    given = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))
    wish = given["wish"]
    seconds = wish["hours"] * 3600 if "hours" in wish else None
    request = Request(MeetingKind(wish["kind"]), wish["state"] == "open", tuple(wish.get("district", ())), seconds)
    set_language(lang)
    try:
        made = plan(request, layout_of(given["endpoints"]), views_of(given), NOW)
    finally:
        set_language(None)
    lines = [*(f"! {text}" for text in made.refusals), *(f"{step.host}: {step.line(request)}" for step in made.steps)]
    text = "".join(f"{line}\n" for line in lines or ["nothing"])
    expected = case / f"expected.{lang}.txt"
    if os.environ.get("HNTT_REGEN") == "1":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
