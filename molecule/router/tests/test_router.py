"""The centre, a hub and two spokes after the role: routes, shaping and marks measured, and what must be refused."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from lab import PROJECT, lab

from hntt.intent.mcu.contract import MEDIA_FIRST
from hntt.intent.router import Interface, Role, RouterFacts, router_facts
from hntt.network import images
from hntt.network.build import build
from hntt.register.loader import load

REGISTER = load(PROJECT / "inventories/quang_binh/register")
NETWORK = build(REGISTER)
CENTRE, HUB, SPOKE, OTHER = "rt.tinh", "rt.quang-ninh", "rt.quan-hau.quang-ninh", "rt.truong-son.quang-ninh"
ROUTERS = (CENTRE, HUB, SPOKE, OTHER)
PC = "pc.quan-hau.quang-ninh"
NOC, MCU, NOBODY = "10.44.32.10", "10.44.32.21", 5
EF, VOICE, DEFAULT = 0xB8, "1:10", "1:50"
SEND = """import socket, sys
source, target, port, tos, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((source, 0))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    for _ in range(count):
        s.sendto(bytes(100), (target, port))
"""


def facts(name: str) -> RouterFacts:
    return router_facts(REGISTER, NETWORK, name)


def router(name: str) -> Any:
    state = lab().state_dir
    return testinfra.get_host(f"ssh://{name}?sudo=true&ssh_config={state / 'ssh_config'}", controlpersist=0)


def vtysh(name: str, command: str) -> Any:
    return json.loads(router(name).check_output(f"vtysh -c '{command} json'"))


def inside(name: str, *words: str, timeout: int = 30) -> subprocess.CompletedProcess[str]:
    """A command in the network namespace of a host of the lab, as that host itself would run it."""
    entered = ["nsenter", f"--net=/run/netns/{lab().namespace(name)}", *words]
    return subprocess.run(entered, capture_output=True, text=True, check=False, timeout=timeout)


def pings(source: str, target: str) -> bool:
    return inside(source, "ping", "-n", "-c", "2", "-W", "2", target).returncode == 0


def sent_packets(name: str, interface: str) -> dict[str, int]:
    shown = json.loads(router(name).check_output(f"tc -s -j class show dev {interface}"))
    return {item["handle"]: item["stats"]["packets"] for item in shown}


def refused(name: str, counter: str = "refused") -> int:
    shown = json.loads(router(name).check_output(f"nft -j list counter inet hntt_router {counter}"))
    return next(int(item["counter"]["packets"]) for item in shown["nftables"] if "counter" in item)


def neighbours(name: str) -> dict[str, str]:
    found = vtysh(name, "show ip ospf neighbor")["neighbors"]
    return {router_id: entries[0]["nbrState"] for router_id, entries in found.items()}


@pytest.fixture(scope="module", autouse=True)
def _adjacent() -> None:
    """The last router has only just been changed: neighbours and routes may take a little to come."""
    deadline = time.monotonic() + 60
    while len(neighbours(HUB)) < 3 or "10.44.32.0/24" not in vtysh(HUB, "show ip route ospf"):
        assert time.monotonic() < deadline, neighbours(HUB)
        time.sleep(2)


@pytest.mark.parametrize("name", ROUTERS)
def test_every_neighbour_in_the_lab_is_full(name: str) -> None:
    expected = {
        str(end.neighbour.router_id) for end in facts(name).line_ends if end.neighbour and end.neighbour.host in ROUTERS
    }
    assert neighbours(name) == dict.fromkeys(expected, "Full/-")


def test_a_neighbour_without_the_key_is_not_heard() -> None:
    """The key is what lets a router in: with another one the adjacency goes."""
    spoke = router(OTHER)
    key = "configure terminal\nkey chain hntt\nkey 1\nkey-string {}\nend\n"
    own = next(
        line.split()[-1]
        for line in spoke.check_output("vtysh -c 'show running-config'").splitlines()
        if "key-str" in line
    )
    spoke.check_output(f"printf %s '{key.format('KhacHan1')}' | vtysh")
    try:
        deadline = time.monotonic() + 90
        while neighbours(HUB).get("10.44.1.130", "").startswith("Full"):
            assert time.monotonic() < deadline, "the hub still hears it"
            time.sleep(3)
        # The floating routes keep the way in open.
        assert spoke.check_output("hostname") == OTHER
    finally:
        spoke.check_output(f"printf %s '{key.format(own)}' | vtysh")
    deadline = time.monotonic() + 60
    while not neighbours(HUB).get("10.44.1.130", "").startswith("Full"):
        assert time.monotonic() < deadline
        time.sleep(2)


def test_the_centre_has_a_summary_of_the_district_and_the_spoke_a_default_route() -> None:
    centre = vtysh(CENTRE, "show ip route ospf")
    for prefix in ("10.44.1.128/26", "10.44.22.0/24", "10.44.88.0/22"):
        assert centre[prefix][0]["selected"], prefix
    assert not [prefix for prefix in centre if prefix.startswith("10.44.88.") and prefix != "10.44.88.0/22"]
    spoke = vtysh(SPOKE, "show ip route")
    assert [route["protocol"] for route in spoke["0.0.0.0/0"] if route.get("selected")] == ["ospf"]
    assert not [p for p in spoke if p.startswith("10.44.0.")], "nothing of the backbone in a totally stubby area"


def test_what_is_shown_is_what_was_intended() -> None:
    """Kept after a restart: the saved configuration has the OSPF process."""
    for name in ROUTERS:
        assert "router ospf" in router(name).file("/etc/frr/frr.conf").content_string


def line_ends(*names: str) -> list[tuple[str, Interface]]:
    return [(name, end) for name in names for end in facts(name).line_ends]


@pytest.mark.parametrize(
    ("name", "end"), line_ends(HUB, SPOKE), ids=lambda value: value if isinstance(value, str) else value.name
)
def test_the_classes_of_a_line_have_their_rates_at_both_ends(name: str, end: Interface) -> None:
    shown = json.loads(router(name).check_output(f"tc -j class show dev {end.name}"))
    rates = {item["handle"]: (item["rate"] * 8 // 1000, item["ceil"] * 8 // 1000) for item in shown}
    line = NETWORK.lines[name if end.role is Role.WAN else end.neighbour.host]
    classes = line.classes if end.role is Role.WAN else images.classes_towards(line)
    wanted = {f"1:{index}0": (c.rate_kbps, c.ceil_kbps) for index, c in enumerate(classes, start=1)}
    assert rates == {"1:1": (end.rate_kbps, end.rate_kbps), **wanted}


def test_shaping_again_changes_nothing_and_loses_nothing() -> None:
    spoke = router(SPOKE)
    before = sent_packets(SPOKE, "wan")
    spoke.check_output("systemctl restart hntt-qos.service")
    after = sent_packets(SPOKE, "wan")
    assert set(after) == set(before)
    assert all(after[handle] >= before[handle] for handle in before), "counters survive: nothing was taken down"


def send(source: str, tos: int) -> dict[str, int]:
    before = sent_packets(SPOKE, "wan")
    done = inside(PC, "python3", "-c", SEND, source, MCU, str(MEDIA_FIRST), str(tos), "40")
    assert done.returncode == 0, done.stderr
    time.sleep(1)
    after = sent_packets(SPOKE, "wan")
    return {handle: after[handle] - before[handle] for handle in after}


def test_an_endpoints_voice_goes_into_the_voice_class() -> None:
    assert send(str(NETWORK.devices[PC].address), EF)[VOICE] == 40


def test_ssh_does_not_pass_for_voice() -> None:
    """OpenSSH marks its sessions like voice; reading the counters is such a session."""
    before = sent_packets(SPOKE, "wan")[VOICE]
    assert router(SPOKE).check_output("tc -V")
    assert sent_packets(SPOKE, "wan")[VOICE] == before


def test_a_mark_that_is_not_ours_counts_for_nothing() -> None:
    assert send(str(NETWORK.devices[PC].address), 0x28)[DEFAULT] >= 40


@pytest.fixture
def stranger() -> Iterator[str]:
    """A laptop somebody put on the conference network."""
    address = str(facts(SPOKE).segmentation.conference[NOBODY])
    inside(PC, "ip", "address", "add", f"{address}/28", "dev", "eth0")
    yield address
    inside(PC, "ip", "address", "del", f"{address}/28", "dev", "eth0")


def test_a_stranger_in_the_room_cannot_mark(stranger: str) -> None:
    went = send(stranger, EF)
    assert went[VOICE] == 0
    assert went[DEFAULT] >= 40


@pytest.fixture
def web_server() -> Iterator[None]:
    """Something that takes traffic on a port that rooms may reach."""
    server = subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{lab().namespace('noc.tinh')}", "iperf3", "-s", "-p", "443"],
        stdout=subprocess.DEVNULL,
    )
    time.sleep(1)
    yield
    server.terminate()
    server.wait(timeout=10)


@pytest.mark.usefixtures("web_server")
def test_voice_is_not_lost_while_the_line_is_full() -> None:
    """A download takes what the line has and no more; marked packets pass it all the same."""
    flood = subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{lab().namespace(PC)}", "iperf3", "-c", NOC, "-p", "443", "-t", "8", "-J"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    dropped = _drops(VOICE)
    went = send(str(NETWORK.devices[PC].address), EF)
    output, _ = flood.communicate(timeout=40)
    mbit = json.loads(output)["end"]["sum_received"]["bits_per_second"] / 1e6
    assert went[VOICE] == 40
    assert _drops(VOICE) == dropped
    assert 2.5 < mbit < 4.0, "the register says 4 Mbit/s"


def _drops(handle: str) -> int:
    shown = json.loads(router(SPOKE).check_output("tc -s -j class show dev wan"))
    return next(int(item["stats"]["drops"]) for item in shown if item["handle"] == handle)


def test_a_room_reaches_the_controller_and_no_other_room() -> None:
    assert pings(PC, NOC)
    before = refused(SPOKE)
    assert not pings(PC, str(NETWORK.devices["pc.truong-son.quang-ninh"].address))
    assert refused(SPOKE) > before


def connects(source: str, target: str, port: int) -> bool:
    return inside(source, "timeout", "4", "bash", "-c", f"exec 3<>/dev/tcp/{target}/{port}").returncode == 0


def test_ssh_is_open_from_the_management_network_and_nowhere_else() -> None:
    for address in (str(facts(SPOKE).loopback), str(facts(SPOKE).lan.address.ip), str(facts(HUB).loopback)):
        assert connects("admin", address, 22), address
        assert not connects(PC, address, 22), address


def test_the_management_network_reaches_into_rooms() -> None:
    assert pings("admin", str(NETWORK.devices[PC].address))


def test_a_forged_source_is_dropped_and_counted(stranger: str) -> None:
    del stranger
    inside(PC, "ip", "address", "add", "10.44.64.99/32", "dev", "eth0")
    before = refused(SPOKE, "spoofed")
    try:
        assert inside(PC, "python3", "-c", SEND, "10.44.64.99", NOC, "53", "0", "3").returncode == 0
        time.sleep(1)
    finally:
        inside(PC, "ip", "address", "del", "10.44.64.99/32", "dev", "eth0")
    assert refused(SPOKE, "spoofed") >= before + 3


def test_snmp_answers_version_3_only() -> None:
    conf = router(SPOKE).file("/etc/snmp/snmpd.conf")
    assert conf.mode == 0o600
    assert "community" not in conf.content_string.replace("no communities", "")
    assert router(SPOKE).service("snmpd").is_running


@pytest.mark.parametrize("name", ROUTERS)
def test_nothing_listens_for_the_routing_daemons(name: str) -> None:
    assert "2601" not in router(name).check_output("ss -ltnH")


def test_the_lines_that_lead_nowhere_in_the_lab_are_down_in_ospf_only() -> None:
    assert set(neighbours(CENTRE)) == {str(facts(HUB).loopback)}
    assert [i.name for i in facts(CENTRE).having(Role.LINE)]
    assert Path("/run/netns", lab().namespace(CENTRE)).exists()
