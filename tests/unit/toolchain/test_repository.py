"""What holds for every file of the project."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from toolchain_sandbox import ROOT

STAGE_FOLDERS = {"unit", "cases", "golden", "integration", "faults", "bench"}
SHELL_SCRIPTS = ["run", ".ci/run", *(f"scripts/{path.name}" for path in sorted((ROOT / "scripts").glob("*.sh")))]
# Put together from pieces, so that this file does not find itself.
FORBIDDEN = {
    "host keys are always verified": "StrictHostKey"
    + r"Checking[ =]+(no|off)\b|host_key_"
    + r"checking *[=:] *(False|no|off)\b",
    "no path of a build machine": "/"
    + r"work/(main|shared|\.library)|\.\./"
    + "shared"
    + r"/(DESIGN|domain|machine)|/tmp/"
    + r"brief",
    "no registry's host": r"(deb|security)\.debian"
    + r"\.org|pypi"
    + r"\.org|files\.python"
    + r"hosted|archive\.ubuntu"
    + r"\.com|npm"
    + r"js\.(org|com)",
}


def tracked_text() -> list[tuple[str, str]]:
    """Path and text of every file git knows that is text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (raw := path.read_bytes()):
            texts.append((name, raw.decode("utf-8", errors="replace")))
    return texts


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_no_file_breaks(rule: str) -> None:
    pattern = re.compile(FORBIDDEN[rule], re.IGNORECASE)
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in tracked_text()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "StrictHostKey" + "Checking no",
        "host_key_" + "checking = False",
        "/" + "work/main/x",
        "https://" + "pypi" + ".org/simple",
    ],
)
def test_the_rules_can_be_broken(text: str) -> None:
    assert any(re.search(pattern, text, re.IGNORECASE) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_scripts_parse(script: str, shell: str) -> None:
    done = subprocess.run([shell, "-n", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_scripts_are_posix_and_executable(script: str) -> None:
    path = ROOT / script
    if path.read_text().startswith("# shellcheck shell=sh"):
        return
    assert path.read_text().startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111


def test_every_test_file_belongs_to_a_stage() -> None:
    files = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    assert files
    assert [str(path) for path in files if path.parts[0] not in STAGE_FOLDERS] == []


def test_test_files_have_names_of_their_own() -> None:
    # pytest imports them by their bare names: two of one name end the whole stage.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_direct_dependency_has_its_reason() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    table = project["project"]
    wanted = [*table["dependencies"], *table["optional-dependencies"]["dev"], *project["build-system"]["requires"]]
    explained = set(re.findall(r"^\| `([^`]+)` \| \S.+ \|$", page, re.M))
    assert {Requirement(text).name for text in wanted} - explained == set()


def test_every_system_package_has_its_reason_in_the_docs() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    explained = set(re.findall(r"^\| `([^`]+)` \| \S.+ \|$", page, re.M))
    lines = (ROOT / "scripts/system-packages.txt").read_text().splitlines()
    assert {line.split()[1] for line in lines if not line.startswith("#")} - explained == set()


def test_ansible_finds_our_plugins_and_verifies_host_keys() -> None:
    text = (ROOT / "ansible.cfg").read_text()
    assert "host_key_checking = True" in text
    for folder in ("action", "modules", "filter", "inventory", "callback", "lookup"):
        assert f"= plugins/{folder}\n" in text


def test_the_licence_is_the_one_that_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"]
    assert Path(ROOT / "LICENSE").read_text().startswith(f"{declared} License")


def test_no_test_imports_from_a_conftest() -> None:
    """Collected together, the folders' conftest.py are taken for each other; the stage of the faults collects all."""
    imports = re.compile(r"(?m)^(from|import) conftest\b")
    found = (ROOT / "tests").rglob("*.py")
    assert [path for path in found if imports.search(path.read_text(encoding="utf-8"))] == []
