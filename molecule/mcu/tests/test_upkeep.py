"""What happens by itself, and what operators may do while people meet."""

from __future__ import annotations

import time

import pytest
from mcu_bench import (
    ADDRESSES,
    CHAIR,
    DISTRICTS,
    SITES,
    asterisk,
    certificate,
    client,
    server,
    until,
)
from sip_wire import NOTHING, invite
from testinfra_hosts import converge

from hntt.intent.mcu.contract import SIP_TLS_PORT, WEB_PORT

SERVER = ADDRESSES[DISTRICTS]
HNTT_MCU = "/usr/local/sbin/hntt-mcu"
PJSIP = "/etc/asterisk/pjsip.conf"


def succeeds(command: str) -> bool:
    return bool(server(DISTRICTS).run(command).rc == 0)


def applied(*words: str) -> str:
    """The role once more, on this server only; it must succeed."""
    done = converge("--limit", DISTRICTS, *words)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.fixture
def repaired():
    """Whatever the test broke is put right again."""
    yield
    applied()


def test_who_guesses_passwords_is_shut_out_and_nobody_else(connect, guesser: str) -> None:
    site = connect(SITES[0])
    with client(SITES[1], password="guessed", place=guesser) as guessing:
        until(lambda: invite(guesser, SERVER, SIP_TLS_PORT, "1", "1").startswith(NOTHING), lambda shut: shut, 60)
        assert not guessing.registered(1)
    assert site.registered(1)
    assert invite(SITES[0], SERVER, SIP_TLS_PORT, "1", "1") == "SIP/2.0 401 Unauthorized"
    assert "10.44.127.9" in server(DISTRICTS).check_output("nft list set inet hntt_mcu mcu_banned")


@pytest.mark.parametrize(("address", "is_shut_out"), [("10.44.32.254", False), ("10.44.127.9", True)])
def test_the_management_network_is_never_shut_out(guesser: str, address: str, is_shut_out: bool) -> None:
    refusals = " ".join(f"refusal{number}" for number in range(100))
    server(DISTRICTS).check_output(f"fail2ban-client set asterisk attempt {address} {refusals}")
    time.sleep(3)
    banned = server(DISTRICTS).check_output("fail2ban-client get asterisk banip").split()
    assert (address in banned) is is_shut_out


def test_a_certificate_about_to_end_is_renewed_and_calls_go_on(connect, open_room: str) -> None:
    before = certificate(SITES[0], SIP_TLS_PORT).serial_number
    site, other = connect(SITES[0]), connect(SITES[1])
    assert site.dial(open_room).answered
    assert other.dial(open_room).answered
    # One that ends in twenty days, self-signed: the server cannot make another without the authority.
    server(DISTRICTS).check_output(
        "cd /etc/hntt-mcu && openssl req -x509 -key server.key -out server.pem -days 20 -subj /CN=mcu-3.tinh"
    )
    assert not succeeds(f"{HNTT_MCU} check whole")
    assert "days are left" in applied("-v")
    for port in (SIP_TLS_PORT, WEB_PORT):
        shown = certificate(SITES[0], port)
        assert shown.serial_number != before
    assert succeeds(f"{HNTT_MCU} check whole")
    assert site.in_call()
    assert other.in_call()
    # New connections are taken in with the new one.
    assert connect(CHAIR).registered()


def test_a_change_of_settings_does_not_end_calls(connect, open_room: str, repaired: None) -> None:
    site = connect(SITES[0])
    assert site.dial(open_room).answered
    assert "changed=1" in applied("-e", '{"mcu_dead_leg_seconds": 25}')
    assert "rtp_timeout                        : 25" in asterisk("pjsip show endpoint 404502")
    assert site.in_call()


def test_what_needs_a_restart_waits_for_the_end_of_the_last_call(connect, open_room: str, repaired: None) -> None:
    begun = server(DISTRICTS).check_output("pidof asterisk")
    site = connect(SITES[0])
    assert site.dial(open_room).answered
    applied("-e", '{"mcu_passing_calls": 30}')
    time.sleep(3)
    assert site.in_call()
    assert server(DISTRICTS).check_output("pidof asterisk") == begun
    site.hangup()
    until(lambda: server(DISTRICTS).run("pidof asterisk").stdout.strip(), lambda pid: pid not in ("", begun), 30)
    until(lambda: succeeds(f"{HNTT_MCU} check whole && {HNTT_MCU} check loaded"), lambda good: good, 30)


@pytest.mark.parametrize(
    ("by_hand", "named"),
    [
        (
            [
                f"sed -i 's/^rtp_timeout = .*/rtp_timeout = 999/' {PJSIP}",
                "echo '[intruder]' > /etc/asterisk/pjsip_wizard.conf",
                "systemctl stop hntt-meetings",
                "fail2ban-client stop asterisk",
                "asterisk -rx 'module unload res_pjsip_acl.so'",
                "nft flush ruleset",
            ],
            [
                f"file {PJSIP}",
                "file /etc/asterisk/pjsip_wizard.conf",
                "service hntt-meetings.service",
                "service fail2ban.service",
                "service hntt-mcu-restart.service",
                "service nftables.service",
            ],
        ),
        ([f"touch {PJSIP}"], ["service asterisk.service in the kernel"]),
        (
            ["asterisk -rx 'dialplan add extension 666,1,Hangup,16 into room'"],
            ["service asterisk.service in the kernel"],
        ),
        (
            ["asterisk -rx 'dialplan remove extension 2007@district-le-thuy'"],
            ["service asterisk.service in the kernel"],
        ),
    ],
    ids=["files-services-modules-firewall", "not-read-since", "a-number-more", "a-number-less"],
)
def test_what_is_changed_by_hand_is_found_and_put_right(by_hand: list[str], named: list[str]) -> None:
    for command in by_hand:
        server(DISTRICTS).check_output(command)
    found = applied("--check", "-v")
    assert [subject for subject in named if subject not in found] == []
    assert "changed=1" in applied()
    assert "changed=0" in applied("--check")


def test_settings_that_asterisk_does_not_take_are_taken_back_and_calls_go_on(connect, open_room: str) -> None:
    site = connect(SITES[0])
    assert site.dial(open_room).answered
    done = converge("--limit", DISTRICTS, "-e", '{"mcu_dead_leg_seconds": -5}')
    assert done.returncode != 0
    assert "Error parsing rtp_timeout=-5" in done.stdout
    assert "rtp_timeout                        : 20" in asterisk("pjsip show endpoint 404502")
    assert succeeds(f"{HNTT_MCU} check loaded")
    assert site.in_call()


def test_killed_asterisk_comes_back_with_its_endpoints_and_its_open_room(connect, open_room: str, capsys) -> None:
    site, unit = connect(SITES[0]), connect(CHAIR)
    assert site.dial(open_room).answered
    server(DISTRICTS).check_output("kill -KILL $(pidof asterisk)")
    begun = time.monotonic()
    back = until(
        lambda: server(DISTRICTS).run("systemctl is-active asterisk").stdout.strip(), lambda s: s == "active", 20
    )
    # The client does not know yet that its call is gone; a page notices when nothing is heard any more.
    site.hangup()
    until(lambda: site.dial(open_room).answered, lambda answered: answered, 90)
    in_room = time.monotonic() - begun
    until(lambda: unit.dial(open_room).answered, lambda answered: answered, 90)
    with capsys.disabled():
        print(f"\nAsterisk killed: active again after {back:.1f} s, a site back in its room after {in_room:.1f} s")
