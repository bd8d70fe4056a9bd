"""What routers are, whatever their platform."""

from __future__ import annotations

import ipaddress
import re

import pytest
from tests_province import CENTRE, COMMUNE, DISTRICT, OTHER, PLATFORMS, SECRETS, TIERS, network, register

from hntt.intent.router import Role, render_all_routers, router_facts
from hntt.intent.secrets import Placeholders, SecretValues

ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


def texts(platform: str, **changes: object) -> dict[str, str]:
    return render_all_routers(
        register(platform, **changes),
        network(platform, **changes),
        SecretValues(SECRETS),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_address_in_a_text_is_in_the_plan(platform: str) -> None:
    given = network(platform).prefixes.values()
    for host, text in texts(platform).items():
        strange = {
            found
            for found in ADDRESS.findall(text)
            if not any(ipaddress.ip_address(found) in prefix for prefix in given) and not _is_mask_or_area(found)
        }
        assert not strange, host


def _is_mask_or_area(text: str) -> bool:
    value = int(ipaddress.ip_address(text))
    hosts = value ^ 0xFFFFFFFF
    return value < 16 or (hosts & (hosts + 1)) == 0 or (value & (value + 1)) == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_another_rate_of_one_line_touches_its_two_ends_only(platform: str) -> None:
    before, after = texts(platform), texts(platform, other_rate=8000)
    changed = {host for host in before if before[host] != after[host]}
    assert changed == {OTHER, DISTRICT}, "the demand on the district's line depends on calls, not on this rate"
    for host in changed:
        lines = set(after[host].splitlines()) ^ set(before[host].splitlines())
        assert lines
        assert all(re.search(r"cost|bandwidth|shape|limit|8000|4000|8M|4M", line) for line in lines), lines


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("tier", TIERS)
def test_secrets_are_asked_for_by_name_and_nothing_else_is_secret(platform: str, tier: str) -> None:
    host = TIERS[tier]
    known = texts(platform)[host]
    offline = render_all_routers(register(platform), network(platform), Placeholders())[host]
    assert "<secret:ospf_key>" in offline
    assert "<secret:" not in known
    assert all(value not in offline for value in SECRETS.values())


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(KeyError, match="ospf_key"):
        render_all_routers(register(), network(), SecretValues({}))


def test_floating_routes_reach_everything_below_without_ospf() -> None:
    centre = router_facts(register(), network(), CENTRE)
    district = router_facts(register(), network(), DISTRICT)
    commune = router_facts(register(), network(), COMMUNE)
    below = {str(r.prefix): str(r.via) for r in district.statics if r.via and r.prefix.prefixlen}
    assert below["10.44.1.129/32"] == below["10.44.88.16/28"] == "10.44.22.6"
    assert {str(r.via) for r in centre.statics} == {"10.44.22.2"}
    assert [(str(r.prefix), str(r.via)) for r in commune.statics] == [("0.0.0.0/0", "10.44.22.5")]
    floating = {r.distance for facts in (centre, district, commune) for r in facts.statics if r.via}
    assert floating == {250}


def test_a_district_discards_what_nobody_below_it_has() -> None:
    discarded = [r for r in router_facts(register(), network(), DISTRICT).statics if r.via is None]
    assert [str(r.prefix) for r in discarded] == ["10.44.88.0/22", "10.44.22.0/24", "10.44.1.128/26"]
    assert {r.distance for r in discarded} == {254}


def test_both_ends_of_a_line_have_the_same_classes_cost_and_area() -> None:
    district = router_facts(register(), network(), DISTRICT)
    (down,) = (i for i in district.having(Role.LINE) if i.neighbour and i.neighbour.host == COMMUNE)
    (up,) = router_facts(register(), network(), COMMUNE).having(Role.WAN)
    assert (down.rate_kbps, down.classes, down.ospf) == (up.rate_kbps, up.classes, up.ospf)
    assert down.neighbour
    assert up.neighbour
    assert (down.neighbour.address, up.neighbour.address) == (up.address.ip, down.address.ip)


def test_the_classes_of_a_line_fit_into_its_rate() -> None:
    for end in router_facts(register(), network(), DISTRICT).line_ends:
        assert end.rate_kbps
        assert sum(item.rate_kbps for item in end.classes) <= end.rate_kbps


def test_ports_of_the_register_come_first() -> None:
    ports = (("wan", "GigabitEthernet0/0/0"), ("trunk", "GigabitEthernet0/0/1"))
    facts = router_facts(register("cisco_ios", None, ports), network("cisco_ios", None, ports), DISTRICT)
    assert [i.name for i in facts.line_ends] == [
        "GigabitEthernet0/0/0",
        "GigabitEthernet0/0/1.385",
        "GigabitEthernet0/0/1.386",
    ]


def test_no_flow_leads_from_one_conference_network_to_another() -> None:
    rooms = network().prefixes["conference"]
    for facts in (router_facts(register(), network(), host) for host in TIERS.values()):
        for flow in (*facts.segmentation.flows, *facts.segmentation.edge):
            from_room = any(source.subnet_of(rooms) for source in flow.sources)
            assert not (from_room and any(target.overlaps(rooms) for target in flow.targets)), flow


def test_an_endpoint_is_no_router() -> None:
    with pytest.raises(KeyError):
        router_facts(register(), network(), "pc.xa-mot.huyen")
