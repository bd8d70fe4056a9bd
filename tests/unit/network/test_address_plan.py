"""The plan of addresses and numbers, over the whole real register."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from hntt.network import addresses, dialplan
from hntt.network.build import build
from hntt.network.dns import records
from hntt.network.model import Kind
from hntt.register.loader import load
from hntt.register.models import Register, State

REGISTER = load(Path(__file__).parents[3] / "inventories/quang_binh/register")
NETWORK = build(REGISTER)


@pytest.mark.parametrize(
    ("number", "loopback", "line", "conference"),
    [
        (0, "10.44.0.0", "10.44.16.0/30", "10.44.64.0/28"),
        (64, "10.44.0.64", "10.44.17.0/30", "10.44.68.0/28"),
        (385, "10.44.1.129", "10.44.22.4/30", "10.44.88.16/28"),
        (1023, "10.44.3.255", "10.44.31.252/30", "10.44.127.240/28"),
    ],
)
def test_addresses_follow_from_the_number(number: int, loopback: str, line: str, conference: str) -> None:
    prefixes = REGISTER.province.prefixes
    assert addresses.loopback(prefixes, number) == IPv4Address(loopback)
    assert addresses.line_network(prefixes, number) == IPv4Network(line)
    assert addresses.conference_network(prefixes, number) == IPv4Network(conference)


def test_a_number_outside_the_prefix_is_refused() -> None:
    with pytest.raises(ValueError, match="has no /30 number 1024"):
        addresses.line_network(REGISTER.province.prefixes, 1024)


def test_no_two_devices_or_interfaces_share_an_address() -> None:
    given = [device.address for device in NETWORK.devices.values()]
    given += [end.ip for line in NETWORK.lines.values() for end in (line.hub_address, line.spoke_address)]
    given += [site.conference[addresses.ROUTER] for site in NETWORK.sites.values()]
    assert len(given) == 340 + 2 * 167 + 168
    assert len(set(given)) == len(given)


def test_a_district_is_one_prefix_of_each_kind_and_overlaps_no_other() -> None:
    for kind in ("loopbacks", "lines", "conference"):
        ranges = [getattr(summary, kind) for summary in NETWORK.summaries.values()]
        assert not any(a.overlaps(b) for i, a in enumerate(ranges) for b in ranges[i + 1 :])
    for site in NETWORK.sites.values():
        if site.district is not None:
            summary = NETWORK.summaries[site.district]
            assert site.loopback in summary.loopbacks
            assert site.conference.subnet_of(summary.conference)


def _without(register: Register, code: str) -> Register:
    data = register.model_copy(deep=True)
    for district in data.districts:
        for index, commune in enumerate(district.communes):
            if commune.code == code:
                district.communes[index] = commune.model_copy(update={"state": State.CLOSED})
    return data


def test_closing_a_commune_renumbers_nobody() -> None:
    closed = build(_without(REGISTER, "18862"))
    assert set(NETWORK.devices) - set(closed.devices) == {"rt.dong-my.dong-hoi", "pc.dong-my.dong-hoi"}
    assert all(NETWORK.devices[host] == device for host, device in closed.devices.items())
    untouched = {host for host in closed.lines if host != "rt.dong-hoi"}
    assert all(NETWORK.lines[host] == closed.lines[host] for host in untouched)
    assert closed.lines["rt.dong-hoi"].demand.calls == NETWORK.lines["rt.dong-hoi"].demand.calls - 1


def test_every_endpoint_has_a_number_of_its_own_and_no_room_has_it_too() -> None:
    endpoints = [d for d in NETWORK.devices.values() if d.kind in (Kind.VCS, Kind.COMMUNE_PC)]
    numbers = [device.extension for device in endpoints]
    rooms = [dialplan.PROVINCE_ROOM, *(dialplan.district_room(d.block) for d in REGISTER.districts)]
    assert len(endpoints) == 168
    assert None not in numbers
    assert len({*numbers, *rooms}) == len(numbers) + len(rooms)


def test_every_device_has_a_name_and_the_address_leads_back_to_it() -> None:
    found = records(NETWORK)
    forward = {r.name: r.value for r in found if r.type == "A"}
    back = {r.name: r.value for r in found if r.type == "PTR"}
    for device in NETWORK.devices.values():
        name = f"{device.host}.{NETWORK.domain}"
        assert forward[name] == str(device.address)
        assert back[device.address.reverse_pointer] == name
