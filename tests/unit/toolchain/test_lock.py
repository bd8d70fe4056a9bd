"""``requirements.lock``: current, complete, hashed, and silent about where packages come from."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from toolchain_sandbox import ROOT, Sandbox

LOCK = (ROOT / "requirements.lock").read_text()
HASHES = r"(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
PINS = re.findall(rf"^([a-z0-9-]+)==([^ ]+)(?: ; [^\\]*)? \\\n{HASHES}", LOCK, re.M)


def digest(text: str) -> list[str]:
    return re.findall(r"^# pyproject dependencies: sha256:([0-9a-f]{64})$", text, re.M)


def inputs(argument: str, script: str = str(ROOT / "scripts/lock_inputs.py")) -> str:
    said = subprocess.run([sys.executable, script, argument], capture_output=True, text=True, check=True)
    return said.stdout


def test_is_current() -> None:
    assert digest(LOCK) == [inputs("digest").strip()], "pyproject.toml changed: ./run lock"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"netmiko>=4.6"', '"netmiko>=4.7"'),
        ('"ruff>=0.9"', '"ruff>=0.10"'),
        ('"setuptools>=77"', '"setuptools>=78"'),
        ('requires-python = ">=3.11"', 'requires-python = ">=3.12"'),
    ],
)
def test_a_changed_dependency_makes_it_stale(sandbox: Sandbox, old: str, new: str) -> None:
    path = sandbox.root / "pyproject.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert digest(LOCK) != [inputs("digest", str(sandbox.root / "scripts/lock_inputs.py")).strip()]


def test_every_entry_is_pinned_with_hashes() -> None:
    entries = re.findall(r"^[^\s#].*", LOCK, re.M)
    assert len(entries) == len(PINS) > 40


def test_every_direct_dependency_is_locked_to_an_allowed_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    table = project["project"]
    wanted = [*table["dependencies"], *table["optional-dependencies"]["dev"], *project["build-system"]["requires"]]
    locked = dict(PINS)
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), text


def test_names_no_host_and_no_folder() -> None:
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted|file:|\.(?:org|com|net|io)\b", LOCK)
    assert not re.search(r"(?:^|\s)/\w", LOCK)
