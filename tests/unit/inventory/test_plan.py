"""Plans: equal changes of many devices are told once; lines that differ between devices do not split a group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hntt.intent.intended import Intended
from hntt.intent.linux import DeclaredState, File, Package
from hntt.intent.plan import Change, config_changes, plan
from hntt.inventory.source import Source, read_source

REGISTER = Path(__file__).parents[3] / "inventories" / "quang_binh" / "register"
HOSTS = ("rt.quang-ninh", "rt.le-thuy", "rt.tinh")


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source(REGISTER)


def config(host: str, ntp: str) -> str:
    return f"hostname {host}\n!\nntp server {ntp}\n!\ninterface wan\n description {host}\n ip ospf cost 10\nexit\n!\n"


def tree(source: Source, ntp: str, hosts: tuple[str, ...] = HOSTS) -> dict[str, Intended]:
    return {host: Intended(source.network.devices[host], config(host, ntp), None) for host in hosts}


def test_equal_trees_change_nothing(source: Source) -> None:
    found = plan(tree(source, "10.0.0.1"), tree(source, "10.0.0.1"))
    assert found.is_empty
    assert found.compared == 3


def test_one_change_of_many_devices_is_one_entry(source: Source) -> None:
    found = plan(tree(source, "10.0.0.1"), tree(source, "10.0.0.2"))
    assert [(group.change.subject, group.change.action, len(group.devices)) for group in found.groups] == [
        ("ntp server 10.0.0.1", "remove", 3),
        ("ntp server 10.0.0.2", "add", 3),
    ]
    assert found.groups[0].by_district == {
        "quang-ninh": ["rt.quang-ninh"],
        "le-thuy": ["rt.le-thuy"],
        "tinh": ["rt.tinh"],
    }
    assert len(found.changed) == 3


def test_unchanged_lines_that_differ_between_devices_do_not_split_a_group(source: Source) -> None:
    before = tree(source, "10.0.0.1")
    after = {
        host: replace(item, config=str(item.config).replace("cost 10", "cost 20")) for host, item in before.items()
    }
    (group,) = plan(before, after).groups
    assert group.change == Change("config", "interface wan", "change", ("-  ip ospf cost 10", "+  ip ospf cost 20"))
    assert len(group.devices) == 3


def test_the_ends_of_many_lines_changing_alike_are_one_entry(source: Source) -> None:
    def hub(cost: int) -> str:
        return "".join(f"interface ln{n}\n ip ospf cost {cost}\nexit\n" for n in (64, 128, 192))

    device = source.network.devices["rt.tinh"]
    before, after = ({"rt.tinh": Intended(device, hub(cost), None)} for cost in (10, 20))
    (group,) = plan(before, after).groups
    assert (group.change.subject, group.places, len(group.devices)) == ("interface ln*", 3, 1)


def test_devices_that_come_and_go(source: Source) -> None:
    found = plan(tree(source, "10.0.0.1", HOSTS[:2]), tree(source, "10.0.0.1", HOSTS[1:]))
    assert [device.host for device in found.added] == ["rt.tinh"]
    assert [device.host for device in found.removed] == ["rt.quang-ninh"]
    assert not found.groups


def test_another_platform_is_told_as_such_and_not_line_by_line(source: Source) -> None:
    before = tree(source, "10.0.0.1")
    device = replace(before["rt.tinh"].device, platform="cisco_ios")
    found = plan(before, {**before, "rt.tinh": Intended(device, "version 15.7\n", None)})
    assert [group.change for group in found.groups] == [
        Change("platform", "platform", "change", ("- frr", "+ cisco_ios"))
    ]


def test_declared_state_is_compared_by_item(source: Source) -> None:
    device = source.network.devices["noc.tinh"]
    before = DeclaredState(packages=(Package(name="bind9"),), files=(File(dest="/etc/a", content="one\ntwo\n"),))
    after = DeclaredState(files=(File(dest="/etc/a", content="one\n<secret:snmp_auth>\n", mode="0600"),))
    found = plan({"noc.tinh": Intended(device, None, before)}, {"noc.tinh": Intended(device, None, after)})
    changes = [group.change for group in found.groups]
    assert changes[0] == Change(
        "files", "/etc/a", "change", ("- mode: 0644", "+ mode: 0600", "- two", "+ <secret:snmp_auth>")
    )
    assert (changes[1].area, changes[1].subject, changes[1].action) == ("packages", "bind9", "remove")


def test_sections_of_a_routeros_export_begin_at_a_slash() -> None:
    before = "/ip address\nadd address=10.0.0.1/30 interface=ether1\n/system ntp client\nset enabled=yes\n"
    after = before.replace("10.0.0.1/30", "10.0.0.5/30")
    assert list(config_changes(before, after)) == [
        Change(
            "config",
            "/ip address",
            "change",
            ("- add address=10.0.0.1/30 interface=ether1", "+ add address=10.0.0.5/30 interface=ether1"),
        )
    ]
