"""A unit becomes what is wanted of it: only what differs is sent, read back, registered; a second run does nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from unit_bench import CANARY, Bench, bench, intent, with_values

PASSWORD = "SIP Authentication Password"


@pytest.mark.parametrize("software", ["ce9", "roomos11"])
def test_a_unit_from_the_factory_becomes_what_the_register_says(software: str, tmp_path: Path) -> None:
    with bench(tmp_path, software) as made:
        result = made.apply()
        assert (result.outcome, result.evidence["registration"]) == ("confirmed", "Registered")
        assert made.value("SIP URI") == "404481@hntt.quangbinh.example"
        assert made.value("SIP DisplayName") == "UBND huyện Lệ Thủy"
        assert made.value("Network 1 QoS Diffserv Video") == "34"
        assert made.value(PASSWORD) == CANARY
        assert made.apply().outcome == "unchanged"


def test_only_what_differs_is_sent(converged: Bench) -> None:
    converged.unit.store.set("Network 1 QoS Diffserv Audio", "0")
    converged.unit.store.set("SIP DisplayName", "Phòng họp")
    result = converged.apply()
    assert result.outcome == "confirmed"
    assert result.commands_sent == (
        "xConfiguration Network 1 QoS Diffserv Audio: 46",
        'xConfiguration SIP DisplayName: "UBND huyện Lệ Thủy"',
    )
    assert converged.sets == 2


def test_all_settings_are_read_in_one_answer(converged: Bench) -> None:
    converged.apply()
    assert converged.unit.requests.count("xconfiguration ") == 1


def test_check_mode_tells_what_would_be_sent_and_sends_nothing(unit: Bench) -> None:
    before = unit.values()
    told = unit.apply(check=True)
    assert told.outcome == "would_change"
    assert unit.values() == before
    assert unit.sets == 0
    done = unit.apply()
    assert told.diff == done.diff
    assert len(done.commands_sent) == len([line for line in told.diff.splitlines() if line.startswith("+ ")])


def test_check_mode_on_a_converged_unit_tells_that_there_is_nothing_to_do(converged: Bench) -> None:
    assert converged.apply(check=True).outcome == "unchanged"


def test_the_password_is_sent_only_while_the_unit_is_not_registered(converged: Bench) -> None:
    converged.unit.store.set("SystemUnit Name", "Somebody's")
    converged.apply()
    assert not any(PASSWORD in request for request in converged.unit.requests)


def test_a_wrong_password_shows_in_the_registration_and_is_mended(converged: Bench) -> None:
    converged.unit.store.set(PASSWORD, "changed by hand")
    converged.fleet.run(converged.unit.start())
    result = converged.apply()
    assert result.outcome == "confirmed"
    assert result.evidence["registration_before"] == "Failed (401 Unauthorized)"
    assert result.commands_sent == (f"xConfiguration {PASSWORD}: <***>",)
    assert converged.value(PASSWORD) == CANARY


def test_a_registration_under_way_is_no_reason_to_send_the_password(converged: Bench) -> None:
    async def change_by_hand() -> None:
        converged.unit._keep("Network 1 QoS Diffserv Video", "0")

    converged.fleet.run(change_by_hand())
    assert converged.unit.is_registering_anew
    assert converged.apply().commands_sent == ("xConfiguration Network 1 QoS Diffserv Video: 34",)


def test_a_unit_that_its_server_does_not_take_is_set_and_told_so(tmp_path: Path) -> None:
    with bench(tmp_path, password="another one") as made:
        result = made.apply()
        assert result.outcome == "confirmed"
        assert result.evidence["registration"] == "Failed (401 Unauthorized)"
        assert "does not register it" in result.message.en


def test_a_pending_restart_is_reported(unit: Bench) -> None:
    assert unit.apply().evidence["restart_pending"] == "SerialPort LoginRequired"
    assert unit.unit.store.restart_pending == {"SerialPort LoginRequired"}


def test_a_path_that_the_software_lacks_is_told_and_is_no_difference(converged: Bench) -> None:
    software = converged.unit.software
    fewer = {key: leaf for key, leaf in software.leaves.items() if key != "network 1 dns domain name"}
    converged.unit.store._software = replace(software, leaves=fewer)
    result = converged.apply()
    assert result.outcome == "unchanged"
    assert result.evidence["absent"] == "Network 1 DNS Domain Name"


def test_a_unit_in_a_call_is_left_alone(converged: Bench) -> None:
    converged.fleet.run(converged.sip.dial("1000"))
    converged.unit.store.set("SystemUnit Name", "Somebody's")
    result = converged.apply()
    assert result.outcome == "refused"
    assert converged.sets == 0
    assert converged.value("SystemUnit Name") == "Somebody's"


def test_a_unit_in_a_call_is_changed_for_a_reason_that_is_recorded(converged: Bench) -> None:
    converged.fleet.run(converged.sip.dial("1000"))
    converged.unit.store.set("SystemUnit Name", "Somebody's")
    result = converged.apply(reason="the chair asks for it")
    assert (result.outcome, result.reason) == ("confirmed", "the chair asks for it")
    assert converged.value("SystemUnit Name") == "vcs.le-thuy"


def test_a_unit_in_a_call_with_nothing_to_do_is_unchanged(converged: Bench) -> None:
    converged.fleet.run(converged.sip.dial("1000"))
    assert converged.apply().outcome == "unchanged"


def test_no_secret_leaves_with_a_result(unit: Bench) -> None:
    results = [unit.apply(check=True), unit.apply(), unit.apply()]
    for result in results:
        assert CANARY not in repr(result)
    assert CANARY not in repr(intent())


def test_the_authority_is_trusted_once(unit: Bench) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    wanted = intent(vcs_authority=pem)
    assert unit.apply(wanted).outcome == "confirmed"
    assert "xcommand Security Certificates CA Add" in unit.unit.requests
    assert not unit.unit.authorities.add(pem)
    unit.unit.store.set(PASSWORD, "changed by hand")
    unit.fleet.run(unit.unit.start())
    assert unit.apply(wanted).outcome == "confirmed", "an authority that is there already is no fault"


def test_settings_survive_a_restart_of_the_unit(converged: Bench, tmp_path: Path) -> None:
    kept = json.loads((tmp_path / "configuration.json").read_text(encoding="utf-8"))
    assert kept["SIP URI"] == "404481@hntt.quangbinh.example"
    assert (tmp_path / "configuration.json").stat().st_mode & 0o777 == 0o600


def test_a_text_with_quotes_arrives_as_it_is(unit: Bench) -> None:
    name = 'Phòng "A" \\ 2'
    assert unit.apply(with_values(intent(), name=name)).outcome == "confirmed"
    assert unit.value("SystemUnit Name") == name
