"""Reading a fleet at once, from simulated routers in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from device_cases import CASES, PLATFORMS

from hntt.devices import Target, get_platform
from hntt.devices.fleet import read_fleet
from hntt.devices.platform import same_configuration
from hntt.lab.simulators.__main__ import main
from hntt.lab.simulators.device import Settings
from hntt.lab.simulators.faults import Faults
from hntt.lab.simulators.fleet import Fleet, Simulated


def config(platform: str) -> Path:
    return CASES / platform / "fault" / "running.txt"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[dict[str, Target]]:
    """Six routers, two per platform, run by ``python -m hntt.lab.simulators``; key authentication."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "id")
    key.write_public_key(tmp_path / "id.pub")
    routers = {
        f"rt.{platform}-{number}".replace("_", "-"): {
            "platform": platform,
            "config": str(config(platform)),
            "host_key": str(tmp_path / "keys" / f"{platform}-{number}"),
            "authorized_keys": str(tmp_path / "id.pub"),
        }
        for platform in PLATFORMS
        for number in (1, 2)
    }
    spec = {"pid_file": str(tmp_path / "pid"), "known_hosts": str(tmp_path / "known_hosts"), "routers": routers}
    (tmp_path / "fleet.json").write_text(json.dumps(spec))
    command = [sys.executable, "-m", "hntt.lab.simulators", "--spec", str(tmp_path / "fleet.json")]
    running = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield dict(_targets(tmp_path, {name: str(router["platform"]) for name, router in routers.items()}))
    finally:
        running.terminate()
        assert running.wait(timeout=10) == 0
    assert not (tmp_path / "pid").exists()


def _targets(folder: Path, platforms: dict[str, str]) -> Iterator[tuple[str, Target]]:
    for line in (folder / "known_hosts").read_text().splitlines():
        places = line.split()[0].split(",")
        name, port = places[1].strip("[").split("]:")
        yield (
            name,
            Target(
                name=name,
                platform=platforms[name],
                host="127.0.0.1",
                port=int(port),
                user="hntt",
                cli_user="hntt-net" if platforms[name] == "frr" else None,
                known_hosts=folder / "known_hosts",
                key_file=folder / "id",
            ),
        )


def test_all_platforms_are_read_at_once_and_failures_are_told_apart(process: dict[str, Target], tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    other.write_private_key(tmp_path / "other")
    good = dict(process)
    ports = [target.port for target in good.values()]
    lines = (tmp_path / "known_hosts").read_text().splitlines()
    swapped = tmp_path / "swapped"
    swapped.write_text(f"[127.0.0.1]:{ports[0]} {lines[1].split(' ', 1)[1]}\n")
    bad = {
        "gone": replace(good["rt.frr-1"], name="gone", port=1),
        "refused": replace(good["rt.frr-1"], name="refused", key_file=tmp_path / "other"),
        "swapped": replace(good["rt.cisco-ios-1"], name="swapped", port=ports[0], known_hosts=swapped),
    }
    results = read_fleet([*good.values(), *bad.values()])
    for name, target in good.items():
        assert results[name].status == "ok", results[name].detail
        platform = get_platform(target.platform)
        assert same_configuration(platform, results[name].text, config(target.platform).read_text())
    assert [results[name].status for name in bad] == ["unreachable", "auth_failed", "hostkey_changed"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_silent_device_does_not_hold_up_the_others(platform: str, tmp_path: Path) -> None:
    text = config(platform).read_text()
    slow = Settings(password="pw", faults=Faults(slow_s=30))
    with Fleet({"slow": Simulated(platform, text, slow), "quick": Simulated(platform, text, Settings("pw"))}) as fleet:
        hosts = fleet.write_known_hosts(tmp_path / "known_hosts")
        targets = [
            Target(
                name, platform, "127.0.0.1", "hntt", hosts, port=fleet.port(name), cli_user="hntt-net", password="pw"
            )
            for name in ("slow", "quick")
        ]
        results = read_fleet(targets, timeout_s=3)
    assert (results["slow"].status, results["quick"].status) == ("unreachable", "ok")


def test_pages_are_turned_and_an_enable_secret_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = get_platform("cisco_ios")
    monkeypatch.setitem(platform.quirks.extra, "fleet", {"before": [], "enter": "\n"})
    text = config("cisco_ios").read_text()
    with Fleet({"rt": Simulated("cisco_ios", text, Settings("pw", secret="enable-me"))}) as fleet:
        hosts = fleet.write_known_hosts(tmp_path / "known_hosts")
        target = Target(
            "rt", "cisco_ios", "127.0.0.1", "hntt", hosts, port=fleet.port("rt"), password="pw", secret="enable-me"
        )
        result = read_fleet([target])["rt"]
    assert result.status == "ok", result.detail
    assert "More" not in result.text
    assert same_configuration(platform, result.text, text)


def test_an_unusable_fleet_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "fleet.json"
    spec.write_text('{"routers": {"rt": {"platform": "frr"}}}')
    assert main(["--spec", str(spec)]) == 2
    assert "config" in capsys.readouterr().err
