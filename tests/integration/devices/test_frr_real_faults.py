"""The faults of a guarded change on a real FRR router: a container of a lab of its own, taken down at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from device_bench import wait_for

from hntt.devices import Target, get_platform
from hntt.devices.fleet import read_fleet
from hntt.devices.guard import Timing, guard_status, guarded_apply, wait_for_revert
from hntt.devices.guard_frr import FrrGuard
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import Link
from hntt.devices.platform import same_configuration
from hntt.devices.results import ApplyResult, ProbeResult
from hntt.devices.startup import unsaved

pytestmark = [pytest.mark.lab, pytest.mark.slow]

sys.path.append(str(Path(__file__).parents[1] / "lab"))

ROUTER = "rt.x1"
WINDOW_S = 8
TIMING = Timing(reconnect_s=2.0, poll_s=0.3, margin_s=30.0)
CANARY = "Canary-S3cret"
RESTART_S = 60

# A change as a register's edit makes it: a key, a list, a route, descriptions, a line that is new, the management line.
OLD = """\
key chain hntt-test
 key 1
  cryptographic-algorithm hmac-sha-256
  key-string an-older-key
ip prefix-list HNTT-TEST seq 5 permit 10.44.64.0/18 le 28
ip route 192.0.2.0/24 blackhole 200
interface lan
 description conference LAN
 ip ospf cost 10
"""
NEW = f"""\
key chain hntt-test
 key 1
  cryptographic-algorithm hmac-sha-256
  key-string {CANARY}
ip prefix-list HNTT-TEST seq 5 permit 10.44.64.0/18 le 29
ip prefix-list HNTT-TEST seq 10 deny any
ip route 198.51.100.0/24 blackhole 200
interface lan
 description conference LAN of the commune
interface ln99
 description a line that is not there yet
 ip ospf cost 77
line vty
 exec-timeout 5 0
"""
LINES = len(get_platform("frr").remediate(OLD, NEW).commands)


class RealBench:
    """The lab's router, and the change that the tests try on it."""

    def __init__(self, lab: Any, topology: Any, engine: Any) -> None:
        self.lab, self.topology, self.engine = lab, topology, engine
        self.platform = get_platform("frr")
        self.target = Target(
            name=ROUTER,
            platform="frr",
            host=ROUTER,
            user="hntt",
            cli_user="hntt-net",
            known_hosts=lab.known_hosts,
            key_file=lab.identity,
            ssh_config=lab.ssh_config,
            connect_timeout_s=4.0,
            read_timeout_s=15.0,
        )
        day0 = self.running()
        begun = self.apply(day0 + OLD)
        assert begun.saved, (begun.message.en, begun.evidence)
        self.before = self.running()
        self.startup_before = self.startup()
        self.intended = day0 + NEW

    def running(self) -> str:
        result = read_fleet([self.target])[ROUTER]
        assert result.status == "ok", result.detail
        return result.text

    def startup(self) -> str:
        return self.shell("sudo -n cat /etc/frr/frr.conf")

    def shell(self, command: str, stdin: str = "") -> str:
        link = Link(self.target, self.platform)
        try:
            status, output = link.shell.run(command, stdin=stdin)
        finally:
            link.fresh()
        assert status == 0, output
        return output

    def start_up_with(self, text: str) -> None:
        """Have the router start with another configuration than the one it runs, as one that could not save."""
        self.shell("sudo -n tee /etc/frr/frr.conf > /dev/null", stdin=text)

    def is_saved(self) -> bool:
        reading = read_fleet([self.target])[ROUTER]
        assert reading.status == "ok", reading.detail
        return unsaved(self.platform, reading.text, reading.startup) is None

    def restart(self) -> None:
        """All of FRR's daemons come back with what the startup file says, once the lines are there again."""
        self.shell("sudo -n systemctl restart frr")
        assert wait_for(lambda: self.answers() and len(self.running()) > len(self.startup_before) / 2, RESTART_S)

    def answers(self) -> bool:
        return read_fleet([self.target])[ROUTER].status == "ok"

    def arm_for_somebody_else(self, *lines: str) -> None:
        """Another controller has armed the guard, sent these lines, and is not heard of again."""
        link, mechanism = Link(self.target, self.platform), mechanism_for("frr")
        mechanism.arm(link, link.running(), lines, WINDOW_S)
        mechanism.send(link, lines, lambda line: None)
        link.fresh()

    def apply(self, intended: str | None = None, **options: Any) -> ApplyResult:
        options = {"probe": lambda: ProbeResult(True), "confirm_timeout_s": WINDOW_S, "timing": TIMING, **options}
        return guarded_apply(self.target, intended or self.intended, **options)

    def converge(self) -> None:
        result = self.apply()
        assert result.ok, (result.message.en, result.evidence)

    def assert_as_before(self) -> None:
        assert same_configuration(self.platform, self.running(), self.before)
        assert self.startup() == self.startup_before
        assert not guard_status(self.target).pending

    def assert_reverted(self, result: ApplyResult) -> None:
        assert result.outcome == "reverted", (result.message.en, result.evidence)
        assert CANARY not in repr(result)
        self.assert_as_before()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBench]:
    import small_lab

    from hntt.lab.capability import capability
    from hntt.lab.down import down
    from hntt.lab.engine import Engine
    from hntt.lab.names import Lab
    from hntt.lab.up import up

    folder = tmp_path_factory.mktemp("lab") / ".lab"
    folder.mkdir()
    lab = Lab(os.environ.get("HNTT_TEST_LAB_NAME", "hnttdv"), folder)
    down(lab)
    topology = small_lab.build(lab, spokes=1, with_noc=False)
    try:
        up(lab, topology)
        bench: list[RealBench] = []

        def reachable() -> bool:
            try:
                bench.append(RealBench(lab, topology, Engine(lab, capability())))
            except AssertionError:
                return False
            return True

        assert wait_for(reachable, 90), "the router does not answer"
        yield bench[0]
    finally:
        down(lab)


def when_line(monkeypatch: pytest.MonkeyPatch, number: int, action: Callable[[], object]) -> None:
    """Let ``action`` happen when that many lines have been sent."""
    send = Link.send

    def counted(self: Link, lines: Any, sent: Callable[[str], None]) -> None:
        seen: list[str] = []

        def count(line: str) -> None:
            sent(line)
            seen.append(line)
            if len(seen) == number:
                action()

        send(self, lines, count)

    monkeypatch.setattr(Link, "send", counted)


def test_a_rejected_line(real: RealBench) -> None:
    result = real.apply(real.intended.replace("ip ospf cost 77", "ip ospf cost 99999999"))
    assert "99999999" in result.evidence["rejected_line"]
    real.assert_reverted(result)


def test_every_line_of_the_change_is_tried(real: RealBench) -> None:
    """The lines are counted before there is a router; its day-0 configuration must not add any."""
    commands = real.platform.remediate(real.before, real.intended).commands
    assert sorted(commands) == sorted(real.platform.remediate(OLD, NEW).commands)
    assert LINES > 15


@pytest.mark.parametrize("number", range(1, LINES + 1))
def test_the_session_is_cut_after_each_line_in_turn(
    real: RealBench, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hntt.lab.faults import kill_sessions

    killed: list[int] = []
    when_line(
        monkeypatch,
        number,
        lambda: killed.append(kill_sessions(real.topology, real.engine, ROUTER, user="hntt-net")),
    )
    result = real.apply()
    assert killed == [1]
    assert len(result.commands_sent) in (number, number + 1)
    real.assert_reverted(result)


def test_the_management_path_is_cut(real: RealBench) -> None:
    begun = time.monotonic()
    wan = next(line for line in real.before.splitlines() if line.startswith(" ip address 10.44.16."))
    result = real.apply(real.before.replace(wan, " ip address 198.51.100.2/30"))
    real.assert_reverted(result)
    assert time.monotonic() - begun >= WINDOW_S, "the timer was not needed: the path was not cut"


def test_a_wrong_key(real: RealBench, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "other")
    result = guarded_apply(
        replace(real.target, key_file=tmp_path / "other"), real.intended, probe=lambda: ProbeResult(True), timing=TIMING
    )
    assert result.outcome == "failed_untouched"
    real.assert_as_before()


def test_a_changed_host_key(real: RealBench, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    address = next(host.address for host in real.topology.hosts if host.name == ROUTER)
    (tmp_path / "hosts").write_text(f"{ROUTER},{address} {other}")
    result = guarded_apply(
        replace(real.target, known_hosts=tmp_path / "hosts"), real.intended, probe=lambda: ProbeResult(True)
    )
    assert result.outcome == "failed_untouched"
    assert "host key" in result.message.en
    real.assert_as_before()


def test_the_controller_is_killed(real: RealBench, tmp_path: Path) -> None:
    data = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(real.target).items()}
    order, marker = tmp_path / "order.json", tmp_path / "marker"
    order.write_text(json.dumps({"target": data, "intended": real.intended, "window_s": WINDOW_S}))
    script = Path(__file__).with_name("device_controller.py")
    controller = subprocess.Popen([sys.executable, str(script), str(order), str(marker)], cwd=script.parent)
    assert wait_for(marker.exists, 30)
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    assert real.apply().outcome == "refused"
    assert not wait_for_revert(real.target, timeout_s=40, poll_s=0.3).pending
    real.assert_as_before()


def test_another_guarded_change_is_pending(real: RealBench) -> None:
    """It is left alone, with its way back; then the router returns from it, and not to what it holds now."""
    real.arm_for_somebody_else("ip route 203.0.113.0/24 blackhole 200")
    result = real.apply()
    assert (result.outcome, result.commands_sent) == ("refused", ())
    assert "hntt-guard-revert.timer" in result.evidence["pending"]
    assert "wait" in result.message.en
    running = real.running()
    assert "203.0.113.0/24" in running
    assert CANARY not in running
    assert guard_status(real.target).pending
    assert not wait_for_revert(real.target, timeout_s=40, poll_s=0.3).pending
    real.assert_as_before()


def test_the_disk_is_full(real: RealBench) -> None:
    from hntt.lab.faults import fill_disk, free_disk

    fill_disk(real.topology, real.engine, ROUTER)
    try:
        result = real.apply()
    finally:
        free_disk(real.topology, real.engine, ROUTER)
    assert result.outcome == "refused", (result.message.en, result.evidence)
    assert "No space left" in result.message.en
    real.assert_as_before()


def test_at_last_the_change_is_confirmed_saved_and_not_repeated(real: RealBench) -> None:
    result = real.apply()
    assert (result.outcome, result.saved) == ("confirmed", True), (result.message.en, result.evidence)
    assert CANARY in real.startup()
    assert real.is_saved()
    assert real.apply().outcome == "unchanged"


def test_what_was_not_saved_is_saved_by_the_next_run_and_survives_a_restart(real: RealBench) -> None:
    real.converge()
    real.start_up_with(real.startup_before)
    assert not real.is_saved()
    checked = real.apply(check=True)
    assert (checked.outcome, CANARY in repr(checked)) == ("would_change", False)
    assert real.startup() == real.startup_before
    result = real.apply()
    assert (result.outcome, result.saved, result.commands_sent) == ("confirmed", True, ()), result.message.en
    assert real.is_saved()
    real.restart()
    assert real.is_saved()
    assert real.apply().outcome == "unchanged"


def test_a_full_disk_leaves_the_startup_file_whole(real: RealBench) -> None:
    """FRR itself would write what fits and say [OK]; see the next test."""
    from hntt.lab.faults import fill_disk, free_disk

    real.converge()
    real.start_up_with(real.startup_before)
    fill_disk(real.topology, real.engine, ROUTER)
    try:
        result = real.apply()
    finally:
        free_disk(real.topology, real.engine, ROUTER)
    assert (result.outcome, result.saved, result.ok) == ("confirmed", False, False)
    assert "No space left" in result.message.en
    assert real.startup() == real.startup_before
    assert real.apply().saved


def test_half_a_startup_file_is_told_though_frr_says_ok(real: RealBench, monkeypatch: pytest.MonkeyPatch) -> None:
    from hntt.lab.faults import fill_disk, free_disk

    monkeypatch.setattr(FrrGuard, "_prove_room", lambda self, link: None)
    # More than a block, so that not all of it fits where the old file was.
    longer = real.running() + "".join(f"ip route 198.18.{number}.0/24 blackhole 200\n" for number in range(250))
    result = real.apply(longer)
    assert result.saved, (result.message.en, result.evidence)
    real.start_up_with(real.startup_before)
    fill_disk(real.topology, real.engine, ROUTER)
    try:
        half = real.apply(longer)
    finally:
        free_disk(real.topology, real.engine, ROUTER)
    assert (half.outcome, half.saved) == ("confirmed", False)
    assert "reads back differently" in half.message.en
    assert not real.is_saved()
    assert real.apply(longer).saved
    assert real.is_saved()
