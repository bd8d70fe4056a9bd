"""``./run``: verbs, help, languages, and when it calls setup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from toolchain_sandbox import ROOT, Sandbox

VERBS = ["setup", "demo", "test", "test-reimage", "lint", "plan", "bench", "lab-up", "lab-down", "docs", "lock", "help"]


def test_unknown_verb_is_a_usage_error_with_help(sandbox: Sandbox, shell: str) -> None:
    done = sandbox.run("run", "deploy", shell=shell)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no such verb: deploy" in done.stderr
    assert "usage: ./run VERB" in done.stderr


def test_no_verb_is_a_usage_error(sandbox: Sandbox, shell: str) -> None:
    done = sandbox.run("run", shell=shell)
    assert done.returncode == 2
    assert "usage: ./run VERB" in done.stderr


def test_help_names_every_verb_in_both_languages(sandbox: Sandbox, shell: str) -> None:
    vietnamese = sandbox.run("run", "help", shell=shell, HNTT_LANG="vi")
    english = sandbox.run("run", "help", shell=shell, HNTT_LANG="en")
    assert (vietnamese.returncode, english.returncode) == (0, 0)
    assert "cách dùng" in vietnamese.stdout
    assert "usage" in english.stdout
    for verb in VERBS:
        assert re.search(rf"\b{verb}\b", vietnamese.stdout), verb
        assert re.search(rf"\b{verb}\b", english.stdout), verb


def test_dispatched_verbs_are_the_documented_ones() -> None:
    dispatched = re.findall(r"^([a-z-]+)(?: \| [^)]*)?\) ", (ROOT / "run").read_text(), flags=re.MULTILINE)
    assert sorted(dispatched) == sorted(VERBS)


@pytest.mark.parametrize(
    ("environment", "vietnamese"),
    [
        ({"HNTT_LANG": "", "LANG": "vi_VN.UTF-8"}, True),
        ({"HNTT_LANG": "", "LANG": "C.UTF-8"}, False),
        ({"HNTT_LANG": "", "LC_ALL": "C", "LANG": "vi_VN.UTF-8"}, False),
        ({"HNTT_LANG": "VI"}, True),
        ({"HNTT_LANG": "en", "LANG": "vi_VN.UTF-8"}, False),
    ],
)
def test_language_follows_the_same_rule_as_hntt(
    sandbox: Sandbox, environment: dict[str, str], vietnamese: bool
) -> None:
    assert ("cách dùng" in sandbox.run("run", "help", **environment).stdout) is vietnamese


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["plan", "--base", "HEAD~1"], "hntt plan --base HEAD~1"),
        (["lab-up", "--district", "le-thuy"], "hntt lab up --district le-thuy"),
        (["lab-down"], "hntt lab down"),
        (["docs"], "hntt docs"),
    ],
)
def test_verbs_hand_their_words_on(ready: Sandbox, words: list[str], call: str) -> None:
    ready.stand_in("id", "echo 0")
    assert ready.run("run", *words).returncode == 0
    assert call in ready.calls


def test_a_verb_ends_as_its_command_ends(ready: Sandbox) -> None:
    ready.stand_in("hntt", "exit 7", in_venv=True)
    assert ready.run("run", "plan").returncode == 7


def test_works_from_another_folder(ready: Sandbox, tmp_path: Path) -> None:
    done = ready.run("-c", f"cd {tmp_path} && {ready.root}/run plan")
    assert done.returncode == 0
    assert "hntt plan" in ready.calls


def test_a_current_environment_is_not_set_up_again(ready: Sandbox) -> None:
    done = ready.run("run", "plan")
    assert "setup" not in done.stdout


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_stale_environment_is_set_up_first(ready: Sandbox, changed: str) -> None:
    path = ready.root / changed
    path.write_text(path.read_text() + "# changed\n")
    (ready.root / "scripts/setup.sh").write_text('#!/bin/sh\necho "setup called: $*"\n')
    done = ready.run("run", "plan")
    assert done.returncode == 0
    assert "missing or stale" in done.stdout
    assert "setup called: \n" in done.stdout


def test_a_moved_environment_is_stale(ready: Sandbox) -> None:
    ready.root.rename(ready.root.with_name("moved"))
    ready.root = ready.root.with_name("moved")
    (ready.root / "scripts/setup.sh").write_text("#!/bin/sh\necho setup called\n")
    assert "setup called" in ready.run("run", "plan").stdout


def test_an_environment_whose_python_is_broken_is_stale(ready: Sandbox) -> None:
    ready.stand_in("python", "exit 127", in_venv=True)
    (ready.root / "scripts/setup.sh").write_text("#!/bin/sh\necho setup called\n")
    assert "setup called" in ready.run("run", "plan").stdout


def test_setup_again_keeps_hands_off_the_system_when_told_so_before(ready: Sandbox) -> None:
    ready.stamp(system="no")
    (ready.root / "pyproject.toml").write_text("# changed\n")
    (ready.root / "scripts/setup.sh").write_text('#!/bin/sh\necho "setup called: $*"\n')
    assert "setup called: --no-system" in ready.run("run", "plan").stdout


def test_a_failed_setup_ends_the_verb(ready: Sandbox) -> None:
    (ready.root / "pyproject.toml").write_text("# changed\n")
    (ready.root / "scripts/setup.sh").write_text("#!/bin/sh\nexit 3\n")
    assert ready.run("run", "plan").returncode == 3
    assert not [call for call in ready.calls if call.startswith("hntt")]


def test_lab_verbs_go_on_through_sudo(ready: Sandbox) -> None:
    ready.stand_in("id", "echo 1000")
    ready.stand_in("sudo", 'case $* in "-n true") exit 0 ;; esac\necho "as root: $*"')
    done = ready.run("run", "lab-down", "--all")
    assert done.returncode == 0
    assert re.search(r"as root: env HNTT_LANG=en .*/project/run lab-down --all", done.stdout)


def test_lab_verbs_without_a_way_to_root_leave_the_words_to_hntt(ready: Sandbox) -> None:
    ready.stand_in("id", "echo 1000")
    ready.stand_in("sudo", "exit 1")
    assert ready.run("run", "lab-down").returncode == 0
    assert "hntt lab down" in ready.calls


def test_a_user_without_a_name_gets_one(ready: Sandbox) -> None:
    ready.stand_in("id", "exit 1")
    ready.stand_in("hntt", 'echo "as=$LOGNAME"', in_venv=True)
    assert ready.run("run", "plan", LOGNAME="", USER="").stdout == "as=hntt\n"
    assert ready.run("run", "plan", LOGNAME="", USER="somebody").stdout == "as=\n"
