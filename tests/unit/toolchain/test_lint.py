"""``./run lint``: every linter, over our files, changing nothing unless asked to."""

from __future__ import annotations

import subprocess
from xml.etree import ElementTree

import pytest
from toolchain_sandbox import Sandbox

LINTERS = ["ruff", "ruff-format", "mypy", "yamllint", "ansible-lint", "shellcheck"]


@pytest.fixture
def linted(ready: Sandbox) -> Sandbox:
    """A git work tree whose linters find nothing."""
    ready.stand_in("shellcheck")
    (ready.root / ".gitignore").write_text("/build/\n/.venv/\n/ignored/\n")
    files = {
        "a.yml": "a: 1\n",
        "ignored/b.yml": "b: 1\n",
        "tests/cases/register/wrong.yml": "\t",
        "tests/cases/test_cases.yml": "c: 1\n",
        "bin/tool": "#!/usr/bin/env bash\n",
        "bin/picture": "\x00\x01",
        "roles/x/templates/y.sh.j2": "#!/bin/sh\n{% if x %}\n",
    }
    for name, text in files.items():
        (ready.root / name).parent.mkdir(parents=True, exist_ok=True)
        (ready.root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=ready.root, check=True)
    return ready


def words_of(sandbox: Sandbox, program: str) -> set[str]:
    return {word for call in sandbox.calls if call.split()[0] == program for word in call.split()}


def test_clean_sources_pass_and_nothing_is_changed(linted: Sandbox, shell: str) -> None:
    done = linted.run("scripts/lint.sh", shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    report = ElementTree.parse(linted.root / "build/reports/lint.xml").getroot()
    assert [case.get("name") for case in report] == LINTERS
    assert report.get("failures") == "0"
    assert not [call for call in linted.calls if "--fix" in call]
    assert "ruff format --check ." in linted.calls


@pytest.mark.parametrize("program", ["ruff", "mypy", "yamllint", "ansible-lint", "shellcheck"])
def test_each_linter_can_fail_the_whole(linted: Sandbox, program: str) -> None:
    linted.stand_in(program, "echo 'a & complaint'; exit 1", in_venv=program != "shellcheck")
    done = linted.run("scripts/lint.sh")
    assert done.returncode == 1
    assert "a & complaint" in done.stdout
    report = ElementTree.parse(linted.root / "build/reports/lint.xml").getroot()
    assert program in [case.get("name") for case in report if case.find("failure") is not None]


def test_only_our_files_are_looked_at(linted: Sandbox) -> None:
    linted.run("scripts/lint.sh")
    yaml_files = {word for word in words_of(linted, "yamllint") if word.endswith(".yml")}
    assert yaml_files == {"a.yml", "tests/cases/test_cases.yml"}
    scripts = words_of(linted, "shellcheck") - {"shellcheck", "-x"}
    assert {"run", ".ci/run", "bin/tool", "scripts/lib.sh"} <= scripts
    assert not scripts & {"bin/picture", "roles/x/templates/y.sh.j2", "scripts/lock_inputs.py"}


def test_fix_mends(linted: Sandbox) -> None:
    assert linted.run("scripts/lint.sh", "--fix").returncode == 0
    assert "ruff check --fix --quiet ." in linted.calls
    assert "ruff format --quiet ." in linted.calls
    assert not [call for call in linted.calls if call.startswith("ansible-lint") and "--fix" in call]


def test_an_unknown_option_is_a_usage_error(linted: Sandbox) -> None:
    assert linted.run("scripts/lint.sh", "--all").returncode == 2
