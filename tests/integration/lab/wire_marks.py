"""Packets of a call as a line carries them: their marks, counted by what they are; and how fast they arrive."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from register_lab import RegisterLab

from hntt.intent.mcu.contract import MEDIA_FIRST, MEDIA_LAST

_PACKET = re.compile(
    r"IP \(tos (?P<tos>0x[0-9a-f]+),.*?proto (?P<proto>\w+).*?\)\n"
    r"\s+(?P<source>[\d.]+)\.(?P<from>\d+) > (?P<target>[\d.]+)\.(?P<to>\d+)"
)
Marks = Counter[tuple[str, str, int]]
"""(``down`` or ``up``, ``media`` or ``signalling``, DSCP) to packets; down is away from the server."""


def marks_on(lab: RegisterLab, router: str, port: str, server: str, seconds: int) -> Marks:
    """The packets between a server and anybody that pass a router's port."""
    done = lab.hntt("exec", router, "--", "timeout", str(seconds), "tcpdump", "-lni", port, "-v", "host", server)
    found: Marks = Counter()
    for packet in _PACKET.finditer(done.stdout):
        is_down = packet["source"] == server
        ours = int(packet["from" if is_down else "to"])
        kind = "media" if packet["proto"] == "UDP" and MEDIA_FIRST <= ours <= MEDIA_LAST else "signalling"
        found["down" if is_down else "up", kind, int(packet["tos"], 16) >> 2] += 1
    return found


def received_kbps(lab: RegisterLab, host: str, seconds: float) -> float:
    """How much arrives at an endpoint's own interface."""
    before, begun = _bytes(lab, host), time.monotonic()
    time.sleep(seconds)
    return (_bytes(lab, host) - before) * 8 / 1000 / (time.monotonic() - begun)


def settled_kbps(lab: RegisterLab, host: str) -> float:
    """The same once it no longer grows: a browser begins with little and tries for more."""
    before, now = 0.0, received_kbps(lab, host, 8)
    for _ in range(6):
        if now < 1.1 * before:
            break
        before, now = now, received_kbps(lab, host, 8)
    return now


def _bytes(lab: RegisterLab, host: str) -> int:
    command = ["ip", "netns", "exec", lab.lab.namespace(host), "cat", "/proc/net/dev"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return next(int(row.partition(":")[2].split()[0]) for row in rows if row.strip().startswith("eth0:"))


_FLOOD = """
import socket, sys, time
target, kbps, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# Connected: else the host would have an open port that nobody declared, for as long as this runs.
link.connect((target, 9))
gap, begun, sent = 1200 * 8 / (kbps * 1000), time.monotonic(), 0
while time.monotonic() - begun < seconds:
    if sent * gap <= time.monotonic() - begun:
        try:
            link.send(bytes(1172))
        except OSError:
            pass  # the router's word that nobody is there
        sent += 1
    else:
        time.sleep(0.001)
"""


@contextmanager
def flood(lab: RegisterLab, source: str, target: str, kbps: int, seconds: float) -> Iterator[None]:
    """Ordinary traffic from one host to an address, so much of it and for so long at most."""
    words = lab.lab_command("exec", source, "--", "python3", "-c", _FLOOD, target, str(kbps), str(seconds))
    with subprocess.Popen(words, env=lab.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        time.sleep(2)
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=10)


_FETCH = """
import http.client, random, sys, threading, time
own, host, port, path, size, piece, at_once, seconds = *sys.argv[1:5], *map(int, sys.argv[5:])
end = time.monotonic() + seconds

def run(seed):
    choose = random.Random(seed)
    link = http.client.HTTPConnection(host, int(port), timeout=60, source_address=(own, 0))
    while time.monotonic() < end:
        first = choose.randrange(size - piece)
        link.request("GET", path, headers={"Range": f"bytes={first}-{first + piece - 1}"})
        answer = link.getresponse()
        content = answer.read()
        assert (answer.status, len(content)) == (206, piece), answer.status

for number in range(at_once):
    threading.Thread(target=run, args=(number,), daemon=True).start()
time.sleep(seconds)
"""


@contextmanager
def pieces(
    lab: RegisterLab, source: tuple[str, str], url: str, size: int, at_once: int, seconds: int
) -> Iterator[None]:
    """What an update does: many small ranges of one file, some at once, again and again. ``source``: host, address."""
    host, _, rest = url.removeprefix("http://").partition(":")
    port, _, path = rest.partition("/")
    words = ["nsenter", f"--net=/run/netns/{lab.lab.namespace(source[0])}", sys.executable, "-c", _FETCH]
    words += [source[1], host, port, f"/{path}", str(size), "20000", str(at_once), str(seconds)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as running:
        time.sleep(3)
        try:
            assert running.poll() is None, "it fetches nothing"
            yield
        finally:
            running.terminate()
            running.wait(timeout=10)


def classes(lab: RegisterLab, router: str, port: str) -> dict[str, tuple[int, int]]:
    """Bytes sent and packets dropped so far by class of a line's end."""
    done = lab.hntt("exec", router, "--", "tc", "-s", "-j", "class", "show", "dev", port)
    return {item["handle"]: (item["stats"]["bytes"], item["stats"]["drops"]) for item in json.loads(done.stdout)}
