"""A commune's own PC in a meeting of the lab: seen by its server and on its screen, or gone for a client."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from hntt.lab.meet import cast as casting
from hntt.lab.meet.cast import Cast
from hntt.lab.pc import LabPc
from hntt.lab.pc_day0 import CAMERA, MICROPHONE, add_pc_media
from hntt.lab.picture import COLOURS

LISTED = b"""Channel              Flags  User Profile     Bridge Profile   Menu             CallerID
==================== ====== ================ ================ ================ ================
PJSIP/403852-0000001 wm     site             district         site_keys        403852
PJSIP/403841-000000a A      chair            district         chair_keys       403841
"""


def png(colour: str) -> bytes:
    """A screen of one colour."""
    width, height = 32, 18
    raw = b"".join(b"\0" + bytes(COLOURS[colour]) * width for _ in range(height))

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


class Pc(LabPc):
    """Answers what it was told to, and remembers what it was asked."""

    def __init__(self, host: str, extension: str = "403852", answers: dict[str, bytes] | None = None) -> None:
        super().__init__(None, host, extension, "mcu-3.tinh")  # type: ignore[arg-type]
        self.answers, self.asked = answers or {}, list[tuple[str, ...]]()

    def _run(self, host: str, *command: str) -> bytes:
        self.asked.append((host, *command))
        return self.answers.get(command[0], b"")


def test_its_server_tells_whether_it_is_in_the_room() -> None:
    there = Pc("pc.a.x", answers={"asterisk": LISTED})
    assert there.in_room("2007")
    assert not there.out_of_room("2007")
    assert there.asked[0] == ("mcu-3.tinh", "asterisk", "-rx", "confbridge list 2007")
    assert not Pc("pc.b.x", "40385", {"asterisk": LISTED}).in_room("2007"), "a number that only begins like it"


def test_its_screen_tells_whose_picture_it_shows() -> None:
    pc = Pc("pc.a.x", answers={"sh": png("yellow")})
    assert pc.shows("yellow")
    assert not pc.shows("lime")
    assert not Pc("pc.a.x").shows("yellow"), "no screen"


def test_a_client_at_its_place_closes_its_page_and_opens_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, left = Pc("pc.a.x"), Pc("pc.b.x")

    class Stage:
        endpoints = None

        def own_pcs(self, _room: Any) -> list[LabPc]:
            return [taken, left]

    class Room:
        host, number = "mcu-3.tinh", "2007"

    class Device:
        host = "pc.a.x"

    class NoBrowserError(Exception):
        """The page does not start."""

    class Make:
        def browser(self, *_given: Any, **_more: Any) -> Any:
            raise NoBrowserError

    Stage.endpoints = Make()  # type: ignore[assignment]
    monkeypatch.setattr(casting, "LEAVE_S", 0.0)
    with pytest.raises(NoBrowserError), Cast(Stage(), Room(), [Device()]):  # type: ignore[arg-type, list-item]
        pass
    verbs = [command[2] for command in taken.asked if command[1] == "systemctl"]
    assert verbs == ["stop", "start"], "also when the meeting does not come about"
    assert left.asked == []


def test_what_stands_for_its_camera_and_its_microphone_comes_with_its_day_0(tmp_path: Path) -> None:
    add_pc_media(tmp_path)
    assert (tmp_path / CAMERA[1:]).read_bytes().startswith(b"YUV4MPEG2 W640 H360 F2:1 ")
    sound = (tmp_path / MICROPHONE[1:]).read_bytes()
    assert sound.startswith(b"RIFF")
    assert set(sound[44:]) == {0}
