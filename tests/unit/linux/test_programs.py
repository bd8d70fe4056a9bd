"""What roles take from the project: programs with all that they import, and built files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from linux_support import PROJECT

from hntt.intent.linux import NotBuiltError, ProgramError, built_content, program_files
from hntt.intent.linux.programs import built


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def paths(folder: Path, module: str) -> list[str]:
    return [file.path for file in program_files(folder, module)]


def test_a_program_brings_what_it_imports_and_nothing_more(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a/__init__.py": "",
            "a/b/__init__.py": "",
            "a/b/main.py": "import json\nfrom a.b.one import x\nfrom a import two\n",
            "a/b/one.py": "def f():\n    import a.three\n",
            "a/two.py": "from a.b import one\n",
            "a/three.py": "",
            "a/unused.py": "",
        },
    )
    assert paths(tmp_path, "a.b.main") == [
        "a/__init__.py",
        "a/b/__init__.py",
        "a/b/main.py",
        "a/b/one.py",
        "a/three.py",
        "a/two.py",
    ]


@pytest.mark.parametrize("text", ["import yaml\n", "def f():\n    from yaml.loader import Loader\n"])
def test_a_program_that_needs_more_than_a_server_has_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a/__init__.py": "", "a/main.py": text})
    with pytest.raises(ProgramError, match="yaml"):
        program_files(tmp_path, "a.main")


def test_a_module_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a/__init__.py": ""})
    with pytest.raises(ProgramError, match=r"a\.main"):
        program_files(tmp_path, "a.main")


def test_the_meetings_service_runs_from_its_copied_files_alone(tmp_path: Path) -> None:
    files = program_files(PROJECT / "src", "hntt.meetings.keeper")
    write(tmp_path, {file.path: file.content for file in files})
    words = [sys.executable, "-I", "-S", "-c"]
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from hntt.meetings.keeper import main; main(['--help'])"
    )
    done = subprocess.run([*words, program], capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert done.stdout.startswith("usage: hntt-meetings"), done.stderr
    assert done.returncode == 0


def test_a_built_file_is_read_where_it_is_needed_and_missed_in_words(tmp_path: Path) -> None:
    stand_in = built("web/page.js")
    with pytest.raises(NotBuiltError, match=r"web/page\.js.*\./run setup"):
        built_content(stand_in, tmp_path)
    write(tmp_path, {"web/page.js": "1;\n"})
    assert built_content(stand_in, tmp_path) == "1;\n"
    assert built_content("not a stand-in <built:x>\n", tmp_path) == "not a stand-in <built:x>\n"
