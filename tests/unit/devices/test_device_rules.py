"""Each named rule of the vendor data against its case file, and that nothing would happen without the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from device_cases import CASES, PLATFORMS

from hntt.devices import get_platform
from hntt.devices.platform import Platform, mask_secrets, secret_mark

SECRET = "s3cret-Value"
NOISE, SECRETS = ("lines", "sections", "blocks"), "secrets"


def rules(kinds: tuple[str, ...]) -> list[Any]:
    return [
        pytest.param(platform, kind, rule.name, id=f"{platform}-{rule.name}")
        for platform in PLATFORMS
        for kind in kinds
        for rule in getattr(get_platform(platform).quirks, kind)
    ]


def case(platform: str, name: str) -> tuple[str, str]:
    text = (CASES / platform / "rules" / f"{name}.txt").read_text(encoding="utf-8")
    before, after = text.removeprefix("--- before\n").split("--- after\n")
    return before, after


@pytest.mark.parametrize(("platform_name", "kind", "name"), rules(NOISE))
def test_noise_rule(platform_name: str, kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = get_platform(platform_name)
    before, after = case(platform_name, name)
    assert platform.normalise(before) == after
    quirks = platform.quirks
    rest = tuple(rule for rule in getattr(quirks, kind) if rule.name != name)
    monkeypatch.setattr(type(platform), "quirks", replace(quirks, **{kind: rest}))
    assert platform.normalise(before) != after, "the rule does nothing for its own case"


@pytest.mark.parametrize(("platform_name", "kind", "name"), rules((SECRETS,)))
def test_secret_rule(platform_name: str, kind: str, name: str) -> None:
    platform = get_platform(platform_name)
    line = case(platform_name, name)[0]
    masked = platform.mask(line)
    assert SECRET not in masked
    assert "<masked:" in masked
    assert platform.mask(masked) == masked, "masking twice changes the mark"
    rest = tuple(rule for rule in platform.quirks.secrets if rule.name != name)
    assert SECRET in mask_secrets(line, rest), "another rule already masks this"


def test_a_mark_shows_whether_secrets_differ() -> None:
    assert secret_mark("one") == secret_mark("one") == secret_mark('"one"')
    assert secret_mark("one") != secret_mark("two")


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_case_file_has_its_rule(name: str) -> None:
    platform: Platform = get_platform(name)
    known = {rule.name for kind in (*NOISE, SECRETS) for rule in getattr(platform.quirks, kind)}
    assert {path.stem for path in (CASES / name / "rules").glob("*.txt")} == known
