"""One commune PC's files, by the register of the province. HNTT_REGEN=1 writes the golden ones anew."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from golden_tree import golden_files

from hntt.image.target.send import Places
from hntt.intent import pki
from hntt.intent.hostvars import host_vars
from hntt.intent.linux import DeclaredState, render_host
from hntt.intent.linux.secrets import reveal
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import Source, read_source
from hntt.network.model import Kind

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HOST = "pc.an-thuy.le-thuy"
PROGRAM = "/usr/local/lib/hntt/"
NIGHT = re.compile(r"OnCalendar=\*-\*-\* (\d\d):(\d\d)$", re.MULTILINE)


@cache
def source() -> Source:
    return read_source(ROOT / "inventories/quang_binh/register")


@cache
def state(host: str) -> DeclaredState:
    facts = host_vars(source().register, source().network, host)
    settings = {"hntt": facts, "linux_base_admin_keys": ["ssh-ed25519 AAAA operator"]}
    return render_host(ROOT / "roles", ("linux_base", "commune_pc"), settings)


def content(host: str, path: str) -> str:
    return next(file.content for file in state(host).files if file.dest == path)


def pcs() -> list[str]:
    return [device.host for device in source().network.devices.values() if device.kind is Kind.COMMUNE_PC]


def test_files_are_the_golden_ones() -> None:
    folder = HERE / "commune_pc" / HOST
    own = (file for file in state(HOST).files if file.source == "commune_pc" and not file.dest.startswith(PROGRAM))
    # The sums are those of all the other files, which change for reasons of their own.
    wanted = {file.dest.lstrip("/"): file.content for file in own if not file.dest.endswith(".sums")}
    assert wanted == golden_files(folder, wanted)


def test_every_pc_has_its_own_number_secret_and_room() -> None:
    hosts = pcs()
    assert len(hosts) == 159
    pages = [content(host, "/etc/hntt-pc/page.js") for host in hosts]
    assert all(f"<secret:sip/{host}>" in page for host, page in zip(hosts, pages, strict=True))
    assert len(set(pages)) == 159
    for host in hosts:
        told = json.loads(content(host, "/etc/hntt-pc/pc.json"))
        facts = host_vars(source().register, source().network, host)
        assert (told["extension"], told["room"]) == (facts["extension"], facts["rooms"]["district"])
        assert told["server"] == facts["district"]["mcu"] + "." + facts["domain"]


@pytest.mark.parametrize("timer", ["apt-daily.timer", "apt-daily-upgrade.timer"])
def test_two_pcs_of_a_district_never_update_at_the_same_time_and_all_do_at_night(timer: str) -> None:
    begun: dict[tuple[str, int], str] = {}
    for host in pcs():
        found = NIGHT.findall(content(host, f"/etc/systemd/system/{timer}.d/hntt-pc.conf"))
        ((hour, minute),) = found
        assert int(hour) < 6, host
        key = (host.rpartition(".")[2], int(hour) * 60 + int(minute))
        assert key not in begun, (host, begun.get(key))
        begun[key] = host


def test_policies_come_out_whole_with_the_province_s_authority() -> None:
    authority = pki.new_authority("Tỉnh").certificate
    text = reveal(content(HOST, "/etc/chromium/policies/managed/hntt.json"), SecretValues({"authority": authority}))
    policies = json.loads(text)
    assert policies["CACertificates"] == ["".join(authority.splitlines()[1:-1])]
    assert policies["URLBlocklist"] == ["*"]
    assert policies["DeveloperToolsAvailability"] == 2


def test_sums_name_every_file_but_those_with_secrets() -> None:
    listed = {line.split("  ")[1] for line in content(HOST, "/etc/hntt-pc/declared.sums").splitlines()}
    files = {file.dest for file in state(HOST).files}
    assert files - listed == {
        "/etc/hntt-pc/declared.sums",
        "/etc/hntt-pc/page.js",
        "/etc/hntt-pc/authority.pem",
        "/etc/chromium/policies/managed/hntt.json",
    }


def test_the_waiting_page_reads_what_the_pc_writes_where_nothing_is_drift() -> None:
    written = str(Places().notice)
    assert f'"file://{written}"' in content(HOST, "/etc/hntt-pc/waiting.js")
    assert written not in {file.dest for file in state(HOST).files}
    assert not [item.path for item in state(HOST).managed_directories if written.startswith(f"{item.path}/")]
