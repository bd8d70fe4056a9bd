"""What stands between a district and its rollout: the states of its sites, and what they lack for the next one."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hntt.audit.scope import Scope
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.network.build import places
from hntt.register.gates import ORDER, absent
from hntt.register.models import State

_SITES_SHOWN = 3


@dataclass(frozen=True)
class SiteGate:
    """One site: its state, and the fields it lacks for the state that is required."""

    label: str
    state: State
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Gates:
    """The gates of one district for a required state."""

    district: str
    required: State
    sites: tuple[SiteGate, ...]

    @property
    def blocked(self) -> tuple[SiteGate, ...]:
        """The sites that are not yet in the required state."""
        rank = {state: number for number, state in enumerate(ORDER)}
        return tuple(site for site in self.sites if rank[site.state] < rank[self.required])

    def lines(self) -> Iterator[str]:
        """States counted, and what stands in the way."""
        counts = Counter(str(site.state) for site in self.sites)
        told = ", ".join(f"{count} {state}" for state, count in counts.items())
        yield tr(
            vi=f"huyện {self.district}: {len(self.sites)} điểm ({told})",
            en=f"{self.district}: {len(self.sites)} sites ({told})",
        )
        for site in self.blocked[:_SITES_SHOWN]:
            lacks = ", ".join(site.lacks)
            yield tr(
                vi=f"{site.label}: đang “{site.state}”, cần “{self.required}”; còn thiếu: {lacks or 'không'}",
                en=f"{site.label}: is '{site.state}', '{self.required}' is required; lacking: {lacks or 'nothing'}",
            )
        if len(self.blocked) > _SITES_SHOWN:
            rest = len(self.blocked) - _SITES_SHOWN
            yield tr(vi=f"… và {rest} điểm nữa", en=f"… and {rest} more sites")


def gates_of(scope: Scope, district: str, required: str) -> Gates:
    """The gates; UsageError for a district or state that does not exist."""
    known = [item.slug for item in scope.register.districts]
    if district not in known:
        near = difflib.get_close_matches(district, known, n=1)
        hint = f" ({near[0]}?)" if near else ""
        raise UsageError(
            tr(
                vi=f"không có huyện “{district}”{hint}; dùng -e district=TÊN, với TÊN là một trong: {', '.join(known)}",
                en=f"there is no district '{district}'{hint}; use -e district=NAME, NAME one of: {', '.join(known)}",
            )
        )
    if required not in [str(state) for state in ORDER]:
        raise UsageError(
            tr(
                vi=f"require_state: “{required}” không phải trạng thái; có: {', '.join(map(str, ORDER))}",
                en=f"require_state: '{required}' is no state; there are: {', '.join(map(str, ORDER))}",
            )
        )
    wanted = State(required)
    sites = [
        SiteGate(place.site.label, State(place.site.state), tuple(absent(place.entry, wanted)))
        for place in places(scope.register)
        if place.site.district == district and place.site.state != State.CLOSED
    ]
    return Gates(district, wanted, tuple(sites))
