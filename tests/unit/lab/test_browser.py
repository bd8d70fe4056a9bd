"""What the lab's browser is made of, without a browser: its pipe, its camera and microphone, what its page tells."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hntt.lab.browser import PageState
from hntt.lab.browser_devtools import BrowserError, DevTools
from hntt.lab.browser_media import HEIGHT, WIDTH, write_picture, write_tone
from hntt.lab.heard import tail_of
from hntt.lab.picture import COLOURS

Answering = Callable[[dict[str, Any]], list[dict[str, Any]]]
Opening = Callable[[Answering], DevTools]


def result(request: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
    return [{"id": request["id"], "result": given}]


@pytest.fixture
def pretended() -> Iterator[Opening]:
    """Opens DevTools on a browser that answers as told; one that answers None is gone."""
    made: list[DevTools] = []

    def open_one(answering: Answering) -> DevTools:
        (from_us, to_browser), (from_browser, to_us) = os.pipe(), os.pipe()

        def serve() -> None:
            rest = b""
            with open(from_us, "rb", buffering=0) as asked, open(to_us, "wb", buffering=0) as told:  # noqa: PTH123
                while chunk := asked.read(1 << 16):
                    *requests, rest = (rest + chunk).split(b"\0")
                    for request in requests:
                        for answer in answering(json.loads(request)):
                            data = json.dumps(answer).encode() + b"\0"
                            told.write(data[:7])
                            told.write(data[7:])

        threading.Thread(target=serve, daemon=True).start()
        made.append(DevTools(to_browser, from_browser))
        return made[-1]

    yield open_one
    for tools in made:
        tools.close()


def test_answers_find_their_questions_whatever_comes_between(pretended: Opening) -> None:
    event = {"method": "Log.entryAdded", "params": {"entry": {"level": "error", "text": "no answer", "url": "wss://x"}}}
    tools = pretended(lambda request: [event, *result(request, result={"value": request["params"]["expression"]})])
    assert tools.evaluate("'ế' + 1") == "'ế' + 1"
    assert tools.evaluate("x" * 200_000) == "x" * 200_000
    assert tools.complaints == ["no answer wss://x"] * 2


def test_a_page_is_taken_and_asked_in_its_own_session(pretended: Opening) -> None:
    asked: list[tuple[str, str | None]] = []

    def answering(request: dict[str, Any]) -> list[dict[str, Any]]:
        asked.append((request["method"], request.get("sessionId")))
        targets = [{"type": "page", "targetId": "T"}]
        return result(request, targetInfos=targets, sessionId="S", result={"value": 1})

    tools = pretended(answering)
    tools.open_page(1280, 720, timeout_s=5)
    tools.evaluate("1")
    assert asked[:2] == [("Target.getTargets", None), ("Target.attachToTarget", None)]
    assert all(session == "S" for _, session in asked[2:])


def test_what_the_page_throws_and_what_the_browser_refuses_is_said(pretended: Opening) -> None:
    thrown = pretended(lambda request: result(request, exceptionDetails={"text": "Uncaught", "exception": {}}))
    with pytest.raises(BrowserError, match="Uncaught"):
        thrown.evaluate("x")
    refusing = pretended(lambda request: [{"id": request["id"], "error": {"message": "no such method"}}])
    with pytest.raises(BrowserError, match="no such method"):
        refusing.call("X.y")


def test_a_silent_browser_is_not_waited_for_and_a_dead_one_is_known(pretended: Opening) -> None:
    silent = pretended(lambda _request: [])
    with pytest.raises(BrowserError, match=r"0 s"):
        silent.call("X.y", timeout_s=0.1)
    silent.close()
    with pytest.raises(BrowserError, match=r"X\.y"):
        silent.call("X.y")


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("colour", ["red", "lime", "blue"])
def test_the_camera_shows_its_colour(tmp_path: Path, colour: str, noisy: bool) -> None:
    path = tmp_path / "camera.y4m"
    write_picture(path, colour, noisy=noisy)
    head, _, rest = path.read_bytes().partition(b"\nFRAME\n")
    assert head.split()[:3] == [b"YUV4MPEG2", f"W{WIDTH}".encode(), f"H{HEIGHT}".encode()]
    frame = rest[: WIDTH * HEIGHT * 3 // 2]
    luma = frame[: WIDTH * HEIGHT]
    seen = rgb(sum(luma) / len(luma), frame[WIDTH * HEIGHT], frame[-1])
    nearest = min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], seen, strict=True)))
    assert nearest == colour
    assert (len(set(luma)) > 30) is noisy


def rgb(luma: float, blue: int, red: int) -> tuple[float, float, float]:
    """BT.601 back to red, green and blue."""
    y, u, v = (luma - 16) / 219, (blue - 128) / 224, (red - 128) / 224
    r, b = y + 1.402 * v, y + 1.772 * u
    return 255 * r, 255 * (y - 0.299 * r - 0.114 * b) / 0.587, 255 * b


def test_the_microphone_hears_its_tone_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "microphone.wav"
    write_tone(path, 660)
    sound = tail_of(path, 1)
    assert sound.level > 0.05
    assert sound.tone(660) > 0.3
    assert sound.tone(440) < 0.01


def test_what_the_page_tells() -> None:
    told = dict.fromkeys(PageState.__dataclass_fields__) | {
        "phase": "in_room",
        "media": "flowing",
        "people": ["Xã An Thủy"],
        "talkers": [],
        "message": {"text": "Mời họp", "until": 1},
        "help": False,
    }
    state = PageState.of(told)
    assert state.in_meeting
    assert (state.people, state.talkers, state.message) == (("Xã An Thủy",), (), "Mời họp")
    assert not PageState.of(told | {"media": "pending"}).in_meeting
