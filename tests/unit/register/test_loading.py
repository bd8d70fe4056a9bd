"""Loading: what others rely on, how fast it is, and that nothing in a file can make it raise."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from hntt.network.build import build
from hntt.network.laws import check_register
from hntt.register.findings import Severity
from hntt.register.loader import Phase, RegisterError, load, load_checked
from hntt.register.reading import tidy

ROOT = Path(__file__).parents[3]
REAL = ROOT / "inventories" / "quang_binh" / "register"
MINI = ROOT / "tests" / "cases" / "register" / "_base" / "mini"


def test_the_real_register_has_no_errors_and_gives_the_whole_network() -> None:
    loaded = check_register(REAL)
    assert loaded.errors == []
    assert loaded.phase is Phase.LAWS
    network = build(load(REAL))
    assert len([device for device in network.devices.values() if device.kind.value != "noc"]) == 339


def test_the_real_register_loads_in_150_ms() -> None:
    """Processor time, so that a busy machine does not fail it."""
    load(REAL)
    times = []
    for _ in range(5):
        start = time.process_time()
        load(REAL)
        times.append(time.process_time() - start)
    assert min(times) < 0.150


def test_load_raises_with_every_finding_and_says_where(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    file = folder / "districts" / "song-ha.yml"
    file.write_text(file.read_text().replace("number: 66", "number: 65").replace("number: 67", "number: 65"))
    with pytest.raises(RegisterError) as raised:
        load(folder)
    assert [item.code for item in raised.value.findings] == ["R301", "R301"]
    assert "song-ha.yml:21" in str(raised.value)


def test_warnings_do_not_stop_loading(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    file = folder / "districts" / "song-ha.yml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert [item.severity for item in load_checked(folder).findings] == [Severity.WARNING]
    assert load(folder).districts[0].communes[0].name == "Thủy An"


@pytest.mark.parametrize("seed", range(40))
def test_damage_of_any_kind_gives_findings_not_tracebacks(seed: int, tmp_path: Path) -> None:
    """Forty seeds, ten damaged registers each: either it still loads, or there is an error with its file."""
    dice = random.Random(seed)
    folder = _copy(tmp_path)
    originals = {file: file.read_bytes() for file in sorted(folder.rglob("*.yml"))}
    for _ in range(10):
        file = dice.choice(sorted(originals))
        file.write_bytes(_damaged(dice, originals[file]))
        loaded = check_register(folder)
        assert loaded.errors or loaded.register is not None
        assert all(item.position.file.is_relative_to(folder) for item in loaded.findings)
        file.write_bytes(originals[file])


def _damaged(dice: random.Random, content: bytes) -> bytes:
    """Cut short, lines lost, doubled, exchanged or indented, bytes changed, odd tokens put in."""
    lines = content.split(b"\n")
    spot = dice.randrange(len(lines))
    tokens = [
        b"&a",
        b"*a",
        b"!!set",
        b"? ",
        b"- ",
        b"{",
        b"]",
        b"'",
        b'"',
        b"|",
        b"%",
        b"~",
        b"\xff",
        b"\x00",
        b"<<: ",
        b": ",
    ]
    match dice.randrange(7):
        case 0:
            return content[: dice.randrange(len(content))]
        case 1:
            del lines[spot]
        case 2:
            lines.insert(spot, lines[spot])
        case 3:
            other = dice.randrange(len(lines))
            lines[spot], lines[other] = lines[other], lines[spot]
        case 4:
            lines[spot] = b" " * dice.randrange(1, 5) + lines[spot]
        case 5:
            raw = bytearray(content)
            raw[dice.randrange(len(raw))] = dice.randrange(256)
            return bytes(raw)
        case _:
            place = dice.randrange(len(lines[spot]) + 1)
            lines[spot] = lines[spot][:place] + dice.choice(tokens) + lines[spot][place:]
    return b"\n".join(lines)


def test_tidy_takes_out_only_what_cannot_be_seen() -> None:
    untidy = "\ufeffname: Lê\u0323\u00a0Thu\u0309y\u200b\r\n"
    assert tidy(untidy) == "name: Lệ Thủy\n"
    assert tidy("name: Lệ Thủy  # ghi chú\n") == "name: Lệ Thủy  # ghi chú\n"


def _copy(tmp_path: Path) -> Path:
    shutil.copytree(MINI, tmp_path / "mini", dirs_exist_ok=True)
    return tmp_path / "mini" / "register"
