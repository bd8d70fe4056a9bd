"""What the register and the network say about one commune's PC: whose page it shows, and how thin its line is."""

from __future__ import annotations

from typing import Any

from hntt.intent import kiosk
from hntt.intent.mcu import contract
from hntt.intent.mcu.facts import rooms
from hntt.network.build import CENTRE_LABEL
from hntt.network.model import Kind, Network
from hntt.register.models import Register

MINUTES_APART = 3
"""Minutes between the beginnings of two PCs' nightly work in one district, so that they never share its line."""


def pc_facts(register: Register, network: Network, host: str) -> dict[str, Any]:
    """What the role's templates know of one PC, as JSON-serialisable data; KeyError for an unknown host.

    ``rate_kbps`` is the rate of the site's line; ``night_minute`` how many minutes after the beginning of the night
    its work begins.
    """
    device = network.devices[host]
    district = next(item for item in register.districts if item.slug == device.site.district)
    room = next(item for item in rooms(register, network).values() if item.district == district.slug)
    server = f"{room.host}.{network.domain}"
    first = min(item.site.number for item in _pcs(network, district.slug))
    return {
        "site_name": device.site.name,
        "room": room.number,
        "server": server,
        "server_address": str(network.devices[f"{district.mcu}.{CENTRE_LABEL}"].address),
        "page": kiosk.origin(server) + kiosk.PAGE,
        "web_port": contract.WEB_PORT,
        "sip_port": contract.SIP_TLS_PORT,
        "server_media": [contract.MEDIA_FIRST, contract.MEDIA_LAST],
        "media": [kiosk.MEDIA_FIRST, kiosk.MEDIA_LAST],
        "rate_kbps": network.lines[f"rt.{device.site.label}"].rate_kbps,
        "night_minute": (device.site.number - first) * MINUTES_APART,
    }


def _pcs(network: Network, district: str) -> list[Any]:
    return [
        item for item in network.devices.values() if item.kind is Kind.COMMUNE_PC and item.site.district == district
    ]
