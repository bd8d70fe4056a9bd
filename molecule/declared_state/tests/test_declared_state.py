"""What happens to a host whose change is refused, fails, cuts management, meets a full disk or loses its controller."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from testinfra_hosts import converge, converge_words, drifts, environment, host

NAME = "mcu-1.tinh"
CUT = {"linux_base_management_prefixes": ["192.0.2.0/24"], "declared_state_guard_seconds": 8}


@pytest.fixture(scope="module")
def server():
    return host(NAME)


@pytest.fixture(autouse=True)
def _the_host_is_as_declared_afterwards():
    yield
    assert drifts_but_the_clock() == []


def drifts_but_the_clock() -> list[str]:
    """There is no time server in this scenario."""
    return [drift for drift in drifts(NAME, ("linux_base",)) if not drift.startswith("clock")]


def states(server) -> list[str]:
    """States of the host's transactions, oldest first."""
    command = "sh -c 'cat /var/lib/hntt/transactions/*/journal.json'"
    lines = server.check_output(command).splitlines()
    return [line.split('"')[3] for line in lines if line.startswith(' "state"')]


def test_a_second_run_is_one_command_on_the_host() -> None:
    done = converge("-vvv")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("SSH: EXEC") == 1
    assert "ok: [mcu-1.tinh]" in done.stdout


def test_check_mode_shows_the_change_and_makes_none() -> None:
    done = converge("--check", "--diff", linux_base_ssh_idle_minutes=9)
    assert done.returncode == 0, done.stdout
    assert "-ClientAliveInterval 100\n+ClientAliveInterval 180" in done.stdout
    assert "changed: [mcu-1.tinh]" in done.stdout


def test_a_refused_file_leaves_all_files_as_they_were(server) -> None:
    done = converge(linux_base_ntp_servers=["10.44.32.10 nonsense"], linux_base_journal_size="400M")
    assert done.returncode != 0
    assert "was refused by `chronyd -p -f %s`" in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_unit_that_does_not_start_brings_the_old_files_back(server) -> None:
    drop_in = "/etc/systemd/system/rsyslog.service.d/test.conf"
    lines = "[Service]\\nExecStartPre=/usr/bin/grep -q 10.44.32.10 /etc/rsyslog.d/60-hntt-forward.conf\\n"
    server.check_output(f"sh -c 'mkdir -p {drop_in.rpartition('/')[0]}; printf \"{lines}\" > {drop_in}'")
    server.check_output("systemctl daemon-reload")
    try:
        done = converge(linux_base_syslog_servers=["192.0.2.1"])
        assert done.returncode != 0
        assert "the old files are back" in done.stdout
        assert states(server)[-1] == "rolled_back"
        assert server.service("rsyslog").is_running
    finally:
        server.check_output(f"rm -r {drop_in.rpartition('/')[0]}")
        server.check_output("systemctl daemon-reload")


def test_a_change_that_cuts_management_goes_back_by_itself(server) -> None:
    done = converge(**CUT)
    assert done.returncode != 0
    assert "it cut management; the host has gone back by itself" in done.stdout
    assert states(server)[-1] == "reverted"


def test_a_login_nobody_may_use_any_more_goes_back_by_itself(server) -> None:
    done = converge(linux_base_ssh_users=["nobody"], declared_state_guard_seconds=8)
    assert done.returncode != 0
    assert states(server)[-1] == "reverted"


def test_a_guarded_change_that_is_well_is_kept(server) -> None:
    try:
        assert converge(linux_base_ssh_idle_minutes=9).returncode == 0
        assert "clientaliveinterval 180" in server.check_output("sshd -T")
        assert states(server)[-1] == "done"
    finally:
        assert converge().returncode == 0


def test_the_controller_is_killed_before_it_confirms(server) -> None:
    """The host owes nothing to the controller: it goes back alone, and the next run finds it in order."""
    already = len(states(server))
    run = subprocess.Popen(
        converge_words(**CUT),
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    armed = 'systemctl --quiet is-active "hntt-guard-*.timer"'
    watcher = f"sh -c 'for i in $(seq 300); do {armed} && exit 0; sleep 0.1; done; exit 1'"
    server.check_output(watcher)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not reachable_and_reverted(server, already):
        time.sleep(1)
    assert states(server)[already:] == ["reverted"]


def reachable_and_reverted(server, already: int) -> bool:
    try:
        return states(server)[already:] == ["reverted"]
    except (AssertionError, RuntimeError):
        return False


def test_a_full_disk_changes_nothing(server) -> None:
    server.check_output("sh -c 'cat /dev/zero > /var/full 2>/dev/null; true'")
    try:
        done = converge(linux_base_journal_size="400M", linux_base_ssh_idle_minutes=9)
        assert done.returncode != 0
        assert "No space left on device" in done.stdout
        assert drifts_but_the_clock() == []
    finally:
        server.check_output("rm /var/full")
