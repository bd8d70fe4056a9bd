"""What differs between two declared states of one host: the plan between two revisions."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Literal

from hntt.intent.linux.model import LIST_MODELS, DeclaredState, File, Item

Action = Literal["add", "remove", "change"]


@dataclass(frozen=True, order=True)
class StateChange:
    """One difference: ``kind`` is the list, ``subject`` the item, ``before``/``after`` the fields that differ.

    ``text`` is the unified diff of a file's content, with placeholders where secrets are.
    """

    kind: str
    subject: str
    action: Action
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    text: str = ""


def diff_states(old: DeclaredState, new: DeclaredState) -> list[StateChange]:
    """Every change from ``old`` to ``new``, sorted; empty when both want the same."""
    changes = [change for name in LIST_MODELS for change in _list_changes(name, old, new)]
    for name in ("allowed_units", "allowed_users", "allowed_sudo"):
        before, after = set(getattr(old, name)), set(getattr(new, name))
        changes += [StateChange(name, entry, "remove") for entry in before - after]
        changes += [StateChange(name, entry, "add") for entry in after - before]
    return sorted(changes)


def _list_changes(name: str, old: DeclaredState, new: DeclaredState) -> list[StateChange]:
    before = {item.key: item for item in old.items(name)}
    after = {item.key: item for item in new.items(name)}
    changes: list[StateChange] = []
    for key in before.keys() | after.keys():
        change = _item_change(name, key, before.get(key), after.get(key))
        if change is not None:
            changes.append(change)
    return changes


def _item_change(name: str, key: str, before: Item | None, after: Item | None) -> StateChange | None:
    old_fields, new_fields = _fields(before), _fields(after)
    if old_fields == new_fields:
        return None
    action: Action = "add" if before is None else "remove" if after is None else "change"
    differing = [f for f in sorted({*old_fields, *new_fields}) if old_fields.get(f) != new_fields.get(f)]
    shown = [field for field in differing if field != "content"]
    return StateChange(
        kind=name,
        subject=key,
        action=action,
        before=tuple((field, _text(old_fields[field])) for field in shown if field in old_fields),
        after=tuple((field, _text(new_fields[field])) for field in shown if field in new_fields),
        text=content_diff(key, _content(before), _content(after)),
    )


def content_diff(name: str, before: str, after: str) -> str:
    """A unified diff of two contents; empty when they are equal."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"before: {name}", f"after: {name}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _fields(item: Item | None) -> dict[str, Any]:
    return {} if item is None else item.wanted()


def _content(item: Item | None) -> str:
    return item.content if isinstance(item, File) else ""


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
