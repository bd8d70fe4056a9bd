"""A router to break: what the fault tests need to know of it, whether it is simulated or real.

``unguard`` takes single steps out of the guard. It exists only here, to show that each fault test fails without
the step it is about.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from hntt.devices import Target, get_platform
from hntt.devices.change import Change
from hntt.devices.guard import Timing, guarded_apply
from hntt.devices.guards import mechanism_for
from hntt.devices.mechanism import Link
from hntt.devices.platform import same_configuration
from hntt.devices.results import ApplyResult, ProbeResult
from hntt.devices.settle import _Settling
from hntt.lab.simulators.device import Settings, SimDevice
from hntt.lab.simulators.faults import Faults
from hntt.lab.simulators.fleet import Fleet, Simulated

PLATFORMS = ("cisco_ios", "frr", "mikrotik_routeros")
CASES = Path(__file__).parents[2] / "cases" / "devices"
CANARY = "Canary-S3cret"
PASSWORD = "example-password"
NAME = "rt.an-thuy.le-thuy"
# No timer fires by itself in the time of a test, however busy the machine: the tests say when time has passed.
WINDOW_S = 300
QUICK = Timing(reconnect_s=1.0, poll_s=0.02, margin_s=30.0)
SHORT_S = 1
TIME_IS_UP = replace(QUICK, margin_s=-float(WINDOW_S))

# A line in the middle of each platform's change.
MIDDLE = {
    "cisco_ios": "^description wan",
    "frr": "^ip ospf area 1",
    "mikrotik_routeros": "^/routing ospf interface-template",
}


# As many lines that the next ones do not depend on what they did.
BEFORE_MORE = {"cisco_ios": 8, "frr": 4, "mikrotik_routeros": 3}


def running_text(platform: str) -> str:
    return (CASES / platform / "fault" / "running.txt").read_text(encoding="utf-8")


def intended_text(platform: str) -> str:
    return (CASES / platform / "fault" / "intended.txt").read_text(encoding="utf-8")


def every_line() -> list[tuple[str, int]]:
    """Every configuration line of every platform's change, as (platform, number)."""
    cases: list[tuple[str, int]] = []
    for platform in PLATFORMS:
        commands = get_platform(platform).remediate(running_text(platform), intended_text(platform)).commands
        lines = [line.strip() for line in commands if line.strip() != "exit"]
        cases += [(platform, number) for number in range(1, len(lines) + 1)]
    return cases


class Bench:
    """One simulated router with the configuration ``fault/running.txt`` and a target that reaches it."""

    def __init__(self, platform: str, fleet: Fleet, folder: Path, name: str = NAME) -> None:
        self.name = name
        self.platform = get_platform(platform)
        self.fleet = fleet
        self.device: SimDevice = fleet.device(self.name)
        self.intended = intended_text(platform)
        self.before = self.device.running()
        self.startup_before = self.device.startup()
        self.target = Target(
            name=self.name,
            platform=platform,
            host=fleet.address,
            port=fleet.port(self.name),
            user="hntt",
            cli_user="hntt-net" if platform == "frr" else None,
            password=PASSWORD,
            known_hosts=fleet.write_known_hosts(folder / "known_hosts"),
            connect_timeout_s=20.0,
            read_timeout_s=20.0,
        )

    @property
    def faults(self) -> Faults:
        return self.device.faults

    def apply(self, probe: Callable[[], ProbeResult] = lambda: ProbeResult(True), **options: Any) -> ApplyResult:
        options = {"confirm_timeout_s": WINDOW_S, "timing": QUICK, **options}
        return guarded_apply(self.target, self.intended, probe=probe, **options)

    def apply_while_time_passes(self) -> ApplyResult:
        """Apply; the router's timers fire once it has turned somebody away."""

        def clock() -> None:
            if wait_for(lambda: self.device.turned_away > 0, 60):
                self.fleet.let_time_pass(self.name)

        thread = threading.Thread(target=clock)
        thread.start()
        try:
            return self.apply()
        finally:
            thread.join()

    def is_as_before(self) -> bool:
        return same_configuration(self.platform, self.device.running(), self.before)

    def is_as_intended(self) -> bool:
        return not self.platform.remediate(self.device.running(), self.intended)

    def starts_as_before(self) -> bool:
        """RouterOS has no startup configuration of its own; the others must not have written theirs."""
        return self.platform.name == "mikrotik_routeros" or self.device.startup() == self.startup_before

    def restart(self) -> None:
        """The router loses power and comes back with what it has stored."""

        async def power_cut() -> None:
            self.device.reboot()

        self.fleet.run(power_cut())
        assert wait_for(lambda: not self.device.path_down)

    def arm_for_somebody_else(self, *lines: str, window_s: int = WINDOW_S) -> None:
        """Another controller has armed the guard, sent these lines, and is not heard of again."""
        link, mechanism = Link(self.target, self.platform), mechanism_for(self.platform.name)
        mechanism.arm(link, link.running(), lines, window_s)
        mechanism.send(link, lines, lambda line: None)
        link.fresh()

    def confirm_for_somebody_else(self) -> None:
        """Somebody confirms what is pending, whoever armed it."""
        link = Link(self.target, self.platform)
        mechanism_for(self.platform.name).confirm(link)
        link.fresh()

    def let_the_timer_run_out_while_sending(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The router's timer fires, and the controller's clock says so, when ``BEFORE_MORE`` lines were accepted."""
        demand = Link.demand
        late = iter([True])

        def slow(link: Link, command: str, **options: Any) -> str:
            answer = demand(link, command, **options)
            if self.device.accepted_lines == BEFORE_MORE[self.platform.name] and next(late, False):
                self._go_back(monkeypatch)
            return answer

        monkeypatch.setattr(Link, "demand", slow)

    def go_back_while_confirming(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The router's way back begins and ends while the controller confirms, which then sees nothing pending."""

        def too_late(link: Link) -> None:
            self._go_back(monkeypatch)
            link.fresh()

        monkeypatch.setattr(mechanism_for(self.platform.name), "confirm", too_late)

    def _go_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fleet.let_time_pass(self.name)
        assert wait_for(lambda: self.is_as_before() and not self.device.path_down)
        monkeypatch.setattr(Change, "timer_may_have_fired", True)

    def let_time_pass_after_asking_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The router is asked to go back, and then its timer fires as well."""
        mechanism = mechanism_for(self.platform.name)
        ask = mechanism.revert_now

        def asked(link: Link) -> bool:
            try:
                return ask(link)
            finally:
                self.fleet.let_time_pass(self.name)

        monkeypatch.setattr(mechanism, "revert_now", asked)

    def with_password(self, password: str) -> Bench:
        self.target = replace(self.target, password=password)
        return self

    def through_a_proxy(self, folder: Path) -> None:
        """Reach the router by a command, as the lab's routers are reached."""
        relay = Path(__file__).with_name("device_relay.py")
        config = folder / "ssh_config"
        config.write_text(
            f"Host *\n  Port {self.target.port}\n  ProxyCommand {sys.executable} {relay} %h %p\n", encoding="utf-8"
        )
        self.target = replace(self.target, ssh_config=config)

    def start_controller(self, folder: Path, *, guarded: bool = True) -> tuple[subprocess.Popen[bytes], Path]:
        """A controller in a process of its own that stops in its probe, between arming and confirming."""
        order = folder / "order.json"
        data = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self.target).items()}
        order.write_text(json.dumps({"target": data, "intended": self.intended, "window_s": WINDOW_S}))
        marker = folder / "in-the-probe"
        arguments = [str(order), str(marker), *([] if guarded else ["unguarded"])]
        script = Path(__file__).with_name("device_controller.py")
        return subprocess.Popen([sys.executable, str(script), *arguments], cwd=script.parent), marker


def make_fleet(platforms: Mapping[str, str]) -> Fleet:
    """Simulated routers by name and platform."""
    return Fleet(
        {
            name: Simulated(platform, running_text(platform), Settings(password=PASSWORD))
            for name, platform in platforms.items()
        }
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _arm_nothing(link: Link, *_: object) -> None:
    if link.platform.name == "cisco_ios":  # there arming also enters the configuration mode
        link.demand("configure terminal")


def unguard(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Take out the arming, and with it every way back."""
    mechanism = mechanism_for(platform)
    monkeypatch.setattr(mechanism, "arm", _arm_nothing)
    monkeypatch.setattr(mechanism, "window_s", lambda seconds: seconds)
    monkeypatch.setattr(_Settling, "_restore", lambda self, running: None)


def blind_once(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """The guard's first look for a pending guard sees nothing."""
    mechanism = mechanism_for(platform)
    looked = type(mechanism).pending
    looks = iter([None])

    def blind(link: Link) -> str | None:
        for nothing in looks:
            return nothing
        return looked(mechanism, link)

    monkeypatch.setattr(mechanism, "pending", blind)


def ignore_pending(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Take out the look for a pending guard, and the device's own refusal to arm a second one."""
    blind_once(monkeypatch, platform)
    monkeypatch.setattr(mechanism_for(platform), "arm", _arm_nothing)
