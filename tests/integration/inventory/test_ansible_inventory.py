"""The register through ``ansible-inventory``, as people and playbooks see it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROVINCE = ROOT / "inventories" / "quang_binh"
CANARY = "canary-9f2b7c-must-never-show"


def ansible_inventory(*arguments: str, lang: str = "en", **more: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ansible-inventory")
    return subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HNTT_LANG": lang, "ANSIBLE_FORCE_COLOR": "0", **more},
        timeout=120,
        check=False,
    )


def listed(inventory: Path) -> dict:
    done = ansible_inventory("-i", str(inventory), "--list")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "an inventory in order loads without a warning"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def province() -> dict:
    return listed(PROVINCE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    target = tmp_path / "quang_binh"
    shutil.copytree(PROVINCE, target)
    return target


def test_339_devices_and_the_controller(province: dict) -> None:
    hosts = province["_meta"]["hostvars"]
    kinds = [facts["hntt"]["kind"] for facts in hosts.values()]
    assert len(hosts) == 340
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "mcu": 3, "vcs": 9, "commune_pc": 159, "router": 168, "noc": 1,
    }  # fmt: skip


def test_texts_are_plain_and_not_wrapped_one_by_one(province: dict) -> None:
    assert "__ansible_unsafe" not in json.dumps(province)


def test_every_host_is_in_its_groups(province: dict) -> None:
    for host, variables in province["_meta"]["hostvars"].items():
        facts = variables["hntt"]
        for group in (facts["kind"], facts["tier"], facts["platform"], f"state_{facts['site']['state']}"):
            assert host in members(province, group)
        if facts["district"]:
            assert host in members(province, facts["district"]["slug"].replace("-", "_"))


def members(document: dict, group: str) -> set[str]:
    found = document[group]
    return set(found.get("hosts", ())).union(*(members(document, child) for child in found.get("children", ())))


def test_group_names_need_no_quoting(province: dict) -> None:
    assert all(name.replace("_", "").isalnum() for name in province)


def test_the_same_register_gives_the_same_bytes() -> None:
    assert ansible_inventory("--list").stdout == ansible_inventory("--list").stdout


def test_a_graph_of_a_district_reads_as_a_person_would_draw_it() -> None:
    lines = ansible_inventory("--graph", "le_thuy").stdout.splitlines()
    assert lines[:3] == ["@le_thuy:", "  |--@le_thuy_router:", "  |  |--rt.le-thuy"]
    assert [line for line in lines if "@" in line] == [
        "@le_thuy:", "  |--@le_thuy_router:", "  |--@le_thuy_vcs:", "  |--@le_thuy_commune_pc:",
    ]  # fmt: skip
    assert len(lines) == 4 + 58


def test_a_host_shows_what_a_template_needs() -> None:
    shown = json.loads(ansible_inventory("--host", "rt.quan-hau.quang-ninh").stdout)
    assert shown["ansible_host"] == "10.44.1.129"
    facts = shown["hntt"]
    assert facts["router"]["uplink"]["peer"] == "rt.quang-ninh"
    assert [item["name"] for item in facts["router"]["uplink"]["classes"]] == [
        "voice", "control", "signalling", "video", "default",
    ]  # fmt: skip
    assert "StrictHostKeyChecking=yes" in shown["ansible_ssh_common_args"]


def test_no_secret_shows_even_when_the_vault_lies_open(copy: Path) -> None:
    (copy / "vault" / "secrets.yml").write_text(
        yaml.safe_dump({"ospf_key": CANARY, "snmp_auth": CANARY, "local_password": CANARY}), encoding="utf-8"
    )
    for arguments in (["--list"], ["--host", "rt.tinh"], ["--graph", "--vars"], ["--list", "--export"]):
        done = ansible_inventory("-i", str(copy), *arguments)
        assert done.returncode == 0
        assert "secrets.yml" in done.stdout or arguments == ["--graph", "--vars"], "the path is there"
        assert CANARY not in done.stdout + done.stderr


def test_the_secrets_are_there_for_a_task_that_asks(copy: Path) -> None:
    (copy / "vault" / "secrets.yml").write_text(yaml.safe_dump({"ospf_key": CANARY}), encoding="utf-8")
    ansible = Path(sys.executable).with_name("ansible")
    done = subprocess.run(
        [str(ansible), "-i", str(copy), "noc.tinh", "-m", "ansible.builtin.debug", "-a", "var=hntt_secrets.ospf_key"],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert CANARY in done.stdout


@pytest.mark.parametrize(
    ("lang", "head", "hint"),
    [
        ("vi", "chưa kết nối tới đâu, chưa ghi gì", "Có phải là"),
        ("en", "nothing was connected to or written", "Did you mean"),
    ],
)
def test_all_errors_of_a_broken_register_are_shown_and_nothing_runs(
    copy: Path, lang: str, head: str, hint: str
) -> None:
    province = copy / "register" / "province.yml"
    text = province.read_text(encoding="utf-8")
    province.write_text(text.replace("timezone:", "timezon:").replace("voice_rate:", "voice_rat:"), encoding="utf-8")
    done = ansible_inventory("-i", str(copy), "--list", lang=lang)
    assert done.returncode != 0
    assert head in done.stderr
    assert hint in done.stderr
    for key in ("timezon", "voice_rat"):
        assert any(f"{key}:" in line and "province.yml:" in line for line in done.stderr.splitlines())
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_broken_register_stops_a_run_that_names_a_sound_inventory_as_well(copy: Path, tmp_path: Path) -> None:
    (copy / "register" / "province.yml").write_text("", encoding="utf-8")
    (tmp_path / "sound.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", encoding="utf-8")
    ansible = Path(sys.executable).with_name("ansible")
    done = subprocess.run(
        [str(ansible), "-i", str(tmp_path / "sound.yml"), "-i", str(copy), "all", "-m", "ping"],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "SUCCESS" not in done.stdout


def test_facts_that_look_like_templates_are_refused(copy: Path) -> None:
    district = copy / "register" / "districts" / "quang-ninh.yml"
    text = district.read_text(encoding="utf-8")
    district.write_text(
        text.replace("owner: UBND huyện Quảng Ninh", "owner: \"{{ lookup('pipe', 'id') }}\""), encoding="utf-8"
    )
    done = ansible_inventory("-i", str(copy), "--list")
    assert done.returncode != 0
    assert "uid=" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("lang", "text"), [("vi", "Hãy chạy: hntt lab up"), ("en", "the lab is not up. Run: hntt lab up")]
)
def test_the_lab_that_is_not_up_says_how_to_bring_it_up(tmp_path: Path, lang: str, text: str) -> None:
    (tmp_path / "hntt.yml").write_text(
        yaml.safe_dump(
            {"plugin": "hntt_register", "register": str(PROVINCE / "register"), "overlay": "nowhere/overlay.yml"}
        )
    )
    done = ansible_inventory("-i", str(tmp_path), "--list", lang=lang)
    assert done.returncode != 0
    assert text in done.stderr


def test_the_plugin_documents_its_options() -> None:
    program = Path(sys.executable).with_name("ansible-doc")
    done = subprocess.run(
        [str(program), "-t", "inventory", "hntt_register", "--json"],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    options = json.loads(done.stdout)["hntt_register"]["doc"]["options"]
    assert set(options) == {"plugin", "register", "only", "overlay", "known_hosts", "secrets_file"}
