"""Every line against what meetings ask of it. The MCU servers stand at the province, so a district's line carries its
communes' streams again, and the centre's line carries everybody's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hntt.network.bandwidth import SIGNALLING_SHARE, Demand, demand
from hntt.register.context import Context, Entry
from hntt.register.models import Centre, Commune, Qos, TierDefaults

# Rates providers sell, kbit/s; a recommendation names the first that is enough.
CLASSES_KBPS = tuple(
    1000 * m for m in (2, 4, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 10_000)
)


@dataclass(frozen=True)
class LineLoad:
    """One line with everything behind it in a meeting at once. Rates in kbit/s, each direction."""

    entry: Entry
    tier: str
    rate_kbps: int
    own_rate: bool
    demand: Demand
    qos: Qos

    @property
    def media_budget_kbps(self) -> int:
        """What meetings may take of the line."""
        return self.rate_kbps * self.qos.media_limit // 100

    @property
    def voice_budget_kbps(self) -> int:
        """What voice, which has strict priority, may take of it."""
        return self.rate_kbps * self.qos.voice_limit // 100

    @property
    def used_percent(self) -> int:
        """How much of what meetings may take is taken, rounded up."""
        return -(-self.demand.total_kbps * 100 // max(self.media_budget_kbps, 1))

    @property
    def free_kbps(self) -> int:
        """What is left for meetings; negative where the line is too thin."""
        return self.media_budget_kbps - self.demand.total_kbps

    @property
    def needed_kbps(self) -> int:
        """The lowest rate in kbit/s at which both limits hold (signalling takes its share of any rate)."""
        media = self.demand.voice_kbps + self.demand.video_kbps
        share = self.qos.media_limit / 100
        by_media = max(media / (share - SIGNALLING_SHARE), (media + 32) / share)
        by_voice = self.demand.voice_kbps * 100 / self.qos.voice_limit
        return math.ceil(max(by_media, by_voice))

    @property
    def wanted_class_kbps(self) -> int:
        """The first rate on sale that is enough."""
        return next((rate for rate in CLASSES_KBPS if rate >= self.needed_kbps), self.needed_kbps)


def line_loads(context: Context) -> list[LineLoad]:
    """Every open site's line, the centre's first; sites without any rate are left out (R406 names them)."""
    return list(_loads(context))


def tightest(loads: Iterable[LineLoad]) -> list[LineLoad]:
    """The lines in the order in which they will fail first."""
    return sorted(loads, key=lambda load: (-load.used_percent, load.entry.site.number))


def _loads(context: Context) -> Iterator[LineLoad]:
    qos = context.register.province.qos
    for entry in context.open_entries:
        tier, defaults = _tier(context, entry)
        own = entry.site.line.rate if entry.site.line else None
        rate = own or defaults.line.rate
        if rate is None:
            continue
        calls = [_call_rate(context, other) for other in _behind(context, entry)]
        yield LineLoad(entry, tier, rate, own is not None, demand(calls, rate, qos), qos)


def _behind(context: Context, entry: Entry) -> Iterator[Entry]:
    """The sites whose calls cross this site's line. The centre's own VCS stands beside the servers."""
    for other in context.open_entries:
        if isinstance(entry.site, Centre):
            if other is not entry:
                yield other
        elif other is entry or (not isinstance(entry.site, Commune) and other.district is entry.district):
            yield other


def _call_rate(context: Context, entry: Entry) -> int:
    return entry.site.call_rate or _tier(context, entry)[1].call_rate


def _tier(context: Context, entry: Entry) -> tuple[str, TierDefaults]:
    defaults = context.register.province.defaults
    if isinstance(entry.site, Centre):
        return "province", defaults.province
    return ("commune", defaults.commune) if isinstance(entry.site, Commune) else ("district", defaults.district)
