"""A district with its servers and units, from day-0 to meetings: what its people see, hear and get over their lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from register_lab import RegisterLab
from wire_marks import classes, flood, marks_on, pieces, received_kbps, settled_kbps

from hntt.devices.roomos.session import RefusedError
from hntt.lab.meet.cast import Stage
from hntt.network import images

pytestmark = pytest.mark.lab

MCU, UNIT = "mcu-3.tinh", "vcs.quang-ninh"
# The first commune has its own PC; at the places of the others stand clients that tell what they see.
PC = "pc.quan-hau.quang-ninh"
NEAR, FAR = "truong-son.quang-ninh", "luong-ninh.quang-ninh"
HOSTS = {
    "rt.tinh", "noc.tinh", "mcu-1.tinh", "mcu-2.tinh", MCU, "vcs.tinh", UNIT,
    "rt.quang-ninh", "rt.quan-hau.quang-ninh", f"rt.{NEAR}", f"rt.{FAR}", PC,
}  # fmt: skip
EF, AF41, CS3 = 46, 34, 24
LINE_KBPS = 4000
VOICE, VIDEO, IMAGES = "1:10", "1:40", "1:60"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterLab]:
    """The district with day-0 only."""
    kinds = ("router", "noc", "mcu", "vcs", "commune_pc")
    lab = RegisterLab(tmp_path_factory.mktemp("meet"), "hnttmeet", 3, kinds, pcs=1)
    lab.hntt("down")
    up = lab.up()
    try:
        assert up.returncode == 0, up.stderr
        yield lab
    finally:
        assert lab.hntt("down").returncode == 0


@pytest.fixture(scope="module")
def district(fresh: RegisterLab) -> RegisterLab:
    """The district rolled out. Before that a check says what would be done, and does none of it."""
    shown, record = fresh.play("site", "--check", "--limit", "mcu-*,vcs.tinh")
    assert {name for name, state in record["hosts"].items() if state == "changed"} == {
        "mcu-1.tinh", "mcu-2.tinh", MCU, "vcs.tinh",
    }, shown.stdout  # fmt: skip
    assert fresh.hntt("exec", MCU, "--", "test", "-e", "/etc/asterisk").returncode != 0
    done, record = fresh.play("rollout", "-e", "district=quang-ninh")
    assert done.returncode == 0, done.stdout + done.stderr
    return fresh


def test_the_second_run_changes_nothing_and_a_check_says_so(district: RegisterLab) -> None:
    for options in ((), ("--check",)):
        done, record = district.play("site", *options)
        assert done.returncode == 0, done.stdout
        assert record["hosts"] == dict.fromkeys(HOSTS, "ok")


def test_acceptance_holds(district: RegisterLab) -> None:
    done, _ = district.play("verify")
    assert done.returncode == 0, done.stdout
    for check in ("mcu_server", "mcu_peers", "mcu_doors", "kiosk"):
        assert check in done.stdout


@pytest.mark.parametrize(
    ("injure", "told"),
    [
        ("sed -i 's/^timers = always/timers = no/' /etc/asterisk/pjsip.conf", "/etc/asterisk/pjsip.conf"),
        ("systemctl stop asterisk", "asterisk.service"),
        ("systemctl stop hntt-meetings", "hntt-meetings.service"),
    ],
    ids=["endpoints", "stopped", "keeper"],
)
def test_a_server_changed_by_hand_is_found_and_repaired(district: RegisterLab, injure: str, told: str) -> None:
    assert district.hntt("exec", MCU, "--", "sh", "-c", injure).returncode == 0
    found, _ = district.play("audit", "-e", "fail_on_drift=true")
    assert found.returncode != 0
    assert MCU in found.stdout
    report = max((district.folder / "reports").glob("audit-*.csv"), key=lambda path: path.stat().st_mtime)
    assert [row for row in report.read_text(encoding="utf-8").splitlines() if MCU in row and told in row]
    repaired, record = district.play("site")
    assert repaired.returncode == 0, repaired.stdout
    assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), MCU: "changed"}


def test_a_pc_changed_by_hand_is_found_and_repaired_and_its_page_comes_back(district: RegisterLab) -> None:
    policies = "/etc/chromium/policies/managed/hntt.json"
    assert district.hntt("exec", PC, "--", "sed", "-i", 's/"\\*"/"nobody.example"/', policies).returncode == 0
    found, _ = district.play("audit", "-e", "fail_on_drift=true")
    assert found.returncode != 0
    assert PC in found.stdout
    assert policies in found.stdout
    repaired, record = district.play("site")
    assert repaired.returncode == 0, repaired.stdout
    assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), PC: "changed"}
    assert district.hntt("exec", PC, "--", "grep", "-c", '"\\*"', policies).returncode == 0


@pytest.mark.parametrize("kind", ["district_commune", "province_district", "three_tier"])
def test_a_meeting_is_opened_held_and_closed(district: RegisterLab, kind: str) -> None:
    # The others are of the whole province: with a district named, only that one would leave.
    where = ("-e", "district=quang-ninh") if kind == "district_commune" else ()
    opened, _ = district.play("meeting", "-e", f"kind={kind}", *where)
    assert opened.returncode == 0, opened.stdout
    held = district.hntt("meet", kind, "-i", str(district.inventory), "--communes", "2", "--format", "json")
    assert held.returncode == 0, held.stdout + held.stderr
    seen = json.loads(held.stdout)
    print("\n".join(f"{item['text']}: {item['seconds']:.1f} s" for item in seen))
    assert len(seen) >= 5
    assert any(PC in item["text"] for item in seen) is (kind != "province_district"), "by server and screen"
    closed, _ = district.play("meeting", "-e", f"kind={kind}", "-e", "state=closed", *where)
    assert closed.returncode == 0, closed.stdout
    for server in ("mcu-1.tinh", MCU):
        channels = district.hntt("exec", server, "--", "asterisk", "-rx", "core show channels count").stdout
        assert "0 active channels" in channels


class Talk:
    """One commune that receives, and another one whose browser speaks with a picture that takes all it may."""

    def __init__(self, lab: RegisterLab) -> None:
        self.lab = lab
        self.stage = Stage.of(lab.lab, lab.inventory)
        self.room = self.stage.room_of("quang-ninh")
        self.chair = self.stage.unit("quang-ninh")
        make = self.stage.endpoints
        self.speaker = make.browser(f"pc.{NEAR}", self.room.host, colour="red", noisy=True)
        self.listener = make.sip_client(f"pc.{FAR}", self.room.host, colour="blue")

    def begin(self) -> None:
        self.chair.dial(self.room.number)
        assert self.chair.in_call(20)
        assert self.listener.registered(30)
        assert self.listener.dial(self.room.number).answered
        assert self.speaker.joins(90)
        self.listener.muted(True)
        self.chair.mute(True)
        for _ in range(3):
            self.chair.press("*1")
            if self.speaker.becomes(lambda state: not state.room_muted, 5):
                break
        assert self.listener.sees("red", 40)


@pytest.fixture
def talk(district: RegisterLab) -> Iterator[Talk]:
    opened, _ = district.play("meeting", "-e", "kind=district_commune", "-e", "district=quang-ninh")
    assert opened.returncode == 0, opened.stdout
    made = Talk(district)
    try:
        with made.listener, made.speaker:
            made.begin()
            yield made
    finally:
        with suppress(RefusedError):
            made.chair.hang_up()
            made.chair.mute(False)
        district.play("meeting", "-e", "kind=district_commune", "-e", "district=quang-ninh", "-e", "state=closed")


def test_a_commune_has_no_key_to_un_mute_itself(talk: Talk) -> None:
    listed = talk.lab.hntt("exec", MCU, "--", "asterisk", "-rx", f"confbridge list {talk.room.number}").stdout
    rows = {row.split()[-1]: row.split() for row in listed.splitlines() if row.startswith("PJSIP/")}
    for client in (talk.listener, talk.speaker):
        assert "site_keys" in rows[client.extension], listed
    keys = talk.lab.hntt("exec", MCU, "--", "asterisk", "-rx", "confbridge show menu site_keys").stdout
    assert "*1=no_op" in keys
    assert "toggle_mute" not in keys


def test_devices_that_a_meeting_runs_over_are_left_alone_without_a_reason(talk: Talk) -> None:
    router = f"rt.{FAR}"
    stray = ("vtysh", "-c", "configure terminal", "-c", "ip route 192.0.2.0/24 Null0")
    assert talk.lab.hntt("exec", router, "--", *stray).returncode == 0
    done, record = talk.lab.play("site")
    assert done.returncode == 2, done.stdout
    assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), router: "failed"}
    assert "is in a meeting" in done.stdout
    assert talk.listener.in_call()
    done, record = talk.lab.play("site", "-e", "reason='a stray route'")
    assert done.returncode == 0, done.stdout
    assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), router: "changed"}
    assert record["during_meeting"]["reason"] == "a stray route"
    assert talk.listener.in_call(), "a route more or less ends no call"


def test_marks_are_seen_on_both_sides_of_the_district_s_line(talk: Talk) -> None:
    server = talk.stage.endpoints.address(talk.room.host)
    for router, port in (("rt.tinh", "ln384"), ("rt.quang-ninh", "wan")):
        found = marks_on(talk.lab, router, port, server, 12)
        print(router, port, dict(found))
        for direction in ("down", "up"):
            media = sum(count for (way, kind, _), count in found.items() if (way, kind) == (direction, "media"))
            assert found[direction, "media", EF] > 100
            assert found[direction, "media", EF] + found[direction, "media", AF41] > 0.95 * media
        assert found["down", "media", AF41] > 100
        assert found["down", "signalling", CS3] > 0


def test_images_keep_to_their_share_beside_a_call(talk: Talk) -> None:
    """A commune's PC and, over the district's line, its relay fetch as much as they can get, in pieces as RAUC does."""
    lab, hub, network, size = talk.lab, "rt.quang-ninh", talk.stage.source.network, 64 << 20
    made = f"mkdir -p /srv/hntt/images/9.9 && head -c {size} /dev/urandom >/srv/hntt/images/9.9/root.raucb"
    assert lab.hntt("exec", "noc.tinh", "--", "sh", "-c", made).returncode == 0
    store = f"http://{network.devices['noc.tinh'].address}:{images.STORE_PORT}{images.PATH}9.9/root.raucb"
    relay = f"{images.base_url(network, f'pc.{FAR}')}9.9/root.raucb"
    commune, district = network.lines[f"rt.{FAR}"], network.lines[hub]
    ends = {commune.number: (hub, f"ln{commune.number}"), district.number: ("rt.tinh", f"ln{district.number}")}
    idle = settled_kbps(lab, f"pc.{FAR}")
    try:
        sources = [(name, str(network.devices[name].address)) for name in (f"pc.{FAR}", hub)]
        with pieces(lab, sources[0], relay, size, 4, 60), pieces(lab, sources[1], store, size, 8, 60):
            before, began = {number: classes(lab, *end) for number, end in ends.items()}, time.monotonic()
            time.sleep(15)
            after, seconds = {number: classes(lab, *end) for number, end in ends.items()}, time.monotonic() - began
    finally:
        lab.hntt("exec", "noc.tinh", "--", "rm", "-r", "/srv/hntt/images/9.9")

    def kbps(number: int, *names: str) -> float:
        return sum(after[number][name][0] - before[number][name][0] for name in names) * 8 / 1000 / seconds

    for line in (commune, district):
        share, got = images.rate_kbps(line), kbps(line.number, IMAGES)
        print(f"line {line.number}: images {got:.0f} kbit/s of {share}, call {kbps(line.number, VOICE, VIDEO):.0f}")
        assert 0.3 * share < got < 1.05 * share
        assert all(after[line.number][name][1] == before[line.number][name][1] for name in (VOICE, VIDEO)), "lost"
    assert kbps(commune.number, VOICE, VIDEO) > 0.9 * idle
    assert talk.listener.in_call()


def test_a_call_keeps_its_rate_on_a_full_line_and_does_not_without_qos(talk: Talk) -> None:
    lab, pc, hub = talk.lab, f"pc.{FAR}", "rt.quang-ninh"
    site = talk.stage.source.network.devices[f"rt.{FAR}"].site
    port = f"ln{site.number}"
    # An address of the commune's own network that nobody has: the traffic has crossed the line before it ends.
    nobody = str(site.conference[-2])
    idle = settled_kbps(lab, pc)
    with flood(lab, hub, nobody, 2 * LINE_KBPS, 60):
        full = received_kbps(lab, pc, 8)
    assert lab.hntt("exec", hub, "--", "tc", "qdisc", "del", "dev", port, "root").returncode == 0
    try:
        with flood(lab, hub, nobody, 2 * LINE_KBPS, 60):
            without = received_kbps(lab, pc, 8)
    finally:
        repaired, _ = lab.play("site", "--limit", hub, "-e", "reason='the line is full'")
    print(f"kbit/s at the commune: {idle:.0f} idle, {full:.0f} on a full line, {without:.0f} without QoS")
    assert idle > 400
    assert full > 0.9 * idle
    assert without < 0.75 * idle
    assert repaired.returncode == 0, repaired.stdout
