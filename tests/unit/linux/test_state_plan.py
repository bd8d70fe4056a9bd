"""What changes between two states, for the plan."""

from __future__ import annotations

from typing import Any

from hntt.intent.linux import DeclaredState, StateChange, diff_states

BASE: dict[str, Any] = {
    "packages": [{"name": "chrony"}],
    "files": [{"dest": "/etc/motd", "content": "hello\n"}],
    "allowed_units": ["a.service"],
}


def state(**more: Any) -> DeclaredState:
    return DeclaredState.model_validate({**BASE, **more})


def test_the_same_state_has_no_change() -> None:
    assert diff_states(state(), state()) == []


def test_added_removed_and_changed_items_are_told_apart() -> None:
    new = state(
        packages=[{"name": "nftables"}],
        files=[{"dest": "/etc/motd", "content": "bye\n", "mode": "0600"}],
        allowed_units=["b.service"],
    )
    changes = diff_states(state(), new)
    assert [(c.kind, c.subject, c.action) for c in changes] == [
        ("allowed_units", "a.service", "remove"),
        ("allowed_units", "b.service", "add"),
        ("files", "/etc/motd", "change"),
        ("packages", "chrony", "remove"),
        ("packages", "nftables", "add"),
    ]
    file = changes[2]
    assert (file.before, file.after) == ((("mode", "0644"),), (("mode", "0600"),))
    assert file.text == "--- before: /etc/motd\n+++ after: /etc/motd\n@@ -1 +1 @@\n-hello\n+bye\n"


def test_the_role_that_declares_an_item_is_no_difference() -> None:
    renamed = state(packages=[{"name": "chrony", "source": "noc"}])
    assert diff_states(state(), renamed) == []


def test_a_secret_shows_as_its_name() -> None:
    old = state(files=[{"dest": "/etc/pw", "content": "x <secret:one>\n", "secret": True}])
    new = state(files=[{"dest": "/etc/pw", "content": "x <secret:two>\n", "secret": True}])
    (change,) = diff_states(old, new)
    assert isinstance(change, StateChange)
    assert "-x <secret:one>\n+x <secret:two>\n" in change.text
