"""The case folders of the CLI devices, and a simulated device to play commands on without a network."""

from __future__ import annotations

from pathlib import Path

from hntt.devices import get_platform
from hntt.lab.simulators.device import Settings, SimDevice
from hntt.lab.simulators.fleet import Simulated, make_device

PLATFORMS = ("cisco_ios", "frr", "mikrotik_routeros")
CASES = Path(__file__).parents[2] / "cases" / "devices"


def remediation_cases() -> list[Path]:
    """All folders with a running and an intended configuration."""
    return sorted(path.parent for path in CASES.glob("*/remediation/*/running.txt"))


def case_id(folder: Path) -> str:
    return f"{folder.parts[-3]}-{folder.name}"


def device_with(platform: str, config: str) -> SimDevice:
    """A simulated device that runs this configuration."""
    return make_device("rt.case", Simulated(platform, get_platform(platform).normalise(config), Settings()))


def play(device: SimDevice, commands: tuple[str, ...]) -> None:
    """Enter commands as the guard does; fails on the first that the device rejects."""
    session = device.session("tester")
    has_mode = device.platform != "mikrotik_routeros"
    for line in ["configure terminal", *commands, "end"] if has_mode else commands:
        answer = session.answer(line)
        error = get_platform(device.platform).quirks.error_in(answer)
        assert error is None, f"{line!r}: {error}"
