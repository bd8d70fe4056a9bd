"""ssh_config and known_hosts against golden files, and what OpenSSH and asyncssh read out of them."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

import asyncssh
import pytest
from lab_samples import LAB, TOPOLOGY

from hntt.lab.access import ensure_host_key, known_hosts_text, ssh_config_text, write_access
from hntt.lab.names import Lab

CASES = Path(__file__).parent / "cases/access"
KEYS = {name: f"ssh-ed25519 AAAAC3Nza{name.replace('.', '')} {name}" for name in ("rt.tinh", "rt.le-thuy", "noc.tinh")}


def test_ssh_config() -> None:
    assert ssh_config_text(TOPOLOGY, LAB) == (CASES / "ssh_config").read_text()


def test_known_hosts() -> None:
    assert known_hosts_text(TOPOLOGY, KEYS) == (CASES / "known_hosts").read_text()


def test_without_a_station_there_is_no_way_in() -> None:
    alone = dataclasses.replace(TOPOLOGY, hosts=tuple(h for h in TOPOLOGY.hosts if h.kind != "admin"))
    assert "ProxyCommand" not in ssh_config_text(alone, LAB)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab("hntt", tmp_path / "with space" / ".lab")
    lab.state_dir.mkdir(parents=True)
    write_access(TOPOLOGY, lab)
    return lab


def test_openssh_reads_it(lab: Lab) -> None:
    words = ["ssh", "-G", "-F", str(lab.ssh_config), "rt.le-thuy"]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "hostname 10.44.0.64" in shown
    assert "user hntt" in shown
    assert "stricthostkeychecking true" in shown
    assert f"userknownhostsfile {lab.known_hosts}" in shown
    assert f"identityfile {lab.identity}" in shown
    assert "proxycommand nsenter --net=/run/netns/hntt-admin socat STDIO TCP:%h:%p,nodelay" in shown


def test_host_keys_are_found_by_name_and_by_address(lab: Lab) -> None:
    expected = asyncssh.read_public_key(lab.host_key_dir("rt.tinh") / "ssh_host_ed25519_key.pub")
    known = asyncssh.read_known_hosts(str(lab.known_hosts))
    for name in ("rt.tinh", "10.44.0.0"):
        trusted = known.match(name, "", None)[0]
        assert [key.public_data for key in trusted] == [expected.public_data]


def test_keys_are_private_and_stay(lab: Lab) -> None:
    private = lab.host_key_dir("rt.tinh") / "ssh_host_ed25519_key"
    assert private.stat().st_mode & 0o777 == 0o600
    assert lab.identity.stat().st_mode & 0o777 == 0o600
    before = private.read_bytes()
    assert ensure_host_key(lab, "rt.tinh") == private.with_suffix(".pub").read_text().strip()
    assert private.read_bytes() == before


def test_half_a_key_pair_is_made_anew(lab: Lab) -> None:
    (lab.host_key_dir("rt.tinh") / "ssh_host_ed25519_key.pub").unlink()
    line = ensure_host_key(lab, "rt.tinh")
    key = asyncssh.read_private_key(lab.host_key_dir("rt.tinh") / "ssh_host_ed25519_key")
    assert key.public_data == asyncssh.import_public_key(line).public_data


def test_unchanged_files_are_left_alone(lab: Lab) -> None:
    before = lab.ssh_config.stat().st_mtime_ns, lab.known_hosts.stat().st_mtime_ns
    write_access(TOPOLOGY, lab)
    assert (lab.ssh_config.stat().st_mtime_ns, lab.known_hosts.stat().st_mtime_ns) == before
