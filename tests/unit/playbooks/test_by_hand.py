"""What nobody declared how to undo is left to people, and told with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hntt.audit.linux import Drift
from hntt.audit.linux_changes import changes_from_drift
from hntt.audit.model import Audit, Host, HostAudit, Outcome
from hntt.i18n import set_language
from hntt.play.audit_reports import action_result
from hntt.play.by_hand import endings_at_the_end, what_to_do
from hntt.play.meeting_guard import Guard

PORT = Drift("listening", "tcp/8099 on 0.0.0.0", "closed", "nc", "error", "undeclared")
SILENT = Drift("listening", "udp/69 on *", "dnsmasq", "nobody listens", "error", "runtime")
FILE = Drift("file", "/etc/motd", "declared content", "other content", "error", "changed")
LEFT_OVER = Drift("file", "/etc/nftables.d/old.nft", "absent", "present", "error", "left_over")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def found(name: str, *drifts: Drift, outcome: Outcome = Outcome.DRIFT) -> HostAudit:
    repairable = any(drift.repairable for drift in drifts)
    return HostAudit(Host(name, "noc"), outcome, changes_from_drift(drifts), repairable=repairable)


def audit(*hosts: HostAudit) -> Audit:
    return Audit(hosts, datetime(2026, 11, 28, tzinfo=UTC), 1.0)


def test_a_host_with_nothing_else_is_in_no_wave_and_by_hand() -> None:
    told = action_result(audit(found("a", PORT), found("b", FILE, LEFT_OVER)), {}, converging=True)
    assert told["waves"]["hntt_noc"] == ["b"]
    assert told["waves"]["hntt_by_hand"] == ["a"]
    assert told["not_well"] == {}
    assert told["by_hand"]["a"]["msg"] == ("to be put right by hand: tcp/8099 on 0.0.0.0: there, declared by nobody")
    assert told["hntt_report"]["by_hand"] == {
        "a": ["tcp/8099 on 0.0.0.0: stop the program that holds it (nc), or declare it in the host's role"]
    }


def test_a_host_with_both_is_changed_and_looked_at_again() -> None:
    told = action_result(audit(found("a", PORT, FILE)), {}, converging=True)
    assert told["waves"]["hntt_noc"] == told["waves"]["hntt_by_hand"] == ["a"]
    assert told["hntt_report"]["by_hand"] == {}, "not before it has been looked at again"
    assert endings_at_the_end(told["by_hand"], [found("a", outcome=Outcome.CLEAN)]) == {}
    assert endings_at_the_end(told["by_hand"], [found("a", PORT)])["a"]["kind"] == "by_hand"
    gone = HostAudit(Host("a", "noc"), Outcome.UNREACHABLE, detail="no route")
    assert endings_at_the_end(told["by_hand"], [gone])["a"]["kind"] == "unreachable"


def test_what_only_does_not_work_counts_where_no_change_can_bring_it_to_work() -> None:
    told = action_result(audit(found("a", SILENT, FILE), found("b", SILENT)), {}, converging=True)
    assert told["waves"]["hntt_by_hand"] == ["b"]
    assert told["by_hand"]["b"]["next"] == "see why dnsmasq does not run"


def test_an_audit_that_changes_nothing_leaves_nothing_to_people() -> None:
    assert action_result(audit(found("a", PORT)), {})["by_hand"] == {}


def test_a_device_in_a_meeting_ends_as_left_alone_only() -> None:
    guard = Guard({"a": "room 2006"})
    told = action_result(audit(found("a", PORT, FILE)), {}, converging=True, guard=guard)
    assert told["waves"]["hntt_by_hand"] == []
    assert told["not_well"]["a"]["kind"] == "failed"


def test_a_host_that_could_not_be_read_whole_ends_as_that() -> None:
    told = action_result(audit(found("a", PORT, outcome=Outcome.FAILED)), {}, converging=True)
    assert told["waves"]["hntt_by_hand"] == []
    assert told["not_well"]["a"]["kind"] == "failed"


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (Drift("user", "lan", "no login", "login with /bin/sh", "error", "undeclared"), "userdel lan"),
        (Drift("user", "lan group sudo", "not a member", "member", "error", "undeclared"), "gpasswd -d lan sudo"),
        (Drift("key", "lan ssh-rsa …x", "not accepted", "accepted", "error", "undeclared"), "authorized_keys of lan"),
        (Drift("unit", "x.service", "not enabled", "enabled", "error", "undeclared"), "systemctl disable --now x.serv"),
        (Drift("unit", "x.service", "not failed", "failed", "error", "runtime"), "journalctl -u x.service"),
        (Drift("sudo", "lan ALL", "no such rule", "in force", "error", "undeclared"), "/etc/sudoers.d"),
        (Drift("file", "/etc/x.d/y", "absent", "present", "error", "undeclared"), "rm /etc/x.d/y"),
        (Drift("transaction", "t1", "finished", "guarded", "error", "pending"), "run again in some minutes"),
        (Drift("key", "lan ssh-rsa …x", "accepted", "not accepted", "error", "missing"), "add it on the host"),
    ],
)
def test_each_says_what_to_do(drift: Drift, words: str) -> None:
    (change,) = changes_from_drift([drift])
    assert change.by_hand
    assert words in what_to_do(change)
