"""The controller services, as a server at the centre uses them."""

from __future__ import annotations

import time

import pytest
import yaml
from testinfra_hosts import drifts, host, scenario_dir, state_dir, station

from hntt.intent.secrets import SecretValues

NOC, CLIENT = "10.44.32.10", "10.44.32.21"


@pytest.fixture(scope="module")
def noc():
    return host("noc.tinh")


@pytest.fixture(scope="module")
def client():
    return host("mcu-1.tinh")


def eventually(check, seconds: float = 60) -> None:
    """Wait until ``check`` holds; its own last failure is the test's."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def test_the_client_is_synchronised_with_the_centre(client) -> None:
    def in_step() -> None:
        fields = client.check_output("chronyc -n -c tracking").split(",")
        assert (fields[1], fields[13]) == (NOC, "Normal")
        assert abs(float(fields[4])) < 0.5

    eventually(in_step)


def test_nothing_drifts(noc, client) -> None:
    secrets = SecretValues(yaml.safe_load((state_dir() / "secrets.yml").read_text()))
    archives = yaml.safe_load((scenario_dir() / "inventory/host_vars/noc.tinh.yml").read_text())

    def clean() -> None:
        assert drifts("noc.tinh", ("linux_base", "noc"), secrets, **archives) == []
        assert drifts("mcu-1.tinh", ("linux_base",)) == []

    eventually(clean)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("A rt.le-thuy.hntt.quangbinh.example", "10.44.1.192"),
        ("CNAME ntp.hntt.quangbinh.example", "noc.tinh.hntt.quangbinh.example."),
        ("PTR 10.32.44.10.in-addr.arpa", "noc.tinh.hntt.quangbinh.example."),
    ],
)
def test_names_of_the_register_are_answered_with_authority(noc, question: str, answer: str) -> None:
    kind, name = question.split()
    said = noc.check_output(f"dig @{NOC} {name} {kind}")
    assert "flags: qr aa" in said
    assert answer in said


def test_other_names_are_refused(noc) -> None:
    assert "status: REFUSED" in noc.check_output(f"dig @{NOC} www.example.com A")


def test_the_client_finds_names_through_its_resolver(client) -> None:
    assert "10.44.1.192" in client.check_output("getent hosts rt.le-thuy.hntt.quangbinh.example")
    assert "10.44.1.192" in client.check_output("getent hosts rt.le-thuy")


def test_a_message_of_the_client_arrives_under_its_name(noc, client) -> None:
    mark = f"canary-{time.time()}"
    client.check_output(f"logger -t acceptance {mark}")

    def arrived() -> None:
        assert mark in noc.file("/var/log/hntt/mcu-1.tinh.log").content_string

    eventually(arrived, 30)


def test_a_message_over_udp_is_named_after_its_address_not_after_its_claim(noc) -> None:
    mark = f"canary-{time.time()}"
    station(f"printf '<134>Nov 24 08:00:00 noc.tinh forged: {mark}' > /tmp/forged-{mark}; "
            f"bash -c 'cat /tmp/forged-{mark} > /dev/udp/{NOC}/514'; rm /tmp/forged-{mark}")  # fmt: skip

    def arrived() -> None:
        files = noc.check_output(f"sh -c 'grep -l {mark} /var/log/hntt/*'").split()
        assert files == ["/var/log/hntt/unknown-10.44.32.254.log"]

    eventually(arrived, 30)


def test_a_closed_port_does_not_answer() -> None:
    assert station(f"timeout 3 bash -c 'exec 3<>/dev/tcp/{NOC}/953'").returncode == 124


def test_the_clients_base_does_not_open_the_centres_ports() -> None:
    assert station(f"timeout 3 bash -c 'exec 3<>/dev/tcp/{CLIENT}/514'").returncode == 124


def test_the_configuration_as_a_whole_is_accepted(noc) -> None:
    assert noc.run("named-checkconf -z").rc == 0
    assert noc.run("rsyslogd -N1").rc == 0
    assert noc.run("logrotate -d /etc/logrotate.d/hntt-remote").rc == 0
