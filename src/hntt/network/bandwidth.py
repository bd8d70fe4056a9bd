"""What a line carries and how its rate is divided among the traffic classes.

A call of rate r takes r x (1 + overhead) on the wire, of which ``voice_rate`` is audio. The MCU servers
stand at the province, so each commune's stream counts on its own line and again on its district's.
"""

from __future__ import annotations

from dataclasses import dataclass

from hntt.register.models import Qos

SIGNALLING_SHARE = 0.02
SIGNALLING_MIN_KBPS = 32
CONTROL_SHARE = 0.01
CONTROL_MIN_KBPS = 16


@dataclass(frozen=True)
class Demand:
    """What a line must carry in one direction when every room behind it is in a meeting; kbit/s on the wire."""

    calls: int
    voice_kbps: int
    video_kbps: int
    signalling_kbps: int

    @property
    def total_kbps(self) -> int:
        """All three media classes."""
        return self.voice_kbps + self.video_kbps + self.signalling_kbps


@dataclass(frozen=True)
class TrafficClass:
    """One class of a line: guaranteed rate, ceiling (both kbit/s) and what is in it: DSCP values, or a TCP port's."""

    name: str
    dscp: tuple[int, ...]
    rate_kbps: int
    ceil_kbps: int
    priority: int
    from_port: int | None = None


def demand(call_rates_kbps: list[int], line_kbps: int, qos: Qos) -> Demand:
    """The demand of simultaneous calls with these rates on one line."""
    voice = qos.voice_rate * len(call_rates_kbps)
    on_wire = sum(rate * (100 + qos.overhead) // 100 for rate in call_rates_kbps)
    return Demand(
        calls=len(call_rates_kbps),
        voice_kbps=voice,
        video_kbps=max(on_wire - voice, 0),
        signalling_kbps=max(SIGNALLING_MIN_KBPS, int(line_kbps * SIGNALLING_SHARE)),
    )


def classes(load: Demand, line_kbps: int, qos: Qos) -> tuple[TrafficClass, ...]:
    """The classes of a line: the media get what they need, control its share, everything else the rest.

    Media may not borrow: a fault in one endpoint must not starve the others. The rest may use what is idle.
    """
    control = max(CONTROL_MIN_KBPS, int(line_kbps * CONTROL_SHARE))
    rest = line_kbps - load.total_kbps - control
    return (
        TrafficClass("voice", (qos.dscp.voice,), load.voice_kbps, load.voice_kbps, 0),
        TrafficClass("control", (48, 56), control, line_kbps, 1),
        TrafficClass("signalling", (qos.dscp.signalling,), load.signalling_kbps, line_kbps, 2),
        TrafficClass("video", (qos.dscp.video,), load.video_kbps, load.video_kbps, 3),
        TrafficClass("default", (), max(rest, 1), line_kbps, 7),
    )
