"""Which devices must be left alone because a meeting runs over them."""

from __future__ import annotations

from collections.abc import Mapping

from hntt.i18n import tr
from hntt.meetings.layout import Layout, path_of
from hntt.meetings.live import ServerView
from hntt.meetings.reach import NoView, Views
from hntt.meetings.status import problems
from hntt.network.model import Kind, Network


def busy_hosts(network: Network, layout: Layout, views: Views) -> dict[str, str]:
    """Devices on the path of a running meeting, each with the reason in words: servers, sites, routers between.

    A meeting runs while it was opened, or while two or more are in a room; somebody alone in a room is no meeting.
    """
    found: dict[str, str] = {}
    for host, view in views.items():
        if isinstance(view, ServerView):
            for room in layout.rooms_on(host):
                _room(network, layout, view, room.number, host, found)
    return found


def _room(network: Network, layout: Layout, view: ServerView, number: str, host: str, found: dict[str, str]) -> None:
    members = view.rooms.get(number, ())
    if number not in view.meetings and len(members) < 2:
        return
    title = layout.title(layout.rooms[number])
    reason = tr(vi=f"phòng {number} {title} đang họp", en=f"room {number} {title} is in a meeting")
    found.setdefault(host, reason)
    for member in members:
        place = layout.places.get(member.number)
        if place is not None and member.district is None:
            for device in (place.host, *path_of(network, place.host)):
                found.setdefault(device, reason)
        elif member.district is not None:
            # The other half of a leg stands on the other server; both are needed.
            found.update({server: reason for server in _ends(layout, member.district) if server not in found})


def _ends(layout: Layout, district: str) -> list[str]:
    room = layout.districts.get(district)
    return [room.host] if room else []


def unknown_reason(network: Network, views: Mapping[str, ServerView | NoView]) -> str:
    """Why nobody knows whether a meeting runs, when a server of a centre in operation does not answer; else empty."""
    silent = problems(views)
    live = [host for host in silent if network.devices[host].site.state == "live"]
    if not live:
        return ""
    text = "; ".join(f"{host}: {silent[host].text}" for host in live)
    return tr(
        vi=f"không biết có cuộc họp nào đang chạy không: {text}",
        en=f"whether a meeting is running is not known: {text}",
    )


def on_a_path(network: Network, host: str) -> bool:
    """Whether meetings run over the device at all; the controller only serves names and clocks."""
    return network.devices[host].kind is not Kind.NOC
