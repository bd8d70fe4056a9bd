"""How hosts are reached, whose keys are on record, and what differences mean."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from hntt.audit.changes import changes_from_diff
from hntt.audit.daemons import absent_in
from hntt.audit.linux import Drift
from hntt.audit.linux_changes import changes_from_drift
from hntt.audit.linux_hosts import problem
from hntt.audit.model import Cause, Outcome
from hntt.audit.scope import PinnedKeys, target_from_vars
from hntt.errors import UsageError


def test_a_host_without_a_record_of_keys_is_never_connected_to() -> None:
    with pytest.raises(UsageError, match="known_hosts"):
        target_from_vars("rt.tinh", {"ansible_host": "10.44.0.0"})


def test_target_takes_users_from_the_register_and_the_way_in_from_the_overlay(tmp_path: Path) -> None:
    target = target_from_vars(
        "rt.tinh",
        {
            "hntt": {"platform": "frr", "users": {"ssh": "hntt", "cli": "hntt-net"}},
            "hntt_known_hosts": str(tmp_path / "known_hosts"),
            "hntt_key_file": str(tmp_path / "id"),
            "ansible_host": "127.0.0.1",
            "ansible_port": 2201,
            "ansible_password": "geheim",
        },
    )
    assert (target.user, target.cli_user, target.port, target.key_file) == ("hntt", "hntt-net", 2201, tmp_path / "id")
    assert "geheim" not in repr(target)


@pytest.mark.parametrize(
    ("line", "port", "known"),
    [
        ("rt.tinh,10.44.0.0 ssh-ed25519 AAAA", 22, True),
        ("10.44.0.0 ssh-ed25519 AAAA", 22, True),
        ("rt.tinh.example ssh-ed25519 AAAA", 22, False),
        ("rt.tinh ssh-ed25519 AAAA", 2201, False),
        ("[10.44.0.0]:2201 ssh-ed25519 AAAA", 2201, True),
        ("# rt.tinh ssh-ed25519 AAAA", 22, False),
        ("@cert-authority * ssh-ed25519 AAAA", 22, True),
    ],
)
def test_pinned_keys(tmp_path: Path, line: str, port: int, known: bool) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{line}\n", encoding="utf-8")
    target = target_from_vars(
        "rt.tinh", {"ansible_host": "10.44.0.0", "ansible_port": port, "hntt_known_hosts": str(file)}
    )
    assert PinnedKeys.read(file).has(target) is known


def test_an_absent_record_has_no_keys(tmp_path: Path) -> None:
    assert PinnedKeys.read(tmp_path / "nothing") == PinnedKeys()


def test_a_difference_is_split_by_section_with_topic_and_cause() -> None:
    found = changes_from_diff("+ ntp server 10.44.32.10\n  router ospf\n-  area 0\n+  area 6\n- username guest\n")
    assert [(change.topic, change.subject, change.cause, len(change.lines)) for change in found] == [
        ("time", "ntp server 10.44.32.10", Cause.MISSING, 1),
        ("routing", "router ospf", Cause.CHANGED, 3),
        ("management", "username guest", Cause.UNEXPECTED, 1),
    ]


def test_a_drift_of_a_linux_host_shows_both_sides() -> None:
    (change,) = changes_from_drift([Drift("file", "/etc/a", "root:root 0644", "root:root 0666", "error", "changed")])
    assert (change.topic, change.cause) == ("files", Cause.CHANGED)
    assert change.lines == ("- root:root 0666", "+ root:root 0644")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncssh.HostKeyNotVerifiable("x"), Outcome.HOST_KEY_CHANGED),
        (asyncssh.PermissionDenied("x"), Outcome.AUTH_FAILED),
        (ConnectionRefusedError(), Outcome.UNREACHABLE),
        (TimeoutError(), Outcome.UNREACHABLE),
        (ValueError("no answer of a probe"), Outcome.FAILED),
    ],
)
def test_errors_of_a_session_are_told_apart(error: Exception, outcome: Outcome) -> None:
    assert problem(error) is outcome


def test_a_daemon_that_is_away_is_seen() -> None:
    assert absent_in(" mgmtd zebra ospfd watchfrr staticd\n") == ()
    assert absent_in(" mgmtd zebra watchfrr staticd\n") == ("ospfd",)
