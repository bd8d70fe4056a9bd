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
from hntt.devices.mechanism import Link
from hntt.devices.platform import same_configuration
from hntt.devices.results import ApplyResult, ProbeResult

pytestmark = [pytest.mark.lab, pytest.mark.slow]

sys.path.append(str(Path(__file__).parents[1] / "lab"))

ROUTER = "rt.x1"
WINDOW_S = 8
TIMING = Timing(reconnect_s=2.0, poll_s=0.3, margin_s=30.0)
CANARY = "Canary-S3cret"


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
        self.before = self.running()
        self.startup_before = self.startup()
        self.intended = self.before + "\n".join(
            [
                "key chain hntt-test",
                " key 1",
                "  cryptographic-algorithm hmac-sha-256",
                f"  key-string {CANARY}",
                "ip route 192.0.2.0/24 blackhole 200",
                "interface lan",
                " description conference LAN",
                "interface ln99",
                " description a line that is not there yet",
                " ip ospf cost 77",
                "",
            ]
        )

    def running(self) -> str:
        result = read_fleet([self.target])[ROUTER]
        assert result.status == "ok", result.detail
        return result.text

    def startup(self) -> str:
        link = Link(self.target, self.platform)
        try:
            return link.shell.run("sudo -n cat /etc/frr/frr.conf")[1]
        finally:
            link.fresh()

    def apply(self, intended: str | None = None, **options: Any) -> ApplyResult:
        options = {"probe": lambda: ProbeResult(True), "confirm_timeout_s": WINDOW_S, "timing": TIMING, **options}
        return guarded_apply(self.target, intended or self.intended, **options)

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


# One line of each kind: a new section, its lines, a global line, lines of a known and of an unknown interface.
@pytest.mark.parametrize("number", [1, 4, 7, 9, 12])
def test_the_session_is_cut_in_the_middle(real: RealBench, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from hntt.lab.faults import kill_sessions

    when_line(monkeypatch, number, lambda: kill_sessions(real.topology, real.engine, ROUTER, user="hntt-net"))
    result = real.apply()
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
    assert "hntt-test" in real.startup()
    assert real.apply().outcome == "unchanged"
