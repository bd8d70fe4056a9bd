"""What an audit says about units, and what a task is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit_bench import CANARY, LOGIN, NAME, ROLES, SECRETS, Bench, source

from hntt.audit.collect import audit_fleet
from hntt.audit.model import Audit, Cause, HostAudit, Outcome
from hntt.audit.scope import Scope
from hntt.audit.units import topic_of_path
from hntt.errors import UsageError
from hntt.intent.hostvars import host_vars
from hntt.intent.secrets import SecretValues
from hntt.play.audit_reports import action_result as audit_result
from hntt.play.units import action_result


class Silent:
    def step(self, done: int = 1) -> None:
        pass


def scope_of(unit: Bench, secrets: SecretValues = SECRETS, **more: Any) -> Scope:
    variables = {
        "hntt": host_vars(source().register, source().network, NAME),
        "ansible_host": unit.target.host,
        "ansible_port": unit.target.port,
        "hntt_known_hosts": str(unit.target.known_hosts),
        "hntt_connect_timeout_s": 2,
        **more,
    }
    return Scope({NAME: variables}, source().register, source().network, secrets, ROLES)


def audited(unit: Bench, **more: Any) -> HostAudit:
    (found,) = audit_fleet(scope_of(unit, **more), Silent()).hosts
    return found


def test_a_converged_unit_is_clean(converged: Bench) -> None:
    found = audited(converged)
    assert (found.outcome, found.changes, found.detail) == (Outcome.CLEAN, (), "")


def test_a_changed_leaf_is_drift_with_its_topic(converged: Bench) -> None:
    converged.unit.store.set("Network 1 QoS Diffserv Audio", "0")
    found = audited(converged)
    assert (found.outcome, found.repairable) == (Outcome.DRIFT, True)
    (change,) = found.changes
    assert (change.topic, change.cause) == ("qos", Cause.CHANGED)
    assert change.lines == ("- Network 1 QoS Diffserv Audio: 0", "+ Network 1 QoS Diffserv Audio: 46")


def test_a_unit_that_is_not_registered_is_drift_at_runtime(converged: Bench) -> None:
    converged.sip.registrar_up = False
    found = audited(converged)
    (change,) = found.changes
    assert (found.outcome, change.cause) == (Outcome.DRIFT, Cause.RUNTIME)
    assert change.lines[0] == "- Failed (Connection timed out)"


def test_a_path_that_is_missing_is_a_remark(converged: Bench) -> None:
    leaves = converged.unit.software.leaves
    fewer = {key: leaf for key, leaf in leaves.items() if key != "sip tlsverify"}
    converged.unit.store._software = replace(converged.unit.software, leaves=fewer)
    found = audited(converged)
    assert found.outcome is Outcome.CLEAN
    assert "SIP TlsVerify" in found.detail


@pytest.mark.parametrize(
    ("break_it", "outcome"),
    [
        (lambda unit: unit.fleet.change_host_key(NAME), Outcome.HOST_KEY_CHANGED),
        (lambda unit: setattr(unit.unit.faults, "refuse_auth", True), Outcome.AUTH_FAILED),
        (lambda unit: setattr(unit.unit.faults, "unreachable", True), Outcome.UNREACHABLE),
        (
            lambda unit: setattr(unit.unit, "software", replace(unit.unit.software, version="ce77.1")),
            Outcome.FAILED,
        ),
    ],
)
def test_what_goes_wrong_is_told_apart(unit: Bench, break_it: Callable[[Bench], None], outcome: Outcome) -> None:
    break_it(unit)
    found = audited(unit)
    assert found.outcome is outcome
    assert found.detail


def test_a_unit_whose_key_nobody_recorded_is_not_asked(unit: Bench, tmp_path: Path) -> None:
    found = audited(unit, hntt_known_hosts=str(tmp_path / "none"))
    assert found.outcome is Outcome.NOT_BUILT
    assert unit.unit.requests == []


def test_the_login_is_the_vaults(unit: Bench) -> None:
    assert audited(unit, secrets=SecretValues({"sip": "x", "vcs_password": "wrong"})).outcome is Outcome.AUTH_FAILED
    assert audited(unit, secrets=SecretValues({"sip": "x", f"vcs_password/{NAME}": LOGIN})).outcome is Outcome.DRIFT


def test_a_secret_that_is_missing_stops_the_audit_by_name(unit: Bench) -> None:
    with pytest.raises(UsageError, match=r"sip/vcs\.le-thuy"):
        audited(unit, secrets=SecretValues({"vcs_password": LOGIN}))


def test_units_are_a_wave_of_their_own(unit: Bench) -> None:
    audit: Audit = audit_fleet(scope_of(unit), Silent())
    told = audit_result(audit, {}, converging=True)
    assert told["waves"]["hntt_units"] == [NAME]
    assert CANARY not in repr(told)


def test_a_task_that_did_not_register_fails_and_says_what_to_do(unit: Bench) -> None:
    unit.sip.registrar_up = False
    told = action_result(scope_of(unit), unit.apply())
    assert (told["changed"], told["failed"]) == (True, True)
    assert told["hntt_next"]
    assert CANARY not in repr(told)


def test_a_task_tells_the_pending_restart_and_the_difference(unit: Bench) -> None:
    told = action_result(scope_of(unit), unit.apply())
    assert (told["changed"], told.get("failed", False)) == (True, False)
    assert "SerialPort LoginRequired" in told["msg"]
    assert '+ SIP URI: "404481@hntt.quangbinh.example"' in told["diff"][0]["prepared"]


@pytest.mark.parametrize(
    ("path", "topic"),
    [
        ("Network 1 QoS Diffserv Audio", "qos"),
        ("NetworkServices SIP Mode", "calls"),
        ("NetworkServices HTTP Mode", "management"),
        ("NTP Server 1 Address", "time"),
        ("Audio DefaultVolume", "other"),
    ],
)
def test_every_leaf_has_a_topic(path: str, topic: str) -> None:
    assert topic_of_path(path) == topic
