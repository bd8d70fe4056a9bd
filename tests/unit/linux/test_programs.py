"""What roles take from the project: programs with all that they import, and built files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from linux_support import PROJECT

from hntt.intent.linux import NotBuiltError, ProgramError, built_content, built_sources, program_files, sources_text
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


PAGE = {
    "web/room/src/main.js": "one",
    "web/room/src/parts/view.js": "two",
    "web/room/public/room.css": "three",
    "web/room/build.js": "four",
    "web/room/package-lock.json": "five",
    "web/room/test/main.test.js": "six",
    "web/room/dist/room.js": "built",
}


def test_a_built_file_is_made_of_its_sources(tmp_path: Path) -> None:
    write(tmp_path, PAGE)
    assert list(built_sources("web/room/dist/room.js", tmp_path)) == [
        "web/room/build.js",
        "web/room/package-lock.json",
        "web/room/src/main.js",
        "web/room/src/parts/view.js",
    ]
    assert list(built_sources("web/room/dist/room.css", tmp_path)) == ["web/room/public/room.css"]
    assert "web/room/src/main.js" not in built_sources("web/room/dist/LICENSES.txt", tmp_path)
    assert built_sources("web/other/dist/x.js", tmp_path) == {}


def test_the_sources_tell_revisions_apart_without_a_build(tmp_path: Path) -> None:
    write(tmp_path, PAGE)
    before = sources_text(built("web/room/dist/room.js"), tmp_path)
    write(tmp_path, {"web/room/dist/room.js": "built anew", "web/room/test/main.test.js": "other"})
    assert sources_text(built("web/room/dist/room.js"), tmp_path) == before
    write(tmp_path, {"web/room/src/parts/view.js": "changed"})
    after = sources_text(built("web/room/dist/room.js"), tmp_path)
    (gone,) = set(before.splitlines()) - set(after.splitlines())
    (come,) = set(after.splitlines()) - set(before.splitlines())
    assert gone.split()[0] == come.split()[0] == "web/room/src/parts/view.js"
    assert sources_text("a plain content", tmp_path) == "a plain content"


def test_every_built_file_of_the_roles_has_sources_here() -> None:
    names = ("index.html", "room.css", "room.js", "LICENSES.txt")
    assert all(built_sources(f"web/room/dist/{name}") for name in names)
