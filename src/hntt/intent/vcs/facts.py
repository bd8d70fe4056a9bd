"""What the register and the network say about one video unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hntt.intent.mcu.contract import sip_secret
from hntt.network.build import CENTRE_LABEL
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Dscp, Register

PROVINCE_ROLE = "province"


@dataclass(frozen=True)
class UnitFacts:
    """One video unit. ``registrar`` is the name of the MCU server it registers with, ``sip_secret`` that of its
    password in the vault; the rate is in kbit/s.

    ``settings`` are the role's (``roles/vcs/defaults``), overlaid by the inventory's.
    """

    host: str
    display_name: str
    extension: str
    uri: str
    sip_secret: str
    registrar: str
    domain: str
    timezone: str
    ntp: tuple[str, ...]
    dns: tuple[str, ...]
    syslog: tuple[str, ...]
    dscp: Mapping[str, int]
    call_rate_kbps: int
    settings: Mapping[str, Any]


def unit_facts(register: Register, network: Network, host: str, settings: Mapping[str, Any]) -> UnitFacts:
    """The facts of one video unit; KeyError when the network has no such host."""
    device = network.devices[host]
    controllers = tuple(str(item.address) for item in network.devices.values() if item.kind is Kind.NOC)
    return UnitFacts(
        host=host,
        display_name=device.site.name,
        extension=str(device.extension),
        uri=f"{device.extension}@{network.domain}",
        sip_secret=sip_secret(host),
        registrar=f"{registrar_of(register, device)}.{network.domain}",
        domain=network.domain,
        timezone=register.province.services.timezone,
        ntp=controllers,
        dns=controllers,
        syslog=controllers,
        dscp=_dscp(register).model_dump(),
        call_rate_kbps=device.site.call_rate_kbps,
        settings=settings,
    )


def registrar_of(register: Register, device: Device) -> str:
    """The MCU server of the unit's own room: its district's, and at the centre the province's."""
    district = next((item for item in register.districts if item.slug == device.site.district), None)
    if district is not None:
        return f"{district.mcu}.{CENTRE_LABEL}"
    server = next(mcu for mcu in register.province.mcus if mcu.role == PROVINCE_ROLE)
    return f"{server.name}.{CENTRE_LABEL}"


def _dscp(register: Register) -> Dscp:
    qos = register.province.qos
    return qos.marks_of.get("vcs", qos.dscp)
