"""Several roles of one host become one state; what two roles want differently is an error naming both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hntt.i18n import tr
from hntt.intent.linux.model import LIST_MODELS, DeclaredState, Item, User, sorted_items


class StateConflictError(ValueError):
    """Two roles want different things of the same item; ``conflicts`` has one sentence for each."""

    def __init__(self, conflicts: Sequence[str]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("\n".join(conflicts))


def merge_states(states: Sequence[DeclaredState]) -> DeclaredState:
    """One state out of the roles' states.

    The same item wanted alike by two roles is kept once. A user may be named by several roles: groups, keys and
    sudo rules add up. Raises :class:`StateConflictError` with every conflict found, not only the first.
    """
    conflicts: list[str] = []
    merged: dict[str, object] = {
        name: tuple(_merge_list(name, (item for state in states for item in state.items(name)), conflicts))
        for name in LIST_MODELS
    }
    if conflicts:
        raise StateConflictError(conflicts)
    for name in ("allowed_units", "allowed_users", "allowed_sudo"):
        merged[name] = tuple(sorted({entry for state in states for entry in getattr(state, name)}))
    merged["roles"] = tuple(dict.fromkeys(role for state in states for role in state.roles))
    return DeclaredState.model_validate(merged)


def _merge_list(name: str, items: Iterable[Item], conflicts: list[str]) -> list[Item]:
    by_key: dict[str, Item] = {}
    for item in items:
        known = by_key.setdefault(item.key, item)
        if known is item or known.wanted() == item.wanted():
            continue
        if isinstance(known, User) and isinstance(item, User) and _same_account(known, item):
            by_key[item.key] = _joined_user(known, item)
        else:
            conflicts.append(_conflict(name, known, item))
    return sorted_items(list(by_key.values()))


def _same_account(one: User, other: User) -> bool:
    return (one.shell, one.home, one.locked) == (other.shell, other.home, other.locked)


def _joined_user(one: User, other: User) -> User:
    joined = {
        field: tuple(dict.fromkeys((*getattr(one, field), *getattr(other, field))))
        for field in ("groups", "authorized_keys", "sudo")
    }
    return one.model_copy(update={**joined, "source": f"{one.source}+{other.source}"})


def _conflict(name: str, one: Item, other: Item) -> str:
    mine, theirs = one.wanted(), other.wanted()
    fields = ", ".join(field for field in mine if mine[field] != theirs[field])
    return tr(
        vi=f"{name}: “{one.key}” được khai báo khác nhau ở {one.source} và {other.source} ({fields})",
        en=f"{name}: '{one.key}' is declared differently by {one.source} and {other.source} ({fields})",
    )
