"""A server with the base, seen from outside and inside."""

from __future__ import annotations

import pytest
from testinfra_hosts import drifts, host, station

NAME, ADDRESS = "mcu-1.tinh", "10.44.32.21"


@pytest.fixture(scope="module")
def server():
    return host(NAME)


def test_nothing_drifts_but_the_clock_that_has_no_server_here() -> None:
    assert drifts(NAME, ("linux_base",)) == ["clock chrony: Not synchronised [runtime]"]


@pytest.mark.parametrize("unit", ["chrony", "nftables", "rsyslog", "ssh"])
def test_services_run_and_start_at_boot(server, unit: str) -> None:
    assert server.service(unit).is_running
    assert server.service(unit).is_enabled


def test_a_port_nobody_declared_is_closed(server) -> None:
    """A listener that is there all the same is not reachable: the firewall drops, so nothing answers."""
    server.check_output("systemd-run --unit=stray-listener python3 -m http.server 8099")
    try:
        server.check_output(
            "sh -c 'for i in 1 2 3 4 5 6 7 8 9; do ss -ltn | grep -q :8099 && exit 0; sleep 1; done; exit 1'"
        )
        answer = station(f"timeout 3 bash -c 'exec 3<>/dev/tcp/{ADDRESS}/8099'")
        assert answer.returncode == 124
        assert "listening tcp/8099 on 0.0.0.0: python3 [undeclared]" in drifts(NAME, ("linux_base",))
    finally:
        server.check_output("systemctl stop stray-listener")


def test_ssh_is_open_for_the_station() -> None:
    assert "SSH-2.0" in station(f"timeout 5 bash -c 'exec 3<>/dev/tcp/{ADDRESS}/22; head -n 1 <&3'").stdout


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("passwordauthentication", "no"),
        ("kbdinteractiveauthentication", "no"),
        ("permitrootlogin", "no"),
        ("allowusers", "hntt"),
        ("authorizedkeysfile", "/etc/ssh/authorized_keys.d/%u"),
    ],
)
def test_sshd_takes_keys_of_declared_users_only(server, setting: str, value: str) -> None:
    assert f"{setting} {value}\n" in server.check_output("sshd -T") + "\n"


SSH = "ssh -n -o BatchMode=yes -o UserKnownHostsFile=/root/known -i /root/key"
LOGIN = f"{SSH} hntt@{ADDRESS} id -un 2>&1; true"
DECLARED, HOME = "/etc/ssh/authorized_keys.d/hntt", "/home/hntt/.ssh/authorized_keys"


def test_a_key_in_the_home_lets_nobody_in(server) -> None:
    """Who may write to the home must not be able to let others in: only the declared list counts."""
    server.check_output(
        f"cp -p {DECLARED} /root/declared; cp -p {HOME} /root/home; ssh-keygen -q -t ed25519 -N '' -f /root/key"
    )
    server.check_output(f"echo {ADDRESS} $(cat /etc/ssh/ssh_host_ed25519_key.pub) > /root/known")
    try:
        server.check_output(f"cat /root/key.pub >> {HOME}")
        assert "Permission denied (publickey)" in server.check_output(LOGIN)
        server.check_output("sleep 6")  # sshd makes an address wait that has just failed
        # The same key in the declared place does: what refused it was its place.
        server.check_output(f"cat /root/key.pub >> {DECLARED}")
        assert server.check_output(LOGIN) == "hntt"
    finally:
        server.check_output(
            f"cp -p /root/declared {DECLARED}; "
            f"cp -p /root/home {HOME}; "
            "rm /root/key* /root/known /root/declared /root/home"
        )


def test_time_zone_and_log_retention(server) -> None:
    assert server.check_output("date +%Z") == "+07"
    assert "MaxRetentionSec=92day" in server.file("/etc/systemd/journald.conf.d/60-hntt.conf").content_string
    assert "rotate 92" in server.file("/etc/logrotate.d/rsyslog").content_string
    assert server.run("logrotate -d /etc/logrotate.conf").rc == 0
