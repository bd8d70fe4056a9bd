"""What the MCU servers promise to those who use them: names, ports, numbers and the codes of a refusal.

The role ``mcu`` writes its configuration from these names; meetings, the page and the video units rely on them.

A room admits its own sites while it is open, or while its chair is in it. It is open when the entry
``ROOM_FAMILY/<room>`` of Asterisk's database is ``OPEN`` (AMI ``DBPut`` and ``DBDel``, CLI ``database put``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

AMI_PORT = 5038
AMI_USER = "hntt-meetings"
AMI_EVENTS = ("call", "reporting", "system")
"""Classes of AMI events and actions that the account may use."""

SIP_TLS_PORT = 5061
WEB_PORT = 8089
"""HTTPS: the page below ``/static/`` and its WebSocket at ``/ws``."""
MEDIA_FIRST, MEDIA_LAST = 10_000, 10_999
"""UDP ports of sound and pictures, on the servers."""

PROVINCE_CONTEXT = "province"
PEER_CONTEXT = "peer"
"""Calls from the other MCU servers: their rooms' legs, and endpoints of theirs."""
LEG_CONTEXT = "leg"
"""``Originate`` of a cascade leg or of a call to a site ends here: ``Exten`` is the room, ``Priority`` 1."""
CALL_CONTEXT = "call"
"""Where numbers of endpoints are dialled, on this server or through a peer: ``Local/404481@call`` has sound only."""

ROOM_FAMILY = "hntt-room"
OPEN = "open"
CASCADE_PREFIX = "CASCADE-"
CODECS = ("g722", "h264")
"""What ``Originate`` must name in ``Codecs``; without it a leg has no picture."""

SEAT_GROUP, LICENCE_GROUP, SERVER_GROUP = "seat", "licence", "server"
"""Categories of channel groups: ``GROUP_COUNT(2007@seat)`` is how many seats of room 2007 are taken."""


class Refusal(Enum):
    """Why a caller is not let in: the SIP status that callers get, and the cause that dialplan and AMI know."""

    FORBIDDEN = (403, 21)
    UNKNOWN = (404, 1)
    NOT_OPEN = (480, 19)
    FULL = (486, 17)
    NO_LICENCE = (503, 34)

    @property
    def status(self) -> int:
        """The SIP status."""
        return self.value[0]

    @property
    def cause(self) -> int:
        """The Q.850 cause, as ``Hangup()`` takes it."""
        return self.value[1]


@dataclass(frozen=True)
class Room:
    """One room. ``district`` is None for the province's; ``chair`` the endpoint number that leads it.

    ``sites``: endpoints it has seats for (and counted legs); ``reserved``: seats beyond those, for the chair only.
    """

    number: str
    host: str
    district: str | None
    name: str
    chair: str
    sites: int
    reserved: int

    @property
    def seats(self) -> int:
        """All seats."""
        return self.sites + self.reserved

    @property
    def context(self) -> str:
        """The dialplan context of the endpoints whose room it is."""
        return district_context(self.district) if self.district else PROVINCE_CONTEXT


def district_context(slug: str) -> str:
    """The dialplan context of a district's endpoints: they reach their own room only."""
    return f"district-{slug}"


def unit_context(context: str) -> str:
    """The context of the video unit of those endpoints, which also reaches the province's room."""
    return f"{context}-unit"


def peer_name(host: str) -> str:
    """The PJSIP endpoint of another MCU server: ``mcu-2.tinh`` is ``peer-mcu-2``."""
    return f"peer-{host.partition('.')[0]}"


def cascade_name(district: str) -> str:
    """The caller's name of the one leg between a district's room and the province's."""
    return f"{CASCADE_PREFIX}{district}"


def ami_secret(host: str) -> str:
    """The name of the secret of ``AMI_USER`` on that server."""
    return f"ami/{host}"


def sip_secret(host: str) -> str:
    """The name of an endpoint's SIP password; its user name is its extension, and so is its PJSIP endpoint."""
    return f"sip/{host}"


def trunk_secret(one: str, other: str) -> str:
    """The name of the password that two MCU servers use with each other."""
    first, second = sorted((one, other))
    return f"trunk/{first}-{second}"
