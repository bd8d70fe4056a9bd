"""The texts by other means than the templates: simulated devices take them, and a second look finds nothing to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests_province import CENTRE, COMMUNE, DISTRICT, SECRETS, TIERS, network, register

from hntt.devices import get_platform
from hntt.intent.router import render_all_routers, router_facts
from hntt.intent.router.ios_acl import edge_in, edge_out, services_out
from hntt.intent.secrets import SecretValues
from hntt.lab.simulators.routeros_store import Store
from hntt.lab.simulators.tree import ConfigTree, load_grammar


def text_of(platform: str, host: str) -> str:
    return render_all_routers(register(platform), network(platform), SecretValues(SECRETS))[host]


def on_cisco_like(platform: str) -> Callable[[tuple[str, ...]], str]:
    def run(commands: tuple[str, ...]) -> str:
        tree = ConfigTree(load_grammar(platform), "")
        path = [tree.root]
        for command in commands:
            if command.strip() != "exit" or len(path) > 1:
                tree.enter(path, command.strip())
        return "\n".join(tree.lines(closing="!"))

    return run


def on_routeros(commands: tuple[str, ...]) -> str:
    store = Store()
    for command in commands:
        store.command(command)
    return "\n".join(store.export())


DEVICES: dict[str, Callable[[tuple[str, ...]], str]] = {
    "cisco_ios": on_cisco_like("cisco_ios"),
    "mikrotik_routeros": on_routeros,
}


@pytest.mark.parametrize("platform", DEVICES)
@pytest.mark.parametrize("tier", TIERS)
def test_an_empty_device_takes_every_line_and_is_as_intended_afterwards(platform: str, tier: str) -> None:
    intended = text_of(platform, TIERS[tier])
    remediation = get_platform(platform).remediate("", intended)
    running = DEVICES[platform](remediation.commands)
    assert get_platform(platform).remediate(running, intended).commands == ()


@pytest.mark.parametrize("platform", ["frr", *DEVICES])
def test_masking_leaves_no_secret(platform: str) -> None:
    for host in TIERS.values():
        masked = get_platform(platform).mask(text_of(platform, host))
        leaked = [name for name, value in SECRETS.items() if name != "snmp_user" and value in masked]
        assert leaked == [], host


def test_access_lists_have_no_entry_twice_and_end_in_a_counted_refusal() -> None:
    facts = router_facts(register("cisco_ios"), network("cisco_ios"), CENTRE)
    for entries in (edge_in(facts), edge_out(facts), services_out(facts)):
        assert len(entries) == len(set(entries))
        assert entries[-1] == "deny ip any any log"


def test_an_access_list_lets_answers_back_and_nothing_begun_elsewhere() -> None:
    facts = router_facts(register("cisco_ios"), network("cisco_ios"), COMMUNE)
    lan, mcu = "10.44.88.16 0.0.0.15", "host 10.44.32.21"
    assert f"permit tcp {lan} {mcu} eq 5061" in edge_in(facts)
    assert f"permit tcp {mcu} eq 5061 {lan} established" in edge_out(facts)
    assert not [entry for entry in edge_in(facts) if "10.44.64.0" in entry], "no other conference network"


def test_only_the_centre_has_a_services_network() -> None:
    with pytest.raises(KeyError):
        services_out(router_facts(register("cisco_ios"), network("cisco_ios"), DISTRICT))


@pytest.mark.parametrize("platform", DEVICES)
def test_unused_ports_are_shut(platform: str) -> None:
    facts = router_facts(register(platform), network(platform), COMMUNE)
    text = text_of(platform, COMMUNE)
    assert facts.unused_ports
    for port in facts.unused_ports:
        shut = {
            "cisco_ios": f"interface {port}\n description unused\n no ip address\n shutdown\n",
            "mikrotik_routeros": f"set [ find default-name={port} ] comment=unused disabled=yes\n",
        }
        assert shut[platform] in text
