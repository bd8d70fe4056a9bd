"""What a PC says of itself: each check can fail, a meeting is seen, a lost page is opened anew once and not at once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hntt.pc import health, main
from hntt.pc.facts import Facts, FactsError, secret
from hntt.pc.registration import Account, RegistrationError, authorization, question
from hntt.pc.system import Ran, System

FACTS = Facts(
    host="pc.xa.huyen", user="kiosk", unit="hntt-kiosk.service", extension="404552", room="2007", server="mcu",
    web_port=8089, sip_port=5061, media=(50000, 50099), camera=True, usb_guard=True,
)  # fmt: skip
ACCOUNT = Account("404552", "secret", "mcu", 5061)


class Pretended(System):
    """A PC that is well; ``says`` gives other answers to some programs."""

    def __init__(self, **says: Ran) -> None:
        self.ran: list[str] = []
        self.says = says
        self.found = ["/dev/video0"]

    def run(self, *words: str) -> Ran:
        self.ran.append(" ".join(words))
        name = words[0].replace("-", "_")
        wells = {"ss": "tcp ESTAB 0 0 10.0.0.3:5 10.0.0.1:8089 uid:7 ino:1"}
        return self.says.get(name, Ran(0, wells.get(name, "")))

    def uid(self, user: str) -> int:
        return {"kiosk": 7}[user]

    def cameras(self) -> Iterator[str]:
        return iter(self.found)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.js").write_text(
        '// x\nconst hntt = {\n "site": "404552",\n "secret": "s3"\n};\n', encoding="utf-8"
    )
    monkeypatch.setattr(health, "secret", lambda: secret(tmp_path))
    monkeypatch.setattr(main, "_GONE_SINCE", tmp_path / "gone")
    monkeypatch.setattr(main, "REBOOT_REQUIRED", tmp_path / "reboot-required")
    monkeypatch.setattr(main, "RULES", tmp_path / "rules.conf")
    monkeypatch.setattr(main, "_answers", lambda _facts: True)


def wrong(system: System, facts: Facts = FACTS, asked: Callable[..., list[str]] = lambda *_: ["<sip:x>"]) -> set[str]:
    return {item.name for item in health.checks(facts, system, asked) if not item.ok}


def test_a_pc_that_is_well_says_so() -> None:
    assert wrong(Pretended()) == set()


def refuse(*_: Any) -> list[str]:
    raise RegistrationError("SIP/2.0 403 Forbidden")


def test_each_check_can_fail_alone() -> None:
    assert wrong(Pretended(systemctl=Ran(3, ""))) == {"kiosk"}
    assert wrong(Pretended(ss=Ran(0, "tcp ESTAB 0 0 10.0.0.3:5 10.0.0.1:8089 uid:77 ino:1"))) == {"page"}
    assert wrong(Pretended(sha256sum=Ran(1, "/etc/x: FAILED"))) == {"drift"}
    assert wrong(Pretended(), asked=lambda *_: []) == {"registered"}
    assert wrong(Pretended(), asked=refuse) == {"registered"}
    blind = Pretended()
    blind.found = []
    assert wrong(blind) == {"camera"}
    assert wrong(blind, dataclasses.replace(FACTS, camera=False)) == set()


def test_what_drifted_is_named() -> None:
    said = "/etc/a: FAILED\n/etc/b: FAILED open or read\nsha256sum: WARNING: 1 computed checksum did NOT match"
    (drift,) = [
        item for item in health.checks(FACTS, Pretended(sha256sum=Ran(1, said)), refuse) if item.name == "drift"
    ]
    assert drift.detail == "/etc/a, /etc/b"


@pytest.mark.parametrize(("port", "idle"), [(50000, False), (50099, False), (50100, True), (323, True)])
def test_a_meeting_is_seen_by_its_media_ports(port: int, *, idle: bool) -> None:
    row = f"UNCONN 0 0 10.0.0.3:{port} 0.0.0.0:* uid:7 ino:9"
    assert main.is_idle(FACTS, Pretended(ss=Ran(0, f"{row}\n"))) is idle


def test_a_night_begins_anew_and_restarts_the_pc_only_when_an_update_wants_it() -> None:
    system = Pretended(ss=Ran(0, ""))
    assert main.night(FACTS, system) == 0
    assert system.ran[-1] == "systemctl restart hntt-kiosk.service"
    main.REBOOT_REQUIRED.touch()
    assert main.night(FACTS, system) == 0
    assert system.ran[-1] == "systemctl reboot"
    busy = Pretended(ss=Ran(0, "UNCONN 0 0 10.0.0.3:50001 0.0.0.0:* uid:7"))
    assert main.night(FACTS, busy) == 0
    assert not any(line.startswith("systemctl") for line in busy.ran)


def test_a_lost_page_is_opened_anew_after_two_minutes_and_not_before() -> None:
    system = Pretended(ss=Ran(0, ""))
    for now in (1000, 1060, 1119):
        assert main.watch(FACTS, system, now) == 0
    assert "systemctl restart hntt-kiosk.service" not in system.ran
    main.watch(FACTS, system, 1121)
    assert system.ran[-1] == "systemctl restart hntt-kiosk.service"


def test_a_slow_pc_is_given_twice_the_time_after_each_new_start() -> None:
    system, restarts = Pretended(ss=Ran(0, "")), []
    for now in range(1000, 1000 + 6 * 3600, 60):
        before = len(system.ran)
        main.watch(FACTS, system, now)
        if "systemctl restart hntt-kiosk.service" in system.ran[before:]:
            restarts.append(now)
    waits = [later - earlier for earlier, later in zip([1000, *restarts], restarts, strict=False)]
    assert waits == [120, 240, 480, 960, *[1800] * (len(waits) - 4)]


def test_a_page_that_came_back_begins_to_count_anew() -> None:
    lost, there = Pretended(ss=Ran(0, "")), Pretended()
    main.watch(FACTS, lost, 1000)
    main.watch(FACTS, there, 1060)
    main.watch(FACTS, lost, 1130)
    assert "systemctl restart hntt-kiosk.service" not in lost.ran


def test_a_server_that_does_not_answer_is_no_reason_to_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "_answers", lambda _facts: False)
    system = Pretended(ss=Ran(0, ""))
    for now in (1000, 2000, 3000):
        main.watch(FACTS, system, now)
    assert "systemctl restart hntt-kiosk.service" not in system.ran


def test_a_new_camera_is_one_command() -> None:
    system = Pretended(usbguard=Ran(0, 'allow id 046d:0825 serial "1"'))
    assert main.usb(system, "accept") == 0
    assert main.RULES.read_text() == 'allow id 046d:0825 serial "1"\n'
    assert main.RULES.stat().st_mode & 0o777 == 0o600
    assert system.ran[-1] == "systemctl restart usbguard.service"


def test_the_first_list_is_never_made_twice() -> None:
    system = Pretended(usbguard=Ran(0, "allow id 1:1"))
    assert main.usb(system, "first") == 0
    system.says["usbguard"] = Ran(0, "allow id 2:2")
    assert main.usb(system, "first") == 0
    assert main.RULES.read_text() == "allow id 1:1\n"


def test_a_list_that_would_shut_everything_out_is_not_taken() -> None:
    assert main.usb(Pretended(usbguard=Ran(0, "")), "accept") == 1
    assert not main.RULES.exists()


def test_the_question_changes_nothing_and_the_proof_is_that_of_the_standard() -> None:
    text = question(ACCOUNT, "10.0.0.3:5", "c", 1).decode()
    assert text.startswith("REGISTER sip:mcu SIP/2.0\r\n")
    assert "\r\nContact" not in text
    assert "\r\nExpires" not in text
    told = (
        'SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="asterisk",nonce="n",opaque="o",algorithm=MD5\r\n'
    )
    proof = authorization(ACCOUNT, told)
    who = hashlib.md5(b"404552:asterisk:secret", usedforsecurity=False).hexdigest()
    what = hashlib.md5(b"REGISTER:sip:mcu", usedforsecurity=False).hexdigest()
    answer = hashlib.md5(f"{who}:n:{what}".encode(), usedforsecurity=False).hexdigest()
    assert f'response="{answer}"' in proof
    assert 'opaque="o"' in proof


def test_a_refusal_without_a_challenge_is_an_error() -> None:
    with pytest.raises(RegistrationError, match="401"):
        authorization(ACCOUNT, "SIP/2.0 401 Unauthorized\r\n")


def test_facts_that_cannot_be_read_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "pc.json").write_text(json.dumps({"host": "x"}))
    with pytest.raises(FactsError, match=r"pc\.json"):
        Facts.read(tmp_path)
    (tmp_path / "pc.json").write_text(json.dumps(dataclasses.asdict(FACTS)))
    assert Facts.read(tmp_path) == FACTS
