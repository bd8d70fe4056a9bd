"""Which PCs are updated next: one first, then few per district, and nobody any more once one went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hntt.play.reimage_view import Standing

PER_DISTRICT, AT_ONCE = 2, 16


def next_to_start(
    waiting: Sequence[str],
    begun: Mapping[str, Standing],
    district_of: Mapping[str, str],
    *,
    per_district: int = PER_DISTRICT,
    at_once: int = AT_ONCE,
) -> list[str]:
    """The PCs to begin with now, out of ``waiting`` in its order.

    The first one has to be well before a second begins. PCs under way count against their district's line and the
    whole; one that went back, stopped or is late is a reason to begin with no other.
    """
    if not waiting or any(item.needs_somebody for item in begun.values()):
        return []
    if not begun:
        return [waiting[0]]
    if not any(item.is_good for item in begun.values()):
        return []
    busy = Counter(item.district for item in begun.values() if not item.is_good)
    chosen: list[str] = []
    for host in waiting:
        if sum(busy.values()) >= at_once:
            break
        if busy[district_of[host]] < per_district:
            busy[district_of[host]] += 1
            chosen.append(host)
    return chosen
