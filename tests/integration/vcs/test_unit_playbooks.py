"""The playbooks over video units as an operator runs them: audit, check, converge, again, and a unit in a call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from hntt.lab.simulators.xapi.fleet import UnitFleet
from hntt.lab.simulators.xapi.server import Access
from hntt.lab.simulators.xapi.stand_in import StandInSip
from hntt.lab.simulators.xapi.unit import Unit

PROJECT = Path(__file__).resolve().parents[3]
CANARY = "canarySip7Zq"
UNITS = {"vcs.tinh": "400001", "vcs.quang-ninh": "403841"}


@dataclass
class Ran:
    code: int
    out: str
    record: dict[str, Any]


@dataclass
class Site:
    folder: Path
    fleet: UnitFleet
    sips: dict[str, StandInSip]

    def run(self, playbook: str, *arguments: str) -> Ran:
        reports = self.folder / "reports"
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "-i",
                str(self.folder / "inventory"),
                f"playbooks/{playbook}.yml",
                *arguments,
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
                "HNTT_LANG": "en",
                "HNTT_REPORTS_DIR": str(reports),
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        record = json.loads((reports / f"{playbook}-latest.json").read_text(encoding="utf-8"))
        return Ran(done.returncode, done.stdout + done.stderr, record)

    @property
    def sets(self) -> dict[str, int]:
        return {name: unit.sets for name, unit in self.fleet.units.items()}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    sips = {name: StandInSip(number, CANARY) for name, number in UNITS.items()}
    units = {"vcs.tinh": Unit("ce9", sip=sips["vcs.tinh"]), "vcs.quang-ninh": Unit(sip=sips["vcs.quang-ninh"])}
    with UnitFleet(units, Access("hntt", f"{CANARY}Login")) as fleet:
        fleet.write_known_hosts(tmp_path / "known_hosts")
        _write_inventory(tmp_path, fleet)
        yield Site(tmp_path, fleet, sips)


def _write_inventory(folder: Path, fleet: UnitFleet) -> None:
    inventory = folder / "inventory"
    inventory.mkdir()
    options = {
        "plugin": "hntt_register",
        "register": str(PROJECT / "inventories/quang_binh/register"),
        "overlay": "../overlay.yml",
        "known_hosts": "../known_hosts",
        "secrets_file": "../secrets.yml",
        "only": {"kinds": ["vcs"], "districts": ["quang-ninh"]},
    }
    hosts = {name: {"ansible_host": fleet.address, "ansible_port": fleet.port(name)} for name in UNITS}
    (inventory / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")
    (folder / "overlay.yml").write_text(yaml.safe_dump({"all": {}, "hosts": hosts}), encoding="utf-8")
    secrets = {**{f"sip/{name}": CANARY for name in UNITS}, "vcs_password": f"{CANARY}Login"}
    (folder / "secrets.yml").write_text(yaml.safe_dump(secrets), encoding="utf-8")


def test_units_are_audited_converged_and_then_left_alone(site: Site) -> None:
    found = site.run("audit")
    assert (found.code, found.record["counts"]) == (0, {"drift": 2}), found.out
    told = site.run("site", "--check", "--diff")
    assert told.code == 0, told.out
    assert site.sets == {"vcs.tinh": 0, "vcs.quang-ninh": 0}
    assert '+ SIP DisplayName: "UBND huyện Quảng Ninh"' in told.out
    done = site.run("site")
    assert (done.code, done.record["counts"]) == (0, {"changed": 2}), done.out
    assert site.run("audit").record["counts"] == {"clean": 2}
    sets = site.sets
    again = site.run("site")
    assert (again.code, again.record["counts"]) == (0, {"ok": 2}), again.out
    assert site.sets == sets
    for ran in (found, told, done, again):
        assert CANARY not in ran.out
        assert CANARY not in json.dumps(ran.record)


def test_a_unit_in_a_call_is_left_alone_until_there_is_a_reason(site: Site) -> None:
    assert site.run("site").code == 0
    unit = site.fleet.units["vcs.quang-ninh"]
    site.fleet.run(site.sips["vcs.quang-ninh"].dial("2006"))
    unit.store.set("SystemUnit Name", "Somebody's")
    refused = site.run("site")
    assert refused.code == 2, refused.out
    assert "is in 1 calls" in refused.out
    assert unit.store.value("SystemUnit Name") == "Somebody's"
    forced = site.run("site", "-e", '{"reason": "the chair asks for it"}')
    assert forced.code == 0, forced.out
    assert unit.store.value("SystemUnit Name") == "vcs.quang-ninh"


def test_a_unit_that_its_server_does_not_take_fails_with_what_to_do(site: Site) -> None:
    site.sips["vcs.tinh"].registrar_up = site.sips["vcs.quang-ninh"].registrar_up = False
    ran = site.run("site")
    assert ran.code == 2, ran.out
    assert "does not register it" in ran.out
    assert ran.record["failures"][0]["next_step"].startswith("check the MCU server")
    assert site.sets["vcs.quang-ninh"] == 0, "the second unit is not begun after the first failed"


def test_day0_is_written_for_units(site: Site, tmp_path: Path) -> None:
    access = 'linux_base_admin_keys: ["ssh-ed25519 AAAA example"]\n'
    (tmp_path / "inventory/group_vars").mkdir()
    (tmp_path / "inventory/group_vars/all.yml").write_text(access, encoding="utf-8")
    ran = site.run("day0", "-e", f"day0_dest={tmp_path / 'bench'}")
    assert ran.code == 0, ran.out
    text = (tmp_path / "bench/vcs.quang-ninh/day0.txt").read_text(encoding="utf-8")
    assert 'xConfiguration Network 1 IPv4 Address: "10.44.88.2"' in text
    assert (tmp_path / "bench/vcs.quang-ninh").stat().st_mode & 0o077 == 0
    assert CANARY not in ran.out
