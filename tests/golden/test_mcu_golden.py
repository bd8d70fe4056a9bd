"""The MCU servers' files, by the register of the province. HNTT_REGEN=1 writes the golden ones anew.

Of the long lists (endpoints, dial plan) only the province's server is kept in full; of the others the properties below
hold for every endpoint.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from golden_tree import golden_files

from hntt.intent.hostvars import host_vars
from hntt.intent.linux import DeclaredState, File, built_path, render_host
from hntt.intent.mcu import contract
from hntt.inventory.source import Source, read_source
from hntt.network.model import Kind

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVERS = ("mcu-1.tinh", "mcu-2.tinh", "mcu-3.tinh")
PROGRAM = "/usr/local/lib/hntt/"
SECTION = re.compile(r"^\[([^]]+)\](?:\(([^)]*)\))?$")


@cache
def source() -> Source:
    return read_source(ROOT / "inventories/quang_binh/register")


@cache
def state(host: str) -> DeclaredState:
    facts = host_vars(source().register, source().network, host)
    settings = {"hntt": facts, "linux_base_admin_keys": ["ssh-ed25519 AAAA operator"]}
    return render_host(ROOT / "roles", ("linux_base", "mcu"), settings)


@cache
def files(host: str) -> dict[str, File]:
    return {file.dest: file for file in state(host).files}


def content(host: str, path: str) -> str:
    return files(host)[path].content


@cache
def sections(host: str) -> list[tuple[str, str, dict[str, list[str]]]]:
    """The sections of pjsip.conf: name, templates, and values by name; a name may be there several times."""
    found: list[tuple[str, str, dict[str, list[str]]]] = []
    for line in content(host, "/etc/asterisk/pjsip.conf").splitlines():
        if match := SECTION.match(line):
            found.append((match.group(1), match.group(2) or "", {}))
        elif " = " in line and not line.startswith(";"):
            name, _, value = line.partition(" = ")
            found[-1][2].setdefault(name, []).append(value)
    return found


def endpoints(host: str) -> dict[str, dict[str, list[str]]]:
    """The endpoints of units and PCs, by number."""
    return {name: values for name, kinds, values in sections(host) if kinds in ("unit", "browser")}


@cache
def dialplan(host: str) -> dict[str, dict[str, list[str]]]:
    """The dial plan: context, extension, and its steps."""
    found: dict[str, dict[str, list[str]]] = {}
    context = extension = ""
    for line in content(host, "/etc/asterisk/extensions.conf").splitlines():
        if match := SECTION.match(line):
            context = match.group(1)
        elif line.startswith("exten => "):
            extension, _, step = line.removeprefix("exten => ").partition(",")
            found.setdefault(context, {})[extension] = [step]
        elif line.startswith(" same => "):
            found[context][extension].append(line.removeprefix(" same => "))
    return found


def members() -> dict[str, str]:
    """Every unit and PC of the province by number, and the server that the register gives it."""
    servers = {district.slug: f"{district.mcu}.tinh" for district in source().register.districts}
    kinds = (Kind.VCS, Kind.COMMUNE_PC)
    return {
        str(device.extension): servers[device.site.district] if device.site.district else "mcu-1.tinh"
        for device in source().network.devices.values()
        if device.kind in kinds
    }


@pytest.mark.parametrize("host", SERVERS)
def test_files_are_the_golden_ones(host: str) -> None:
    folder = HERE / "mcu" / host
    own = (file for file in state(host).files if file.source == "mcu" and not file.dest.startswith(PROGRAM))
    wanted = {
        file.dest.lstrip("/"): file.content
        for file in own
        if "/sites/" not in file.dest and (host == SERVERS[0] or len(file.content) < 12_000)
    }
    assert wanted == golden_files(folder, wanted)


def test_every_unit_and_pc_has_one_endpoint_on_the_server_of_its_room() -> None:
    found = [(number, host) for host in SERVERS for number in endpoints(host)]
    assert sorted(found) == sorted(members().items())
    assert len(found) == 168


@pytest.mark.parametrize("host", SERVERS)
def test_an_endpoint_has_one_account_one_place_and_a_secret_of_its_own(host: str) -> None:
    for number in endpoints(host):
        own = [values for name, _, values in sections(host) if name == number]
        assert len(own) == 3, number
        assert [values["username"] for values in own if "username" in values] == [[number]]
    secrets = [values["password"][0] for name, _, values in sections(host) if "password" in values and name[0] == "4"]
    assert len(secrets) == len(set(secrets)) == len(endpoints(host))
    assert all(secret.startswith("<secret:sip/") for secret in secrets)


@pytest.mark.parametrize("host", SERVERS)
def test_a_commune_s_context_reaches_its_own_room_and_nothing_else(host: str) -> None:
    rooms = {f"district-{district.slug}": f"200{district.block}" for district in source().register.districts}
    for number, values in endpoints(host).items():
        context = values["context"][0]
        reached = {name: steps for name, steps in dialplan(host)[context].items() if not name.startswith("_")}
        if context.endswith("-unit"):
            own = rooms.get(context.removesuffix("-unit"))
            assert set(reached) == ({own, "1000"} if own else {"1000"}), number
            continue
        assert set(reached) == {rooms[context]}, number
        assert reached[rooms[context]] == [f"1,Goto(room,{rooms[context]},1)"], number
        assert dialplan(host)[context]["_X!"] == ["1,Goto(refuse,forbidden,1)"], number


@pytest.mark.parametrize("host", SERVERS)
def test_every_call_goes_through_the_seats_of_its_room(host: str) -> None:
    """No way leads past the count: ConfBridge is called in one place."""
    for context, extensions in dialplan(host).items():
        for extension, steps in extensions.items():
            text = "\n".join(steps)
            if "ConfBridge(" in text:
                assert context == "room", (context, extension)
                assert text.index("LOCK(seats)") < text.index("GROUP(licence)=") < text.index("UNLOCK(seats)")
                assert text.index("UNLOCK(seats)") < text.index("ConfBridge(")


@pytest.mark.parametrize("host", SERVERS)
def test_every_jump_has_somewhere_to_land(host: str) -> None:
    plan = dialplan(host)
    for context, extensions in plan.items():
        for extension, steps in extensions.items():
            for target in re.findall(r"(?:Goto|Gosub)\((\w[\w-]*),([\w$\{\}]+),1", "\n".join(steps)):
                wanted = extension if target[1] == "${EXTEN}" else target[1]
                known = plan.get(target[0], {})
                assert wanted in known or "_X!" in known or wanted.startswith("${"), (context, extension, target)


@pytest.mark.parametrize("host", SERVERS)
def test_media_ports_are_the_same_wherever_they_are_written(host: str) -> None:
    first, last = contract.MEDIA_FIRST, contract.MEDIA_LAST
    rtp = content(host, "/etc/asterisk/rtp.conf")
    assert f"rtpstart = {first}\nrtpend = {last}\n" in rtp
    assert re.findall(r"udp dport (\S+) accept", content(host, "/etc/nftables.conf")) == [f"{first}-{last}"]


@pytest.mark.parametrize("router", ["rt.tinh", "rt.quang-ninh", "rt.hien-ninh.quang-ninh"])
def test_routers_let_the_servers_media_pass(router: str) -> None:
    facts = host_vars(source().register, source().network, router)
    settings = {"hntt": facts, "linux_base_admin_keys": ["ssh-ed25519 AAAA operator"]}
    rendered = render_host(ROOT / "roles", ("linux_base", "router"), settings)
    rules = next(file.content for file in rendered.files if file.dest == "/etc/nftables.d/50-router.nft")
    found = re.findall(r"udp th [sd]port \{ (\d+-\d+) \} accept comment \"media", rules)
    assert set(found) == {f"{contract.MEDIA_FIRST}-{contract.MEDIA_LAST}"}


@pytest.mark.parametrize("host", SERVERS)
def test_marks_are_the_register_s(host: str) -> None:
    marks = source().register.province.qos.dscp
    media = next(values for name, _, values in sections(host) if name == "media")
    assert (media["tos_audio"], media["tos_video"]) == ([str(marks.voice * 4)], [str(marks.video * 4)])


@pytest.mark.parametrize("host", SERVERS)
def test_a_page_s_facts_are_its_endpoint_s(host: str) -> None:
    pcs = {number for number, values in endpoints(host).items() if not values["context"][0].endswith("-unit")}
    found = {Path(path).stem: json.loads(file.content) for path, file in files(host).items() if "/room/sites/" in path}
    assert set(found) == pcs
    for number, facts in found.items():
        assert facts["room"] == next(iter(dialplan(host)[endpoints(host)[number]["context"][0]]))
        assert f'"{facts["name"]}" <{number}>' in endpoints(host)[number]["callerid"][0]
        assert 128 <= facts["call_kbps"] <= 8000


@pytest.mark.parametrize("host", SERVERS)
def test_files_with_secrets_are_for_root_and_asterisk_only(host: str) -> None:
    # The authority's certificate comes from the vault with its key, but everybody may read it.
    found = {file.dest for file in state(host).files if file.secret}
    assert found == {"/etc/asterisk/pjsip.conf", "/etc/asterisk/manager.conf", "/etc/hntt/meetings.json"} | {
        "/etc/hntt-mcu/authority.pem"
    }
    assert all(files(host)[path].mode == "0640" for path in found if not path.endswith("authority.pem"))


def test_no_page_holds_a_secret_and_all_of_it_is_built() -> None:
    page = [file for path, file in files(SERVERS[2]).items() if "/static-http/room/" in path]
    assert not any(file.secret for file in page)
    assert sum(built_path(file.content) is not None for file in page) == 4
