"""A container lab of the project's register: everything ``hntt lab up`` needs before the first container starts."""

from __future__ import annotations

from collections.abc import Sequence

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.day0 import write_day0
from hntt.intent.secrets import SecretValues
from hntt.lab.access import ensure_operator_key
from hntt.lab.content import LabContent, LabRequest, content_of
from hntt.lab.from_network import topology_from_network
from hntt.lab.meet.looks import unit_media
from hntt.lab.names import Lab
from hntt.lab.pc_day0 import PC_SETTINGS, add_pc_media
from hntt.lab.records import overlay_data, write_overlay
from hntt.lab.secrets import ensure_secrets
from hntt.lab.topology import Topology
from hntt.lab.unit_day0 import write_unit_day0
from hntt.network.model import Device, Kind

CONTAINER_PLATFORMS = ("frr", "debian", "asterisk", "cisco_roomos", "debian_kiosk")


def prepare(lab: Lab, request: LabRequest) -> tuple[Topology, LabContent]:
    """Write day-0 trees, the operator's key and the lab's secrets; the topology, and the content for the records.

    UsageError for a request that names what there is not, or platforms that no container can be.
    """
    content = content_of(request)
    _refuse_foreign_platforms(content.devices)
    source, operator_key = content.source, ensure_operator_key(lab)
    secrets = SecretValues(ensure_secrets(lab.secrets))
    day0 = {device.host: lab.day0_dir(device.host) for device in content.devices}
    for device in content.devices:
        if device.kind is Kind.VCS:
            write_unit_day0(device, day0[device.host], operator_key, secrets, media=unit_media(device))
        else:
            write_day0(source.register, source.network, device.host, day0[device.host], secrets, [operator_key])
        if device.kind is Kind.COMMUNE_PC:
            add_pc_media(day0[device.host])
    return topology_from_network(source.register, source.network, content.devices, day0), content


def record(lab: Lab, content: LabContent) -> None:
    """Write the overlay: from now on the lab's inventory loads."""
    facts = {device.host: PC_SETTINGS for device in content.devices if device.kind is Kind.COMMUNE_PC}
    write_overlay(
        lab,
        overlay_data(
            lab, content.devices, content.selection, ensure_operator_key(lab), mode="containers", host_facts=facts
        ),
    )


def _refuse_foreign_platforms(devices: Sequence[Device]) -> None:
    foreign = [device.host for device in devices if device.platform not in CONTAINER_PLATFORMS]
    if foreign:
        names = ", ".join(foreign)
        raise UsageError(
            tr(
                vi=f"Router trong phòng lab chỉ có thể là frr; hãy bớt ra hoặc dùng --simulated: {names}",
                en=f"Routers in the container lab can only be frr; leave these out or use --simulated: {names}",
            )
        )
