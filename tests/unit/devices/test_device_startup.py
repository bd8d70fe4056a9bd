"""Each startup case: what an operator reads of a startup configuration beside the running one, in both languages.

A case folder has ``running.txt``, ``startup.txt`` (as the device answers; absent where the platform has none) and
``expected.<language>.txt``: empty when a restart changes nothing. HNTT_REGEN=1 rewrites the expectations; review them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from device_cases import CASES, PLATFORMS, case_id

from hntt.devices import get_platform
from hntt.devices.startup import Unsaved, unsaved

REGEN = os.environ.get("HNTT_REGEN") == "1"
FOLDERS = sorted(path.parent for path in CASES.glob("*/startup/*/running.txt"))
SECRETS = ("Canary-S3cret", "hntt-ospf-example-1", "cisco", "02050D480809", "106D000A0618", "$9$")


def compare(folder: Path) -> Unsaved | None:
    platform = get_platform(folder.parts[-3])
    answer = folder / "startup.txt"
    startup = platform.quirks.startup_in(answer.read_text(encoding="utf-8")) if answer.exists() else None
    assert (startup is None) == (platform.quirks.startup is None), "the case is not one of this platform"
    return unsaved(platform, (folder / "running.txt").read_text(encoding="utf-8"), startup)


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("folder", FOLDERS, ids=case_id)
def test_what_a_restart_would_lose_is_told(folder: Path, language: str) -> None:
    found = compare(folder)
    # The marks of secrets are salted anew in every run.
    told = f"{getattr(found.text, language)}\n{_without_salt(found.diff)}\n" if found else ""
    expected = folder / f"expected.{language}.txt"
    if REGEN:
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=case_id)
def test_no_secret_is_told(folder: Path) -> None:
    found = compare(folder)
    assert not found or not any(secret in found.diff for secret in SECRETS)


@pytest.mark.parametrize("folder", FOLDERS, ids=case_id)
def test_a_case_says_by_its_name_whether_it_is_saved(folder: Path) -> None:
    assert (compare(folder) is None) == folder.name.startswith(("saved-", "always-saved"))


def test_every_platform_has_a_case() -> None:
    assert {folder.parts[-3] for folder in FOLDERS} == set(PLATFORMS)


def _without_salt(text: str) -> str:
    return re.sub(r"<masked:\w+>", "<masked>", text)
