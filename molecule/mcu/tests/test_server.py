"""What runs on a server and what it serves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from mcu_bench import (
    DISTRICTS,
    PROVINCE,
    ROOM,
    SITES,
    asterisk,
    certificate,
    extension,
    fetch,
    secrets,
    server,
    source,
    start_of_log,
)
from testinfra_hosts import PROJECT, converge, drifts, facts

from hntt.intent.mcu.contract import MEDIA_FIRST, MEDIA_LAST, SIP_TLS_PORT, WEB_PORT, sip_secret
from hntt.intent.mcu.facts import mcu_facts

BOTH = pytest.mark.parametrize("name", [PROVINCE, DISTRICTS])


@BOTH
def test_services_run_and_come_back_at_boot(name: str) -> None:
    for unit in ("asterisk", "fail2ban", "hntt-meetings"):
        service = server(name).service(unit)
        assert service.is_running, unit
        assert service.is_enabled, unit


@BOTH
def test_asterisk_had_nothing_to_complain_of_when_it_started(name: str) -> None:
    lines = start_of_log(name)
    assert len(lines) > 10
    assert [line for line in lines if " ERROR[" in line or " WARNING[" in line] == []


def test_the_centre_is_told_of_refusals_and_not_of_every_registration(connect) -> None:
    syslog, security = "/var/log/syslog", "/var/log/asterisk/security.log"
    event = 'SecurityEvent="SuccessfulAuth"'

    def count(path: str) -> int:
        return int(server(DISTRICTS).run("grep -c %s %s", event, path).stdout or 0)

    before = count(syslog), count(security)
    connect(SITES[0])
    assert count(security) > before[1]
    assert count(syslog) == before[0]


@BOTH
def test_logs_are_rotated_and_written_on(name: str) -> None:
    server(name).check_output("logrotate -f /etc/logrotate.d/asterisk")
    writes_to = server(name).check_output("ls -l /proc/$(pidof asterisk)/fd")
    assert "/var/log/asterisk/security.log\n" in writes_to + "\n"


@BOTH
def test_only_the_modules_that_are_listed_are_loaded(name: str) -> None:
    listed = server(name).check_output("sed -n 's/^load = //p' /etc/asterisk/modules.conf").splitlines()
    loaded = [line.split()[0] for line in asterisk("module show", name).splitlines() if ".so " in line]
    assert sorted(loaded) == sorted(listed)


@BOTH
def test_asterisk_runs_as_its_own_user_with_few_rights(name: str) -> None:
    status = server(name).check_output("cat /proc/$(pidof asterisk)/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert server(name).check_output("stat -c %U /proc/$(pidof asterisk)") == "asterisk"
    assert fields["NoNewPrivs"] == "1"
    # Only what marks packets.
    assert int(fields["CapEff"], 16) in (0, 1 << 12)


def test_every_endpoint_of_the_register_is_there_and_no_other() -> None:
    wanted = {item["extension"] for item in mcu_facts(source().register, source().network, DISTRICTS)["endpoints"]}
    shown = asterisk("pjsip show endpoints")
    found = {line.split()[1].partition("/")[0] for line in shown.splitlines() if line.startswith(" Endpoint:  4")}
    assert found == wanted


@BOTH
def test_media_ports_are_those_of_the_firewall(name: str) -> None:
    ports = asterisk("rtp show settings", name)
    assert str(MEDIA_FIRST) in ports
    assert str(MEDIA_LAST) in ports
    assert f"udp dport {MEDIA_FIRST}-{MEDIA_LAST} accept" in server(name).check_output("nft list ruleset")


@BOTH
def test_the_manager_s_port_listens_on_the_server_s_own_address_only(name: str) -> None:
    listening = server(name).check_output("ss -Hltn sport = :5038").split()
    assert listening[3] == f"{facts(name)['hntt']['address']}:5038"


@BOTH
def test_the_meetings_service_knows_its_rooms_and_runs_as_nobody_who_can_log_in(name: str) -> None:
    shown = json.loads(server(name).check_output("hntt-meetings show"))
    assert shown["keeper"] is True
    assert server(name).check_output("stat -c %a:%U /etc/hntt/meetings.json") == "640:root"
    assert server(name).check_output("systemctl show -P DynamicUser hntt-meetings") == "yes"


@pytest.mark.parametrize("port", [SIP_TLS_PORT, WEB_PORT])
def test_both_ports_show_a_certificate_of_the_province_s_authority(port: int) -> None:
    left = certificate(SITES[0], port).not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=300) < left <= timedelta(days=366)


def test_the_page_is_the_one_that_was_built() -> None:
    built = sorted((PROJECT / "web/room/dist").iterdir())
    assert {path.name for path in built} == {"index.html", "room.css", "room.js", "LICENSES.txt"}
    for path in built:
        assert fetch(SITES[0], f"/static/room/{path.name}") == (200, path.read_bytes())
    assert fetch(SITES[0], "/")[0] == 302


def test_a_pc_finds_what_it_needs_to_know_and_no_secret() -> None:
    status, content = fetch(SITES[0], f"/static/room/sites/{extension(SITES[0])}.json")
    assert status == 200
    assert json.loads(content) == {
        "room": ROOM,
        "room_name": "Phòng họp huyện Lệ Thủy",
        "name": "Thị trấn Kiến Giang",
        "call_kbps": 768,
        "joins_muted": True,
    }
    assert secrets().get(sip_secret(SITES[0])).encode() not in content


@pytest.mark.parametrize("path", ["/ari/asterisk/info", "/metrics", "/media", "/httpstatus", "/rawman", "/phoneprov/x"])
def test_nothing_else_is_served(path: str) -> None:
    assert fetch(SITES[0], path)[0] == 404


def test_nobody_climbs_out_of_the_page_s_folder() -> None:
    assert fetch(SITES[0], "/static/../../../../etc/passwd")[0] in (403, 404)


@BOTH
def test_nothing_drifts(name: str) -> None:
    found = drifts(name, ("linux_base", "mcu"), secrets(), mcu_room_seats={ROOM: 2})
    # The controller that keeps the time is not in this scenario.
    assert [text for text in found if not text.startswith("clock chrony")] == []


def test_a_check_on_converged_hosts_finds_nothing_to_do() -> None:
    done = converge("--check")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("changed=0") == 2, done.stdout
