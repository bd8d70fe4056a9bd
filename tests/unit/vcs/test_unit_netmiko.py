"""What netmiko's own driver does with a unit, measured: the traps that ours is built around, and that ours has none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from netmiko import ConnectHandler
from netmiko.exceptions import ReadTimeout
from unit_bench import LOGIN, Bench

from hntt.devices.roomos import read_units

ANCHORED = r"\n(OK|ERROR|Command not recognized\.)\n"


@pytest.fixture
def netmiko_session(converged: Bench) -> Iterator[object]:
    session = ConnectHandler(
        device_type="cisco_tp",
        host=converged.target.host,
        port=converged.target.port,
        username="hntt",
        password=LOGIN,
        use_keys=False,
        allow_agent=False,
        ssh_strict=True,
        alt_host_keys=True,
        alt_key_file=str(converged.target.known_hosts),
    )
    yield session
    session.disconnect()


def test_its_prompt_is_a_constant(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    assert netmiko_session.find_prompt() == "OK"


def test_its_own_pattern_never_matches(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadTimeout):
        netmiko_session.send_command("xStatus Standby", read_timeout=1)


def test_an_anchored_pattern_reads_past_a_value_that_is_ok(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    answer = netmiko_session.send_command("xStatus Video Input", expect_string=ANCHORED)
    assert "Connector 2 SignalState: Unknown" in answer


def test_even_the_anchored_pattern_ends_a_command_before_its_result(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    answer = netmiko_session.send_command("xCommand Standby Activate", expect_string=r"\nOK\n")
    assert answer.startswith("\nOK\n")
    assert (
        netmiko_session.send_command("xCommand Standby Activate", expect_string=r"\*\* end\n").count("status=OK") == 1
    )


def test_it_has_no_configuration_set(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadTimeout):
        netmiko_session.send_config_set(["xConfiguration SystemUnit Name: a"], read_timeout=1)


def test_it_can_not_save(netmiko_session) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotImplementedError):
        netmiko_session.save_config()


def test_ours_reads_everything_in_a_fraction_of_its_login(converged: Bench) -> None:
    reading = read_units([converged.target])[converged.target.name]
    assert reading.state is not None
    assert len(reading.state.leaves) > 200
    assert reading.seconds < 2
