"""The unit after the role: what it shows is what the server saw; and what a change must not do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from lab import PROJECT, UNIT, lab

from hntt.devices.roomos import UnitState, apply_unit, open_unit, read_units
from hntt.devices.target import Target
from hntt.intent.secrets import SecretValues
from hntt.intent.vcs import UnitIntent, render_unit, unit_facts, unit_settings
from hntt.inventory.source import read_source
from hntt.lab.secrets import ensure_secrets

SOURCE = read_source(PROJECT / "inventories/quang_binh/register")
NUMBER = SOURCE.network.devices[UNIT].extension


def target() -> Target:
    state = lab()
    return Target(
        UNIT, "cisco_roomos", UNIT, "hntt", state.known_hosts, key_file=state.identity, ssh_config=state.ssh_config
    )


def intent() -> UnitIntent:
    settings = unit_settings(PROJECT / "roles", {})
    facts = unit_facts(SOURCE.register, SOURCE.network, UNIT, settings)
    return render_unit(facts, SecretValues(ensure_secrets(lab().secrets)))


def look() -> UnitState:
    reading = read_units([target()])[UNIT]
    assert reading.state is not None, reading.error
    return reading.state


def centre() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((lab().state_dir / "centre.json").read_text(encoding="utf-8"))
    return data


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.5)


async def _command(words: str, arguments: str = "") -> None:
    async with open_unit(target()) as session:
        await session.command(words, arguments)


async def _set(path: str, written: str) -> None:
    async with open_unit(target()) as session:
        await session.set(path, written)


def run(work: Any) -> None:
    asyncio.run(work)


@pytest.fixture
def in_a_call() -> Any:
    run(_command("Dial", "Number: 2006"))
    until(lambda: len(centre()["calls"]) == 1)
    yield
    run(_command("Call Disconnect"))
    until(lambda: not centre()["calls"])


def test_the_unit_is_registered_as_the_server_saw_it() -> None:
    assert look().registration.ok
    until(lambda: NUMBER in centre()["registered"])


def test_a_second_run_has_nothing_to_do() -> None:
    assert apply_unit(target(), intent()).outcome == "unchanged"


def test_a_hand_edit_is_brought_back() -> None:
    run(_set("Network 1 QoS Diffserv Video", "0"))
    result = apply_unit(target(), intent())
    assert (result.outcome, len(result.commands_sent)) == ("confirmed", 1)
    assert look().leaves["Network 1 QoS Diffserv Video"] == "34"


def test_a_wrong_password_on_the_unit_is_mended() -> None:
    run(_set("SIP Authentication Password", '"by hand"'))
    until(lambda: look().registration.status == "Failed", 30)
    result = apply_unit(target(), intent())
    assert result.evidence["registration"] == "Registered", result


def test_a_unit_in_a_call_is_left_alone(in_a_call: None) -> None:
    assert len(look().calls) == 1
    run(_set("SystemUnit Name", '"by hand"'))
    assert apply_unit(target(), intent()).outcome == "refused"
    assert apply_unit(target(), intent(), reason="the scenario wants it").outcome == "confirmed"
    assert len(centre()["calls"]) == 1


def test_settings_and_registration_survive_a_restart() -> None:
    before = look().leaves
    run(_command("SystemUnit Boot", "Action: Restart"))
    time.sleep(1)
    until(lambda: read_units([target()])[UNIT].state is not None)
    until(lambda: look().registration.ok)
    assert look().leaves == before


def test_the_unit_s_secrets_are_its_owner_s() -> None:
    words = [str(PROJECT / ".venv/bin/hntt"), "lab", "exec", UNIT, "--", "find", "/var/lib/hntt-vcs", "/etc/hntt-vcs"]
    done = subprocess.run(
        [*words, "-name", "*.json", "-perm", "/077"],
        capture_output=True,
        text=True,
        check=True,
        env={
            "HNTT_LAB_NAME": lab().name,
            "HNTT_LAB_DIR": str(lab().state_dir),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        },
    )
    assert done.stdout == ""
