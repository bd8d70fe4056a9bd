"""How far the survey is: of what every site must have before it can be live, how much is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hntt.register.context import Context, Entry
from hntt.register.gates import absent, needed
from hntt.register.models import State


@dataclass(frozen=True)
class Progress:
    """Known and needed fields of some sites, the fields most often missing, and how many sites are in each state."""

    sites: int
    known: int
    needed: int
    missing: tuple[tuple[str, int], ...]
    states: dict[str, int]

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means everything."""
        return self.known * 100 // self.needed if self.needed else 100


def progress(entries: Iterable[Entry]) -> Progress:
    """The survey's progress over these sites; closed ones need nothing."""
    sites = list(entries)
    missing: Counter[str] = Counter()
    wanted = 0
    for entry in sites:
        if entry.closed:
            continue
        wanted += len(needed(entry.site, State.LIVE))
        missing.update(field.rstrip("!") for field in absent(entry.site, State.LIVE))
    states = Counter(str(entry.state) for entry in sites)
    lacking = missing.total()
    return Progress(len(sites), wanted - lacking, wanted, tuple(missing.most_common()), dict(states))


def by_district(context: Context) -> dict[str | None, Progress]:
    """Progress of the centre (key None) and of each district, its own room included."""
    keys: list[str | None] = [None, *(district.slug for district in context.register.districts)]
    return {
        key: progress(entry for entry in context.entries if (entry.district.slug if entry.district else None) == key)
        for key in keys
    }
