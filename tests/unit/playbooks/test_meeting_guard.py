"""Devices on the path of a running meeting are left alone, unless there is a reason, which is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hntt.audit.model import Audit, Host, HostAudit, Outcome
from hntt.i18n import set_language
from hntt.inventory.source import read_source
from hntt.meetings.layout import Layout
from hntt.meetings.live import Member, ServerView
from hntt.meetings.reach import NoView, Views
from hntt.play.audit_reports import action_result
from hntt.play.meeting_guard import Guard, guard_from

SOURCE = read_source(Path(__file__).resolve().parents[3] / "inventories/quang_binh/register")
FAR, NEAR = "rt.truong-son.quang-ninh", "rt.quan-hau.quang-ninh"
HUB, CENTRE, MCU = "rt.quang-ninh", "rt.tinh", "mcu-3.tinh"
LAYOUT = Layout.of(SOURCE.register, SOURCE.network, frozenset(SOURCE.network.devices))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def member(host: str, channel: str) -> Member:
    number = str(SOURCE.network.devices[host].extension)
    return Member(channel, number, host, seconds=10)


def in_a_meeting() -> Views:
    members = (member("vcs.quang-ninh", "PJSIP/1"), member("pc.truong-son.quang-ninh", "PJSIP/2"))
    return {"mcu-1.tinh": ServerView(), MCU: ServerView(rooms={"2006": members})}


def left_alone(views: Views, *hosts: str, reason: str = "") -> Guard:
    return guard_from(SOURCE.network, LAYOUT, views, hosts, reason)


def test_who_is_in_the_room_and_all_routers_between_are_left_alone() -> None:
    found = left_alone(in_a_meeting(), FAR, NEAR, HUB, CENTRE, MCU, "mcu-1.tinh")
    assert set(found.left_alone) == {FAR, HUB, CENTRE, MCU}
    assert found.left_alone[FAR] == "room 2006 Quảng Ninh is in a meeting"


def test_without_a_meeting_nobody_is() -> None:
    assert not left_alone({MCU: ServerView()}, FAR, HUB, MCU).left_alone


def test_somebody_alone_in_a_room_is_no_meeting() -> None:
    views = {MCU: ServerView(rooms={"2006": (member("vcs.quang-ninh", "PJSIP/1"),)})}
    assert not left_alone(views, HUB).left_alone


def test_a_server_of_a_centre_that_is_not_in_operation_may_be_silent() -> None:
    assert SOURCE.network.devices[MCU].site.state != "live"
    assert not left_alone({MCU: NoView("silent")}, HUB).left_alone


def test_with_a_reason_all_are_changed_and_it_is_recorded() -> None:
    found = left_alone(in_a_meeting(), FAR, HUB, reason="the line is down")
    assert not found.left_alone
    told = action_result(audit(FAR, HUB), {}, converging=True, guard=found)
    assert told["waves"]["hntt_districts"] == [HUB]
    assert told["not_well"] == {}
    recorded = told["hntt_report"]["extra"]["during_meeting"]
    assert recorded["reason"] == "the line is down"
    assert set(recorded["hosts"]) == {FAR, HUB}


def test_left_alone_means_no_wave_and_a_run_that_is_not_well() -> None:
    told = action_result(audit(FAR, NEAR, HUB), {}, converging=True, guard=left_alone(in_a_meeting(), FAR, NEAR, HUB))
    assert told["waves"]["hntt_districts"] == []
    assert told["waves"]["hntt_canary"] == [NEAR]
    assert told["waves"]["hntt_communes"] == []
    assert told["not_well"][FAR] == {
        "kind": "failed",
        "msg": "left alone: room 2006 Quảng Ninh is in a meeting",
        "next": "run again after the meeting; if it can't wait, add -e reason='why'",
    }
    assert set(told["not_well"]) == {FAR, HUB}


def audit(*names: str) -> Audit:
    hosts = tuple(HostAudit(host(name), Outcome.DRIFT, repairable=True) for name in names)
    return Audit(hosts, datetime(2026, 11, 24, tzinfo=UTC), 1.0)


def host(name: str) -> Host:
    device = SOURCE.network.devices[name]
    return Host(name, str(device.kind), device.platform, str(device.tier), device.site.district, device.site.label)
