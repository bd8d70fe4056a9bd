"""The facts of a host: what they say, that they are plain data, and that they are the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hntt.intent.hostvars import host_vars
from hntt.intent.router import Role, all_router_facts
from hntt.inventory.source import Source, read_source

REGISTER = Path(__file__).parents[3] / "inventories" / "quang_binh" / "register"


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source(REGISTER)


def facts(source: Source, host: str) -> dict:
    return host_vars(source.register, source.network, host)


def test_facts_are_json_and_the_same_every_time(source: Source) -> None:
    first = {host: facts(source, host) for host in source.network.devices}
    again = read_source(REGISTER)
    second = {host: facts(again, host) for host in again.network.devices}
    assert json.loads(json.dumps(first)) == first
    assert json.dumps(first) == json.dumps(second)


def test_hosts_know_the_services_and_the_domain(source: Source) -> None:
    pc = facts(source, "pc.quan-hau.quang-ninh")
    assert pc["services"]["ntp"] == pc["services"]["dns"] == pc["services"]["syslog"] == ["10.44.32.10"]
    assert pc["fqdn"] == "pc.quan-hau.quang-ninh.hntt.quangbinh.example"
    assert pc["district"]["mcu"] == "mcu-3.tinh"
    assert pc["services"]["mcu"]["mcu-3.tinh"] == {"address": "10.44.32.23", "role": "districts"}
    assert pc["rooms"] == {"province": "1000", "district": "2006"}
    assert pc["attachment"] == {"network": "10.44.88.16/28", "prefix_length": 28, "gateway": "10.44.88.17"}


def test_the_cli_user_is_another_one_on_frr_only(source: Source) -> None:
    assert facts(source, "rt.tinh")["users"] == {"ssh": "hntt", "cli": "hntt-net"}
    assert facts(source, "vcs.tinh")["users"] == {"ssh": "hntt", "cli": "hntt"}


def test_router_facts_agree_with_what_its_configuration_is_rendered_from(source: Source) -> None:
    for host, wanted in all_router_facts(source.register, source.network).items():
        router = facts(source, host)["router"]
        ends = [*([router["uplink"]] if router["uplink"] else []), *router["downlinks"]]
        assert [end["interface"] for end in ends] == [end.name for end in wanted.line_ends]
        assert [end["address"] for end in ends] == [str(end.address) for end in wanted.line_ends]
        assert [end["rate_kbps"] for end in ends] == [end.rate_kbps for end in wanted.line_ends]
        assert router["lan"]["interface"] == wanted.lan.name
        assert router["lan"]["address"] == str(wanted.lan.address)
        services = wanted.having(Role.SERVICES)
        assert (router["services"] or {}).get("interface") == (services[0].name if services else None)


def test_only_the_controller_carries_the_zone(source: Source) -> None:
    with_zone = [host for host in source.network.devices if "zone" in facts(source, host)]
    assert with_zone == ["noc.tinh"]
    records = facts(source, "noc.tinh")["zone"]["records"]
    domain = source.network.domain
    assert {"name": f"rt.le-thuy.{domain}", "type": "A", "value": "10.44.1.192"} in records
    assert {"name": "192.1.44.10.in-addr.arpa", "type": "PTR", "value": f"rt.le-thuy.{domain}"} in records
    assert {"name": f"ntp.{domain}", "type": "CNAME", "value": f"noc.tinh.{domain}"} in records


def test_every_address_of_the_zone_has_its_way_back_and_no_name_is_given_twice(source: Source) -> None:
    records = facts(source, "noc.tinh")["zone"]["records"]
    names = [(record["name"], record["type"]) for record in records]
    assert len(names) == len(set(names))
    forward = {(r["name"], r["value"]) for r in records if r["type"] == "A"}
    back = {
        (r["value"], ".".join(reversed(r["name"].removesuffix(".in-addr.arpa").split("."))))
        for r in records
        if r["type"] == "PTR"
    }
    assert forward == back
