"""The district's router keeps images: two communes fetch one at the same time, the store gives each byte once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_router import HUB, NETWORK, OTHER, PC, connects, inside, lab, router

from hntt.network import images

SIZE = 2_500_000
OTHER_PC = "pc.truong-son.quang-ninh"
FETCH = "import sys,urllib.request as u\nsys.stdout.buffer.write(u.urlopen(sys.argv[1],timeout=300).read())"

RANGES = """
import http.client, json, sys
host, port, path, ranges = sys.argv[1:]
link = http.client.HTTPConnection(host, int(port), timeout=120)
for first, end in json.loads(ranges):
    link.request("GET", path, headers={"Range": f"bytes={first}-{end - 1}"})
    answer = link.getresponse()
    assert answer.status == 206, answer.status
    sys.stdout.buffer.write(answer.read())
"""


@dataclass
class Store:
    """The pretended store at the centre."""

    content: bytes
    counts: Path

    def given(self) -> list[int]:
        lines = self.counts.read_text().splitlines() if self.counts.exists() else []
        return [int(line.split()[0]) for line in lines]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(os.urandom(SIZE), tmp_path / "counts")
    (tmp_path / "image").write_bytes(made.content)
    program = Path(__file__).with_name("range_server.py")
    words = [sys.executable, str(program), str(images.STORE_PORT), str(tmp_path / "image"), str(made.counts)]
    server = subprocess.Popen(["nsenter", f"--net=/run/netns/{lab().namespace('noc.tinh')}", *words])
    time.sleep(1)
    yield made
    server.kill()
    server.wait(timeout=10)
    router(HUB).check_output("sh -c 'rm -rf /var/cache/nginx-images/* && systemctl restart nginx'")


def fetching(pc: str, name: str) -> subprocess.Popen[bytes]:
    url = f"{images.base_url(NETWORK, pc)}{name}"
    words = ["nsenter", f"--net=/run/netns/{lab().namespace(pc)}", sys.executable, "-c", FETCH, url]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def test_two_communes_fetch_an_image_and_it_crosses_the_district_s_line_once(store: Store) -> None:
    """At the same time, and a third time later; at the rate that the communes' lines leave beside meetings."""
    began = time.monotonic()
    both = [fetching(PC, "9.9/root.raucb"), fetching(OTHER_PC, "9.9/root.raucb")]
    got = [one.communicate(timeout=300)[0] for one in both]
    seconds = time.monotonic() - began
    wanted = hashlib.sha256(store.content).hexdigest()
    assert [hashlib.sha256(content).hexdigest() for content in got] == [wanted, wanted]
    assert sum(store.given()) == SIZE, store.given()
    rate = images.clients_of(NETWORK, HUB)[0].rate_kbps * 1000 // 8
    assert SIZE / seconds < rate * 1.05, f"{SIZE / seconds:.0f} bytes/s, {rate} are allowed"
    again = fetching(PC, "9.9/root.raucb").communicate(timeout=300)[0]
    assert hashlib.sha256(again).hexdigest() == wanted
    assert sum(store.given()) == SIZE


def updating(pc: str, name: str, ranges: list[tuple[int, int]]) -> subprocess.Popen[bytes]:
    """As RAUC does that has most of the blocks: small ranges, one connection, one after the other."""
    host, _, rest = f"{images.base_url(NETWORK, pc)}{name}".removeprefix("http://").partition(":")
    port, _, path = rest.partition("/")
    words = [sys.executable, "-c", RANGES, host, port, f"/{path}", json.dumps(ranges)]
    return subprocess.Popen(["nsenter", f"--net=/run/netns/{lab().namespace(pc)}", *words], stdout=subprocess.PIPE)


def test_many_updating_pcs_cost_the_district_s_line_what_one_costs(store: Store) -> None:
    """Each of the pieces that hold their ranges crosses it once, also when all ask for it at the same moment."""
    ranges = [(at, at + 20_000) for at in range(0, SIZE - 20_000, SIZE // 12)]
    clients = [updating(pc, "9.7/root.raucb", ranges) for pc in (PC, OTHER_PC, PC, OTHER_PC, PC, OTHER_PC)]
    wanted = hashlib.sha256(b"".join(store.content[first:end] for first, end in ranges)).hexdigest()
    assert [hashlib.sha256(client.communicate(timeout=300)[0]).hexdigest() for client in clients] == [wanted] * 6
    pieces = {number for first, end in ranges for number in range(first // images.PIECE, (end - 1) // images.PIECE + 1)}
    held = sum(len(store.content[number * images.PIECE : (number + 1) * images.PIECE]) for number in pieces)
    assert sum(store.given()) == held, "every piece once"
    assert held < 6 * len(ranges) * 20_000, "less than without a relay"


def test_a_part_is_fetched_as_a_part(store: Store) -> None:
    """As an update does that needs some blocks only: the piece that holds them."""
    url = f"{images.base_url(NETWORK, PC)}9.8/root.raucb"
    script = (
        "import sys,urllib.request as u\n"
        "r=u.Request(sys.argv[1],headers={'Range':'bytes=1200000-1200999'})\n"
        "sys.stdout.buffer.write(u.urlopen(r,timeout=60).read())"
    )
    words = ["nsenter", f"--net=/run/netns/{lab().namespace(PC)}", sys.executable, "-c", script, url]
    done = subprocess.run(words, capture_output=True, check=True, timeout=90)
    assert done.stdout == store.content[1_200_000:1_201_000]
    assert sum(store.given()) == images.PIECE


def test_the_relay_is_for_the_communes_and_spokes_have_none() -> None:
    address = str(NETWORK.devices[HUB].address)
    assert connects(PC, address, images.STORE_PORT)
    assert not connects("noc.tinh", address, images.STORE_PORT)
    assert router(OTHER).run("systemctl is-active nginx").rc != 0


def test_other_paths_lead_nowhere() -> None:
    url = images.base_url(NETWORK, PC).removesuffix(images.PATH)
    for path in ("/", "/images", "/etc/passwd", "/images/../etc/passwd"):
        said = inside(PC, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", f"{url}{path}")
        assert said.stdout in ("404", "400", "301"), path
