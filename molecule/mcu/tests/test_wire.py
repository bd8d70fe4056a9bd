"""Marks of what the server sends, read off the wire, and what lies on the media ports."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from mcu_bench import ADDRESSES, CHAIR, DISTRICTS, SITES, namespace

from hntt.intent.mcu.contract import MEDIA_FIRST, MEDIA_LAST, SIP_TLS_PORT

SERVER = ADDRESSES[DISTRICTS]
EF, AF41, CS3 = 46, 34, 24
_TOS = re.compile(r"tos 0x([0-9a-f]+),")


@contextmanager
def captured(place: str, what: str) -> Iterator[list[str]]:
    """Packets that arrive at a place while the block runs, in tcpdump's words; filled when it ends."""
    lines: list[str] = []
    words = ["ip", "netns", "exec", namespace(place), "tcpdump", "-l", "-n", "-v", "-Q", "in", "-i", "lan", what]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "listening on" not in (said := process.stderr.readline()):
        assert said, "tcpdump has ended"
    try:
        yield lines
    finally:
        process.terminate()
        lines += process.communicate()[0].splitlines()


def marks(lines: list[str]) -> Counter[int]:
    """How many packets had each DSCP value."""
    return Counter(int(found.group(1), 16) >> 2 for line in lines if (found := _TOS.search(line)))


@pytest.mark.parametrize("endpoint", [CHAIR, SITES[0]], ids=["sdes", "dtls"])
def test_sound_and_pictures_leave_with_their_marks(connect, open_room: str, endpoint: str) -> None:
    watcher, talker = connect(endpoint), connect(SITES[1], colour="blue")
    assert talker.dial(open_room).answered
    with captured(endpoint, f"udp and src host {SERVER} and src portrange {MEDIA_FIRST}-{MEDIA_LAST}") as lines:
        assert watcher.dial(open_room).answered
        time.sleep(12)
    seen = marks(lines)
    assert seen[EF] > 100
    assert seen[AF41] > 10
    # Candidates' checks and reports are few and may go as they like.
    assert seen[EF] + seen[AF41] > 0.9 * seen.total()


@pytest.mark.parametrize("port", [SIP_TLS_PORT, 8089], ids=["sip", "page"])
def test_signalling_leaves_with_its_mark(connect, open_room: str, port: int) -> None:
    site = connect(SITES[0])
    with captured(
        SITES[0], f"tcp and src host {SERVER} and src port {port} and tcp[tcpflags] & tcp-push != 0"
    ) as lines:
        if port == SIP_TLS_PORT:
            assert site.dial(open_room).answered
        else:
            url = f"https://{SERVER}:{port}/static/room/index.html"
            subprocess.run(
                ["ip", "netns", "exec", namespace(SITES[0]), "curl", "-sk", "-o", "/dev/null", url], check=True
            )
        time.sleep(1)
    assert set(marks(lines)) == {CS3}
