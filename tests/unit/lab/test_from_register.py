"""From the register to a lab: topology, the part that is asked for, overlay and secrets."""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path

import pytest
import yaml

from hntt.errors import UsageError
from hntt.intent.router import Role, all_router_facts
from hntt.inventory.config import read_config
from hntt.inventory.source import read_source
from hntt.inventory.view import inventory_of
from hntt.lab.content import LabContent, LabRequest, content_of
from hntt.lab.from_network import topology_from_network
from hntt.lab.names import Lab
from hntt.lab.pcs import MB_KEPT, MB_PER_PC, PCS_PER_CORE, pcs_at_most, with_pcs
from hntt.lab.records import overlay_data, write_overlay
from hntt.lab.secrets import HOST_PAIR, LENGTHS, PAIR, ensure_secrets
from hntt.lab.topology import Topology, problems
from hntt.network.model import Kind

LAB_INVENTORY = Path(__file__).parents[3] / "inventories" / "lab"


def content(**narrowed: object) -> LabContent:
    return content_of(LabRequest(LAB_INVENTORY, **narrowed))  # type: ignore[arg-type]


def topology(of: LabContent) -> Topology:
    return topology_from_network(of.source.register, of.source.network, of.devices, {})


def test_the_default_lab_is_the_centre_and_one_district() -> None:
    found = topology(content())
    assert problems(found) == []
    kinds = [host.kind for host in found.hosts]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "router": 17, "noc": 1, "mcu": 3, "vcs": 2, "pc": 15, "probe": 2, "admin": 1,
    }  # fmt: skip
    assert len(found.lines) == 16


def test_lines_have_the_register_s_rates_and_the_routers_own_ports() -> None:
    found = topology(content())
    assert {line.name: line.rate_kbps for line in found.lines}["quang-ninh"] == 50_000
    line = found.line("quan-hau.quang-ninh")
    assert (line.a, line.b, line.rate_kbps) == (
        ("rt.quang-ninh", "ln385"), ("rt.quan-hau.quang-ninh", "wan"), 4_000,
    )  # fmt: skip


def test_a_router_has_all_its_ports_also_those_that_lead_out_of_the_lab() -> None:
    chosen = content()
    facts = all_router_facts(chosen.source.register, chosen.source.network)["rt.tinh"]
    wanted = {port.name for port in facts.having(Role.WAN, Role.LINE, Role.LAN, Role.SERVICES)}
    assert set(topology(chosen).host("rt.tinh").interfaces) == wanted
    assert len([name for name in wanted if name.startswith("ln")]) == 8


def test_the_station_and_the_probes_have_their_place_in_the_address_plan() -> None:
    found = topology(content(pcs=0))
    admin, probe = found.host("admin"), found.host("pc.quan-hau.quang-ninh")
    assert (admin.address, admin.prefix_length, admin.gateway) == ("10.44.32.254", 24, "10.44.32.1")
    assert (probe.address, probe.prefix_length, probe.gateway) == ("10.44.88.19", 28, "10.44.88.17")


@pytest.mark.parametrize(("communes", "routers"), [(0, 2), (1, 3), (4, 6), (99, 17)])
def test_the_first_communes_only(communes: int, routers: int) -> None:
    names = [device.host for device in content(communes=communes).devices]
    assert len([name for name in names if name.startswith("rt.")]) == routers
    assert "noc.tinh" in names


@pytest.mark.parametrize(("pcs", "there"), [(0, 0), (2, 2), (99, 15), (None, 15)])
def test_the_first_pcs_only_and_a_probe_wherever_there_is_none(pcs: int | None, there: int) -> None:
    chosen = content(pcs=pcs)
    found = topology(chosen)
    assert problems(found) == []
    kinds = {host.name: host.kind for host in found.hosts if host.name.startswith("pc.")}
    assert (len(kinds), list(kinds.values()).count("pc")) == (17, there)
    assert (kinds["pc.quan-hau.quang-ninh"] == "pc") is (there > 0)
    assert [d.host for d in chosen.devices if d.kind is Kind.COMMUNE_PC] == [n for n, k in kinds.items() if k == "pc"]


def test_a_pc_stands_where_the_probe_would() -> None:
    with_pc, without = topology(content(pcs=1)), topology(content(pcs=0))
    name = "pc.quan-hau.quang-ninh"
    assert (with_pc.host(name).kind, without.host(name).kind) == ("pc", "probe")
    assert with_pc.host(name).address == without.host(name).address
    assert [s for s in with_pc.segments if name in dict(s.ports)] == [
        s for s in without.segments if name in dict(s.ports)
    ]


def test_pcs_of_two_districts_are_counted_apart() -> None:
    names = [d.host for d in content(districts=("le-thuy", "minh-hoa"), communes=3, pcs=1).devices]
    assert [name for name in names if name.startswith("pc.")] == [
        "pc.quy-dat.minh-hoa", "pc.nong-truong-le-ninh.le-thuy",
    ]  # fmt: skip


@pytest.mark.parametrize(("asked", "pcs"), [("all", None), ("none", 0), ("4", 4)])
def test_how_many_pcs_an_operator_may_ask_for(asked: str, pcs: int | None) -> None:
    assert with_pcs(LabRequest(LAB_INVENTORY), asked).pcs == pcs


@pytest.mark.parametrize("asked", ["", "many", "-1", "1.5", "²"])
def test_a_number_of_pcs_that_is_none(asked: str) -> None:
    with pytest.raises(UsageError, match="--pcs"):
        with_pcs(LabRequest(LAB_INVENTORY), asked)


@pytest.mark.parametrize(("districts", "pcs"), [(("quang-ninh",), 10), (("quang-ninh", "le-thuy"), 5)])
def test_what_the_machine_carries_is_shared_among_the_districts(
    monkeypatch: pytest.MonkeyPatch, districts: tuple[str, ...], pcs: int
) -> None:
    read: list[Path] = []
    monkeypatch.setattr("hntt.lab.pcs.machine_room", lambda: 10)
    monkeypatch.setattr("hntt.lab.content.read_source", lambda folder: read.append(folder) or read_source(folder))
    chosen = content_of(with_pcs(LabRequest(LAB_INVENTORY, districts), "auto"))
    districts_of_pcs = [device.site.district for device in chosen.devices if device.kind is Kind.COMMUNE_PC]
    assert Counter(districts_of_pcs) == dict.fromkeys(districts, pcs)
    assert len(read) == 1, "the register takes its time"


def test_a_machine_carries_as_many_pcs_as_its_memory_and_its_cores_allow() -> None:
    assert pcs_at_most(MB_KEPT + 3 * MB_PER_PC, 64) == 3
    assert pcs_at_most(1 << 20, 2) == 2 * PCS_PER_CORE
    assert pcs_at_most(1024, 2) == 0


def test_other_districts() -> None:
    found = topology(content(districts=("le-thuy", "minh-hoa"), communes=1))
    assert problems(found) == []
    assert [line.name for line in found.lines] == [
        "minh-hoa", "quy-dat.minh-hoa", "le-thuy", "nong-truong-le-ninh.le-thuy",
    ]  # fmt: skip


def test_a_district_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="quang-ninh"):
        content(districts=("quang-nin",))


@pytest.mark.parametrize("pcs", [None, 0])
def test_the_overlay_makes_the_lab_s_inventory_load_narrowed_as_the_lab_is(tmp_path: Path, pcs: int | None) -> None:
    chosen = content(communes=1, pcs=pcs)
    lab = Lab("unit", tmp_path)
    write_overlay(
        lab,
        overlay_data(
            lab, chosen.devices, chosen.selection, "ssh-ed25519 AAAA operator", mode="simulated",
            host_facts={"rt.tinh": {"ansible_host": "127.0.0.1", "ansible_port": 2222}},
        ),
    )  # fmt: skip
    (tmp_path / "hntt.yml").write_text(
        yaml.safe_dump({"plugin": "hntt_register", "register": str(chosen.register_dir), "overlay": str(lab.overlay)}),
        encoding="utf-8",
    )
    inventory = inventory_of(read_config(tmp_path), chosen.source)
    assert list(inventory.hosts) == [device.host for device in chosen.devices]
    tinh, other = inventory.hosts["rt.tinh"], inventory.hosts["rt.quang-ninh"]
    assert (tinh["ansible_host"], tinh["ansible_port"]) == ("127.0.0.1", 2222)
    assert other["ansible_host"] == "rt.quang-ninh"
    assert other["hntt_lab_mode"] == "simulated"
    assert other["linux_base_admin_keys"] == ["ssh-ed25519 AAAA operator"]
    assert other["ansible_ssh_common_args"] == f"-F {lab.ssh_config}"


def test_secrets_are_made_once_and_are_the_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "lab" / "secrets.yml"
    first = ensure_secrets(file)
    assert ensure_secrets(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    texts = {name: value for name, value in first.items() if name not in (*PAIR, *HOST_PAIR)}
    assert {name: len(value) for name, value in texts.items()} == LENGTHS
    assert len(set(first.values())) == len(first)
    assert all(value.isalnum() and value[0].isalpha() for value in texts.values())
    assert len(first["ospf_key"]) <= 16, "OSPF's MD5 authentication takes no more"


def test_a_secret_that_is_new_in_the_program_is_added_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text("ospf_key: kept\n", encoding="utf-8")
    found = ensure_secrets(file)
    assert found["ospf_key"] == "kept"
    assert set(found) == {*LENGTHS, *PAIR, *HOST_PAIR}
