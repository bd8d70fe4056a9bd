"""The package cache and the image store, asked from outside over the network."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra_hosts import host, scenario_dir, station

NOC = "10.44.32.10"
SIZE = 3_000_000
PACKAGE = f"hello_1.0-{time.time_ns()}_all.deb"  # nobody has asked for it before


@pytest.fixture(scope="module")
def noc():
    return host("noc.tinh")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Path]:
    """A Debian archive on the station that counts what it was asked."""
    from lab import lab_of

    folder = tmp_path / "debian" / "pool"
    folder.mkdir(parents=True)
    (folder / PACKAGE).write_bytes(bytes(range(256)) * 400)
    namespace = f"/run/netns/{lab_of(scenario_dir()).namespace('station')}"
    log = (tmp_path / "asked").open("wb")
    server = subprocess.Popen(
        ["nsenter", f"--net={namespace}", "python3", "-u", "-m", "http.server", "8000", "-d", str(tmp_path)],
        stdout=log,
        stderr=log,
    )
    time.sleep(1)
    yield tmp_path / "asked"
    server.kill()
    server.wait(timeout=10)


def fetched(address: str, *options: str) -> tuple[str, bytes]:
    """Status and body, fetched from the station."""
    code = (
        "import sys,urllib.request as u,urllib.error as e\n"
        "p=sys.argv[2:]\n"
        "o=u.build_opener(u.ProxyHandler({'http':p[0]} if p else {}))\n"
        "try:\n r=o.open(sys.argv[1],timeout=20)\n"
        "except e.HTTPError as x: r=x\n"
        "sys.stdout.buffer.write(str(r.status).encode()+b' '+r.read())\n"
    )
    words = " ".join(f"'{word}'" for word in (address, *options))
    done = station(f'python3 -c "{code}" {words} | base64 -w0')
    status, _, body = base64.b64decode(done.stdout).partition(b" ")
    return status.decode(), body


def test_a_package_is_fetched_once_and_then_kept(archive: Path) -> None:
    """The second host gets it from the cache, whichever of the two ways it asks."""
    first = fetched(f"http://{NOC}:3142/debian/pool/{PACKAGE}")
    again = fetched(f"http://archive.example/debian/pool/{PACKAGE}", f"http://{NOC}:3142")
    assert first == again
    assert first[0] == "200"
    assert len(first[1]) == 256 * 400
    assert archive.read_text().count(f"GET /debian/pool/{PACKAGE}") == 1


@pytest.mark.usefixtures("archive")
def test_the_cache_serves_debian_and_nothing_else() -> None:
    for address in (f"http://{NOC}:3142/10.44.32.254:8000/debian/pool/{PACKAGE}", f"http://{NOC}:3142/other/x"):
        assert fetched(address)[0] in ("403", "404"), address
    assert fetched(f"http://10.44.32.254:8000/debian/pool/{PACKAGE}", f"http://{NOC}:3142")[0] == "403"


def test_the_cache_listens_on_the_services_network_only(noc) -> None:
    listening = noc.check_output("ss -ltnH 'sport = 3142'").split()
    assert {word for word in listening if word.endswith(":3142")} == {f"{NOC}:3142", "127.0.0.1:3142"}


@pytest.fixture
def image(noc) -> Iterator[str]:
    noc.check_output(
        f"sh -c 'mkdir -p /srv/hntt/images/9.9 && head -c {SIZE} /dev/urandom > /srv/hntt/images/9.9/root'"
    )
    yield noc.check_output("sha256sum /srv/hntt/images/9.9/root").split()[0]
    noc.check_output("rm -r /srv/hntt/images/9.9")


def test_an_image_is_served_whole_and_in_parts(image: str) -> None:
    status, body = fetched(f"http://{NOC}:8080/images/9.9/root")
    assert (status, hashlib.sha256(body).hexdigest()) == ("200", image)
    part = station(f"curl -s -r 1000-1999 http://{NOC}:8080/images/9.9/root | wc -c")
    assert part.stdout.strip() == "1000"


@pytest.mark.usefixtures("image")
def test_the_store_takes_nothing_and_lists_nothing() -> None:
    for path in ("/", "/images/", "/images/9.9/", "/images/../../../etc/passwd", "/images../etc/passwd"):
        assert fetched(f"http://{NOC}:8080{path}")[0] in ("403", "404", "400"), path
    for verb in ("PUT", "DELETE", "POST"):
        said = station(f"curl -s -o /dev/null -w %{{http_code}} -X {verb} http://{NOC}:8080/images/9.9/root")
        assert said.stdout == "403", verb
