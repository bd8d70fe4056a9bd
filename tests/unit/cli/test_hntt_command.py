"""``hntt`` as people meet it: exit codes, messages in both languages, never a traceback, quick help."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hntt.audit.model import COVERED_KINDS

ROOT = Path(__file__).parents[3]
HNTT = [sys.executable, "-c", "from hntt.cli import main; main()"]


def hntt(*arguments: str, lang: str = "en", cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HNTT_LANG": lang, **more}
    environment.pop("HNTT_DEBUG", None)
    done = subprocess.run(
        [*HNTT, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the province with a misspelt key and a number used twice, each a finding of its own phase."""
    inventory = tmp_path / "broken"
    shutil.copytree(ROOT / "inventories" / "quang_binh", inventory, symlinks=True)
    province = inventory / "register" / "province.yml"
    text = province.read_text(encoding="utf-8")
    assert "timezone:" in text
    province.write_text(text.replace("timezone:", "timezon:"), encoding="utf-8")
    return inventory


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    """Help is quick because it needs no library of the commands; the time itself is measured in tests/bench."""
    program = (
        "import sys; from hntt.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert all(name in done.stdout for name in ("check", "render", "plan", "lab", "register", "docs"))
    heavy = {"netmiko", "asyncssh", "jinja2", "pydantic", "hier_config", "yaml", "ruamel.yaml", "ansible"}
    assert "typer" in done.stderr.split()
    assert not heavy & set(done.stderr.split())


@pytest.mark.parametrize("command", ["check", "render", "plan", "lab", "register", "docs"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_command_has_help(command: str, lang: str) -> None:
    done = hntt(command, "--help", lang=lang)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: hntt {command}")


def test_without_a_command_it_shows_help_and_is_wrong_usage() -> None:
    done = hntt()
    assert done.returncode == 2
    assert "Commands:" in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "vi", "en"),
    [
        (["rendr"], "Dùng sai: No such command 'rendr'", "Wrong usage: No such command 'rendr'"),
        (["render", "--oops"], "Dùng sai: No such option", "Wrong usage: No such option"),
        (["render", "nobody.*"], "Không có máy hay nhóm nào khớp", "No host and no group matches"),
        (["--format", "xml", "render"], "chỉ có text hoặc json", "text or json, not 'xml'"),
        (["-i", "inventories/nowhere", "render"], "không có tệp này", "no such file"),
        (["render", "-i", "inventories/nowhere"], "không có tệp này", "no such file"),
        (["check", "-i", "inventories/nowhere"], "không có tệp này", "no such file"),
        (["plan", "--base", "no-such-revision"], "không có bản này", "no such revision"),
        (["plan", "--base", "--upload-pack=x"], "không có bản này", "no such revision"),
    ],
)
def test_wrong_usage_is_one_message_and_exit_code_2(arguments: list[str], vi: str, en: str) -> None:
    for lang, text in (("vi", vi), ("en", en)):
        done = hntt(*arguments, lang=lang)
        assert text in done.stderr
        assert done.returncode == 2


def test_a_language_that_there_is_not() -> None:
    done = hntt("--lang", "fr", "render", lang="vi")
    assert (done.returncode, done.stderr) == (2, "--lang: chỉ có vi hoặc en, không có “fr”\n")


@pytest.mark.parametrize("place", [["--lang", "vi", "render", "nobody"], ["render", "nobody", "--lang=vi"]])
def test_the_language_may_stand_before_or_after_the_command(place: list[str]) -> None:
    assert "Không có máy hay nhóm nào khớp" in hntt(*place, lang="en").stderr


def test_what_follows_two_dashes_is_left_alone() -> None:
    done = hntt("render", "--", "--lang")
    assert "matches '--lang'" in done.stderr


@pytest.mark.parametrize("arguments", [["render"], ["plan"]])
def test_a_register_with_errors_stops_everything_with_exit_code_1(
    arguments: list[str], broken: Path, tmp_path: Path
) -> None:
    for lang, text in (("vi", "chưa kết nối tới đâu, chưa ghi gì"), ("en", "nothing was connected to or written")):
        done = hntt("-i", str(broken), *arguments, lang=lang, cwd=ROOT)
        assert done.returncode == 1
        assert text in done.stderr
        lines = [line for line in done.stderr.splitlines() if "province.yml:" in line]
        assert len(lines) == 1, "a misspelt key is one fault, not a missing and an unknown one"
        assert "services.timezon" in lines[0]
        assert "timezone?" in done.stderr, "the key that was meant"


def test_check_of_the_province_is_clean() -> None:
    assert hntt("check").returncode == 0


def test_check_of_a_broken_register_is_exit_code_1(broken: Path) -> None:
    assert hntt("check", "-i", str(broken)).returncode == 1


def test_outside_the_project_it_says_so(tmp_path: Path) -> None:
    done = hntt("render", cwd=tmp_path)
    assert done.returncode == 2
    assert "is not inside the project" in done.stderr


def test_render_writes_a_folder_per_host_offline(tmp_path: Path) -> None:
    done = hntt("render", "noc", "--out", str(tmp_path / "out"), "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert list(document["hosts"]) == ["noc.tinh"]
    assert (tmp_path / "out/noc.tinh/state.json").is_file()
    assert (tmp_path / "out/noc.tinh/root/etc/hostname").read_text(encoding="utf-8") == "noc.tinh\n"


@pytest.mark.parametrize("kind", sorted(COVERED_KINDS))
def test_every_kind_that_is_converged_is_rendered(kind: str, tmp_path: Path) -> None:
    # The MCU servers were not: `hntt plan` said that a change of their role changes nothing.
    done = hntt("render", kind, "--out", str(tmp_path / "out"), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["not_rendered"] == {}


def test_plan_shows_what_changes_a_built_file(tmp_path: Path) -> None:
    """In a clone, since a working tree at hand may differ from its HEAD."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, clone], check=True, timeout=60)
    with (clone / "web/room/src/texts.js").open("a", encoding="utf-8") as file:
        file.write("// a change\n")
    done = hntt("plan", "--format", "json", cwd=clone)
    assert done.returncode == 0, done.stderr
    (change,) = json.loads(done.stdout)["changes"]
    assert (change["area"], change["action"]) == ("files", "change")
    assert change["subject"].endswith("/room.js")
    assert [line.split()[:2] for line in change["lines"]] == [
        ["-", "web/room/src/texts.js"], ["+", "web/room/src/texts.js"],
    ]  # fmt: skip
    assert change["devices"] == {"tinh": ["mcu-1.tinh", "mcu-2.tinh", "mcu-3.tinh"]}


def test_a_pc_is_rendered_without_any_vault(tmp_path: Path) -> None:
    done = hntt("render", "pc.an-thuy.le-thuy", "--out", str(tmp_path / "out"), "--format", "json")
    assert done.returncode == 0, done.stderr
    page = tmp_path / "out/pc.an-thuy.le-thuy/root/etc/hntt-pc/page.js"
    assert "<secret:sip/pc.an-thuy.le-thuy>" in page.read_text(encoding="utf-8")


def test_an_internal_error_is_one_message_with_its_own_exit_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = hntt("render", "noc", "--out", str(tmp_path / "file" / "below"))
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) <= 2


def test_a_reader_that_has_enough_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c 'from hntt.cli import main; main()' check --format json | head -c 10"],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
