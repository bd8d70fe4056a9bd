"""The three kinds of meeting, each held once: everybody joins, the floor changes, the chair ends it.

The rooms are opened and closed by ``playbooks/meeting.yml``, as an operator does it; a scene is what people do then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.meet.cast import Cast, Client, Stage
from hntt.lab.meet.looks import COMMUNES, PROVINCE_UNIT, Look
from hntt.lab.meet.unit import LabUnit
from hntt.lab.pc import LabPc

JOIN_S = 90.0
"""For a start of the browser on a busy machine, and one call made again."""
SWITCH_S = 40.0
"""baresip makes a key frame every 10 s only, and a picture changes with one of its new source."""
HEAR_S, END_S, LEG_S = 20.0, 30.0, 45.0
SCREENS = 2
"""At how many PCs' screens is looked; all of them show what the same server sends to each."""
UNMUTE_ALL = "*1"
"""The chair's key: everybody may speak."""
PRESSES = 3
"""A key is a sound of its own in the call, and on a busy machine baresip sends one that is not always understood."""


@dataclass(frozen=True)
class Seen:
    """One thing that was looked at: whether it was so, and how many seconds it took to become so."""

    text: str
    is_so: bool
    seconds: float


@dataclass
class Notes:
    """What was seen, in order; ``tell`` is called with each."""

    tell: Callable[[Seen], object]
    seen: list[Seen] = field(default_factory=list)

    def see(self, text: str, look: Callable[[], bool]) -> bool:
        """Look, and note what was seen."""
        begun = time.monotonic()
        is_so = look()
        self.seen.append(Seen(text, is_so, time.monotonic() - begun))
        self.tell(self.seen[-1])
        return is_so

    @property
    def is_well(self) -> bool:
        """Whether everything was as it should be, and anything was looked at."""
        return bool(self.seen) and all(item.is_so for item in self.seen)


def province_district(stage: Stage, notes: Notes) -> None:
    """The province's unit and every district's that is in the lab, in the province's room."""
    room = stage.room_of_province
    chair = stage.unit(None)
    others = [stage.unit(district) for district in stage.districts]
    try:
        for unit in (chair, *others):
            unit.dial(room.number)
        for unit in (chair, *others):
            notes.see(_joined(unit.name, room.number), partial(unit.in_call, JOIN_S))
        for unit in (chair, *others):
            text = tr(vi=f"{unit.name} nhận được hình", en=f"{unit.name} receives pictures")
            notes.see(text, partial(unit.receives_picture, SWITCH_S))
        chair.hang_up()
        for unit in others:
            notes.see(_ended(unit.name), partial(unit.out_of_call, END_S))
    finally:
        _leave(chair, *others)


def district_commune(stage: Stage, notes: Notes, district: str, communes: int, screenshot: Path | None) -> None:
    """A district's unit and its communes: the chair is seen and heard, then lets a commune speak, then ends it."""
    chair = stage.unit(district)
    with _communes(stage, notes, district, communes, [chair]) as cast:
        _all_join(notes, cast, [chair])
        _all_see_and_hear(notes, cast, chair.name, chair.look)
        notes.see(
            tr(vi="các xã vào phòng bị tắt tiếng", en="communes come in muted"),
            lambda: cast.page.state().room_muted and not cast.clients[-1].sip.hears(COMMUNES[0].tone_hz, 2),
        )
        if screenshot is not None:
            cast.page.screenshot(screenshot)
        _commune_speaks(notes, cast, chair)
        chair.hang_up()
        _all_out(notes, cast)


def three_tier(stage: Stage, notes: Notes, district: str, communes: int, screenshot: Path | None) -> None:
    """The province with the communes of a district, over the leg between their rooms."""
    top, room = stage.unit(None), stage.unit(district)
    with _communes(stage, notes, district, communes, [top, room]) as cast:
        top.dial(stage.room_of_province.number)
        notes.see(_joined(top.name, stage.room_of_province.number), lambda: top.in_call(JOIN_S))
        _all_join(notes, cast, [room])
        room.mute(True)
        _all_see_and_hear(notes, cast, top.name, PROVINCE_UNIT, LEG_S)
        if screenshot is not None:
            cast.page.screenshot(screenshot)
        notes.see(
            tr(vi=f"{top.name} nhận được hình của huyện", en=f"{top.name} receives the district's picture"),
            lambda: top.receives_picture(SWITCH_S),
        )


@contextmanager
def _communes(stage: Stage, notes: Notes, district: str, count: int, units: list[LabUnit]) -> Iterator[Cast]:
    """The communes' endpoints, and nobody left in a call afterwards."""
    with Cast(stage, stage.room_of(district), stage.communes(district, count)) as cast:
        try:
            yield cast
        finally:
            for client in cast.clients:
                client.sip.hangup()
            _leave(*units)
            redials = cast.page.state().redials
            if redials:
                notes.see(
                    tr(vi=f"trình duyệt đã phải gọi lại {redials} lần", en=f"the browser had to call again {redials}×"),
                    lambda: redials <= 1,
                )


def _all_join(notes: Notes, cast: Cast, units: list[LabUnit]) -> None:
    room = cast.room.number
    for unit in units:
        unit.dial(room)
        notes.see(_joined(unit.name, room), partial(unit.in_call, JOIN_S))
    for client in cast.clients:
        notes.see(_joined(client.device.host, room), partial(_dialled, client, room))
    if cast.own:
        notes.see(
            tr(vi=f"{_these(cast.own)} tự vào phòng {room}", en=f"{_these(cast.own)} join room {room} by themselves"),
            lambda: all(pc.in_room(room, JOIN_S) for pc in cast.own),
        )
    text = _joined(tr(vi=f"{cast.pcs[0].host} (trình duyệt)", en=f"{cast.pcs[0].host} (browser)"), room)
    notes.see(text, lambda: cast.page.joins(JOIN_S))


def _dialled(client: Client, room: str) -> bool:
    return client.sip.registered(JOIN_S) and client.sip.dial(room).answered


def _all_see_and_hear(notes: Notes, cast: Cast, name: str, look: Look, patience_s: float = HEAR_S) -> None:
    """Everybody decodes that picture and hears that voice."""
    host = cast.pcs[0].host
    notes.see(_sees(host, name), lambda: cast.page.sees(look.colour, SWITCH_S + patience_s))
    notes.see(_hears(host, name), lambda: cast.page.hears(look.tone_hz, patience_s))
    for client in cast.clients:
        there = client.device.host
        notes.see(_sees(there, name), partial(client.sip.sees, look.colour, SWITCH_S))
        notes.see(_hears(there, name), partial(client.sip.hears, look.tone_hz, patience_s))
    for pc in cast.own[:SCREENS]:
        notes.see(
            tr(vi=f"màn hình của {pc.host} có hình của {name}", en=f"the screen of {pc.host} shows {name}"),
            partial(pc.shows, look.colour, SWITCH_S + patience_s),
        )


def _commune_speaks(notes: Notes, cast: Cast, chair: LabUnit) -> None:
    """The chair un-mutes everybody, and only the browser's commune speaks: picture and voice follow it."""
    speaker, look = cast.pcs[0].host, COMMUNES[0]
    for client in cast.clients:
        client.sip.muted(True)
    chair.mute(True)
    notes.see(
        tr(vi=f"chủ tọa mở tiếng: {speaker} thấy mình được nói", en=f"the chair un-mutes: {speaker} is told so"),
        partial(_unmutes, cast, chair),
    )
    for client in cast.clients:
        notes.see(_sees(client.device.host, speaker), partial(client.sip.sees, look.colour, SWITCH_S))
        notes.see(_hears(client.device.host, speaker), partial(client.sip.hears, look.tone_hz, HEAR_S))


def _unmutes(cast: Cast, chair: LabUnit) -> bool:
    for _ in range(PRESSES):
        chair.press(UNMUTE_ALL)
        if cast.page.becomes(lambda state: not state.room_muted, HEAR_S / PRESSES):
            return True
    return False


def _all_out(notes: Notes, cast: Cast) -> None:
    for client in cast.clients:
        notes.see(_ended(client.device.host), partial(client.sip.out_of_call, END_S))
    if cast.own:
        room = cast.room.number
        ended = tr(
            vi=f"chủ tọa gác máy: {_these(cast.own)} ra khỏi phòng", en=f"the chair hangs up: {_these(cast.own)} leave"
        )
        notes.see(ended, lambda: all(pc.out_of_room(room, END_S) for pc in cast.own))
    left = partial(cast.page.becomes, lambda state: not state.in_meeting, END_S)
    notes.see(_ended(cast.pcs[0].host), left)


def _leave(*units: LabUnit) -> None:
    for unit in units:
        unit.hang_up()
        unit.mute(False)


def _these(pcs: list[LabPc]) -> str:
    """The PCs of the communes themselves, in words."""
    if len(pcs) == 1:
        return tr(vi=f"máy xã {pcs[0].host}", en=f"the PC {pcs[0].host}")
    return tr(vi=f"{len(pcs)} máy xã", en=f"{len(pcs)} communes' own PCs")


def _joined(name: str, room: str) -> str:
    return tr(vi=f"{name} vào phòng {room}", en=f"{name} joins room {room}")


def _ended(name: str) -> str:
    return tr(vi=f"chủ tọa gác máy: {name} ra khỏi phòng", en=f"the chair hangs up: {name} is out")


def _sees(host: str, whom: str) -> str:
    return tr(vi=f"{host} thấy hình của {whom}", en=f"{host} sees {whom}")


def _hears(host: str, whom: str) -> str:
    return tr(vi=f"{host} nghe tiếng của {whom}", en=f"{host} hears {whom}")
