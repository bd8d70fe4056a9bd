"""The unit's grammar: published samples as the driver reads them, dialogs as the simulator prints them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import paramiko
import pytest
import yaml
from unit_bench import CANARY, LOGIN, bench

from hntt.devices.roomos.grammar import parse, tag_of

CASES = Path(__file__).parents[2] / "cases" / "vcs"
SAMPLES = sorted((CASES / "samples").iterdir())
DIALOGS = sorted((CASES / "dialogs").iterdir())
REGEN = os.environ.get("HNTT_REGEN") == "1"
BANNER_END = "*r Login successful\n\nOK\n\n"


def case_of(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((folder / "case.yml").read_text(encoding="utf-8"))
    return data


def assert_read(printed: str, wanted: dict[str, Any]) -> None:
    lines = printed.replace("\r", "").split("\n")
    answer = parse(lines)
    assert dict(answer.leaves) == wanted.get("leaves", {})
    assert answer.status == wanted.get("status", "")
    assert answer.result == wanted.get("result", answer.result)
    if "fields" in wanted:
        assert {name: answer.fields[name] for name in wanted["fields"]} == wanted["fields"]
    if "tag" in wanted:
        assert wanted["tag"] in [tag_of(line) for line in lines]


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_a_published_sample_is_read(folder: Path) -> None:
    assert_read((folder / "printed.txt").read_bytes().decode(), case_of(folder)["answer"])


@pytest.mark.parametrize("folder", DIALOGS, ids=lambda folder: folder.name)
def test_a_dialog_is_printed_as_documented_and_read(folder: Path, tmp_path: Path) -> None:
    case = case_of(folder)
    printed = _dialog(case, tmp_path)
    file = folder / "printed.txt"
    if REGEN:
        file.write_text(printed, encoding="utf-8")
    assert printed == file.read_text(encoding="utf-8")
    if "answer" in case:
        assert_read(_last_answer(printed, case["lines"]), case["answer"])


def _dialog(case: dict[str, Any], folder: Path) -> str:
    """Type the lines one after the other, each when the unit has fallen silent; all it printed, in line feeds."""
    with bench(folder, case.get("software", "roomos11")) as made:
        for path, value in case.get("before", {}).items():
            made.unit.store.set(path, value)
        if case.get("registered"):
            _give_account(made.unit.store)
        made.fleet.run(made.unit.start())
        client = paramiko.SSHClient()
        client.load_host_keys(str(made.target.known_hosts))
        client.connect(
            made.target.host, made.target.port, "hntt", LOGIN, allow_agent=False, look_for_keys=False, timeout=5
        )
        with client:
            channel = client.invoke_shell()
            printed = _read_until(channel, BANNER_END)
            if not case.get("echo"):
                channel.send(b"echo off\n")
                _read_until(channel, "\nOK\n\n")
            for number, line in enumerate(case["lines"]):
                channel.send(f"{line}\n".encode())
                if _is_whole(case["lines"], number):
                    printed += f"> {line}\n{_read_answer(channel)}"
    return re.sub(r"(Call 1 Duration: )\d+", r"\g<1>0", printed)


def _give_account(store: Any) -> None:
    for path, value in (
        ("SIP URI", "404481@hntt.example"),
        ("SIP Proxy 1 Address", "mcu-3.tinh"),
        ("SIP Authentication UserName", "404481"),
        ("SIP Authentication Password", CANARY),
    ):
        store.set(path, value)


def _is_whole(lines: list[str], number: int) -> bool:
    """Whether the unit answers after this line: all but the first lines of a multi-line command."""
    begun = [place for place, line in enumerate(lines) if line.endswith("CA Add")]
    return not begun or number < begun[0] or lines[number] == "."


def _read_until(channel: paramiko.Channel, end: str) -> str:
    seen = ""
    while not seen.endswith(end):
        seen += _more(channel)
    return seen


_ENDS = re.compile(
    r"""
    \n(OK|ERROR)\n\n                                        # after a question or a value
    | \nOK\n\*r[^*]*(\*\*\ resultId[^\n]*\n)?\*\*\ end\n        # a command: OK comes first
    | (^|\n)Command\ not\ recognized\.\n\n
    | \n\}\n | ^\{\}\n                                       # JSON
    | </XmlDoc>\n
    """,
    re.VERBOSE,
)


def _read_answer(channel: paramiko.Channel) -> str:
    """What the unit prints until an answer is whole."""
    seen = ""
    while not any(found.end() == len(seen) for found in _ENDS.finditer(seen)):
        seen += _more(channel)
    return seen


def _more(channel: paramiko.Channel) -> str:
    channel.settimeout(5)
    data = channel.recv(65536)
    assert data, "the unit ended the session"
    return data.decode().replace("\r\n", "\n")


def _last_answer(printed: str, lines: list[str]) -> str:
    marks = [line for number, line in enumerate(lines) if _is_whole(lines, number)]
    return printed.rsplit(f"> {marks[-1]}\n", 1)[-1] if marks else printed
