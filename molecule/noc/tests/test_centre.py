"""Enrolment and reports on the host as the role makes it, asked over the network as a PC asks."""

from __future__ import annotations

import hashlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from testinfra_hosts import PROJECT, host, scenario_dir, state_dir, station

NOC = "noc.tinh.hntt.quangbinh.example"
PC = "pc.an-thuy.le-thuy"
NOC_ADDRESS, PC_ADDRESS = "10.44.32.10", "10.44.92.115"


@pytest.fixture(scope="module")
def noc():
    return host("noc.tinh")


@pytest.fixture
def client(noc, tmp_path: Path):
    """A PC's files and its real program, run in the station's network under an address that may ask."""
    token = {"id": secrets.token_hex(8), "secret": secrets.token_urlsafe(32)}
    token["expires"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    row = {"id": token["id"], "host": PC, "secret_sha256": hashlib.sha256(token["secret"].encode()).hexdigest()}
    listed = json.dumps({"format": 1, "tokens": [{**row, "expires": token["expires"]}]})
    noc.check_output(f"sh -c 'printf %s \"$1\" | /usr/local/sbin/hntt-centre tokens' - '{listed}'")
    vault = yaml.safe_load((state_dir() / "secrets.yml").read_text())
    identity, ssh = tmp_path / "data/hntt/identity", tmp_path / "etc/ssh"
    identity.mkdir(parents=True)
    ssh.mkdir(parents=True)
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(ssh / "ssh_host_ed25519_key")]
    subprocess.run(words, check=True)
    centre = {"url": f"https://{NOC}:8443", "authority": vault["authority"]}
    (identity / "seed.json").write_text(json.dumps({"host": PC, "token": token, "centre": centre}))
    return tmp_path


def report(folder: Path) -> subprocess.CompletedProcess[str]:
    """The PC's program in the namespace of the station; the name of the centre is looked up at the centre."""
    from lab import lab_of

    namespace = f"/run/netns/{lab_of(scenario_dir()).namespace('station')}"
    hosts = folder / "hosts"
    hosts.write_text(f"{NOC_ADDRESS} {NOC}\n")
    script = (
        f"mount --bind {hosts} /etc/hosts && PYTHONPATH={PROJECT}/src HNTT_ROOT={folder} "
        f"exec {sys.executable} -B -m hntt.image.target.send --now"
    )
    words = ["nsenter", f"--net={namespace}", "unshare", "--mount", "sh", "-c", script]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def pc_address(noc, client: Path) -> Iterator[Path]:
    """The station speaks with an address of a commune's network: only these may reach the service."""
    noc.check_output(f"ip route add {PC_ADDRESS}/32 dev lan")
    own = f"to {NOC_ADDRESS} ipproto tcp dport 8443 lookup 100"
    for line in (
        f"address add {PC_ADDRESS}/32 dev lan",
        f"route add {NOC_ADDRESS}/32 dev lan src {PC_ADDRESS} table 100",
        f"rule add {own}",
    ):
        assert station(f"ip {line}").returncode == 0, line
    yield client
    station(f"ip rule del {own}; ip route flush table 100; ip address del {PC_ADDRESS}/32 dev lan")
    noc.check_output(f"ip route del {PC_ADDRESS}/32")


def test_a_pc_enrols_and_the_controller_sees_it(noc, pc_address: Path) -> None:
    done = report(pc_address)
    assert done.returncode == 0, done.stderr
    found = json.loads(noc.check_output("/usr/local/sbin/hntt-centre stages --json"))
    assert found["reports"][PC][-1]["stage"] == "enrolled"
    shown = said_of("-L", pc_address / "etc/ssh/ssh_host_ed25519_key-cert.pub")
    (pc_address / "ca.pub").write_text(yaml.safe_load((state_dir() / "secrets.yml").read_text())["host_authority"])
    assert PC in shown
    assert said_of("-l", pc_address / "ca.pub").split()[1] in shown


def said_of(option: str, path: Path) -> str:
    words = ["ssh-keygen", option, "-f", str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_from_elsewhere_the_service_is_not_reached(client: Path) -> None:
    done = report(client)
    assert done.returncode == 75
    assert "no_line" in done.stderr


def test_the_service_runs_as_nobody_else_and_its_keys_are_not_for_others(noc) -> None:
    user = noc.check_output("ps -o user= -C python3 -o args=").split()[0]
    assert user not in ("root", "www-data", "hntt")
    assert noc.file("/etc/hntt/centre/host-ca").mode == 0o600
    assert noc.file("/etc/hntt/centre").mode == 0o700
    assert noc.check_output("systemd-analyze security --no-pager hntt-centre.service | tail -n 1").count("OK")


def test_check_says_that_all_is_well(noc) -> None:
    assert noc.run("/usr/local/sbin/hntt-centre check").rc == 0
