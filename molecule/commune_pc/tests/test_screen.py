"""What is on the screen, from outside: a picture of it, and what the room's server knows."""

from __future__ import annotations

import json

import pytest
from pc_bench import (
    NUMBER,
    OTHER_SERVER,
    ROOM,
    SERVER,
    SERVER_NAME,
    as_kiosk,
    browser,
    pc,
    registered,
    screen,
    shows_the_room,
    until,
)
from testinfra_hosts import host

# Whatever is refused looks the same; the numbers of wtype's -k are names of keys.
SHORTCUTS = {
    "new tab": "-M ctrl -k t -m ctrl",
    "new window": "-M ctrl -k n -m ctrl",
    "address": "-M ctrl -k l -m ctrl -s 200 https://mcu-1.tinh/ -k Return",
    "developer tools": "-k F12",
    "inspector": "-M ctrl -M shift -k i -m shift -m ctrl",
    "source": "-M ctrl -k u -m ctrl",
    "open a file": "-M ctrl -k o -m ctrl",
    "downloads": "-M ctrl -k j -m ctrl",
    "print": "-M ctrl -k p -m ctrl",
    "leave full screen": "-k F11",
    "task manager": "-M shift -k Escape -m shift",
    "close tab": "-M ctrl -k w -m ctrl",
    "close window": "-M alt -k F4 -m alt",
    "back": "-M alt -k Left -m alt",
    "other console": "-M ctrl -M alt -k F2 -m alt -m ctrl",
    "restart": "-M ctrl -M alt -k Delete -m alt -m ctrl",
}


def test_the_page_of_the_site_s_room_is_shown_and_registered_at_its_server() -> None:
    assert shows_the_room()
    until(lambda: len(registered()) == 1, "registered")
    assert "@10.44.92.115:" in registered()[0]


def test_it_speaks_vietnamese_and_knows_its_own_room() -> None:
    arguments = pc().check_output("tr '\\0' ' ' </proc/%s/cmdline", str(browser()))
    assert "--lang=vi" in arguments
    told = json.loads(pc().check_output("cat /etc/hntt-pc/pc.json"))
    assert (told["extension"], told["room"], told["server"]) == (NUMBER, ROOM, SERVER_NAME)


def test_it_joins_its_room_by_itself_and_is_not_idle_then() -> None:
    assert pc().run("hntt-pc idle").rc == 0
    host(SERVER).check_output(f"hntt-meetings open {ROOM} district_commune 600")
    try:
        until(lambda: NUMBER in host(SERVER).check_output(f"asterisk -rx 'confbridge list {ROOM}'"), "in the room")
        until(lambda: pc().run("hntt-pc idle").rc == 1, "a meeting is seen")
        # Updates wait for the end of it: systemd itself says that the condition was not met.
        pc().run("systemctl start apt-daily-upgrade.service")
        assert pc().check_output("systemctl show -P Result apt-daily-upgrade.service") == "exec-condition"
        before = browser()
        assert pc().run("hntt-pc night").rc == 0
        assert browser() == before
    finally:
        host(SERVER).check_output(f"hntt-meetings close {ROOM}")
    until(lambda: pc().run("hntt-pc idle").rc == 0, "idle again")


def test_the_page_is_back_after_the_browser_was_killed(record_property) -> None:
    killed = browser()
    pc().check_output("kill -KILL %s", str(killed))
    record_property("seconds", until(lambda: browser() not in (0, killed) and shows_the_room(), "back"))


def test_the_page_is_back_after_the_compositor_was_killed() -> None:
    pc().check_output("pkill -KILL -u kiosk -x cage")
    until(lambda: browser() and shows_the_room(), "back")


@pytest.mark.parametrize("keys", SHORTCUTS.values(), ids=SHORTCUTS.keys())
def test_no_shortcut_leads_anywhere(keys: str) -> None:
    typed = as_kiosk(f"wtype {keys}")
    assert typed.rc == 0, typed.stderr
    # At once, or after the page had to be started anew.
    pc().run("sleep 2")
    until(shows_the_room, "the page again", 30)
    assert pc().check_output("systemctl is-system-running") == "running"


def _shown(address: str, name: str) -> bytes:
    """What a browser of the page's user, with the PC's policies, shows of an address on a screen of its own."""
    folder = f"/run/hntt-kiosk/{name}"
    start = (
        "env -u WAYLAND_DISPLAY WLR_BACKENDS=headless WLR_RENDERER=pixman LIBSEAT_BACKEND=noop "
        f"WLR_LIBINPUT_NO_DEVICES=1 timeout 60 cage -d -- "
        f"chromium --kiosk --ozone-platform=wayland --user-data-dir={folder} --no-first-run "
        f"--lang=vi '{address}' >/dev/null 2>&1 </dev/null & echo $!"
    )
    assert as_kiosk(f'sh -c "{start}"').rc == 0
    seen: list[bytes] = []

    def settled() -> bool:
        seen.append(screen("wayland-1"))
        # A page with a clock on it never rests.
        return len(seen) > 4 and seen[-1] != b"" and (seen[-1] == seen[-3] or len(seen) > 20)

    try:
        until(settled, f"{address} on a screen", 40)
    finally:
        pc().run(f"pkill -u kiosk -f user-data-dir={folder}")
        until(lambda: screen("wayland-1") == b"", "that screen is gone", 20)
    return seen[-1]


def test_other_addresses_are_refused() -> None:
    refused = _shown("https://nobody.example/", "a")
    for number, address in enumerate(
        (
            f"https://{OTHER_SERVER}.hntt.quangbinh.example:8089/static/room/index.html",
            "file:///etc/hntt-pc/page.js",
            "view-source:file:///etc/hntt-pc/waiting.html",
            "chrome://policy",
        )
    ):
        assert _shown(address, f"b{number}") == refused, address
    # The same eyes see that the room's own page is no refusal.
    assert _shown(f"https://{SERVER_NAME}:8089/static/room/index.html", "c") != refused


def test_whoever_gets_the_page_s_rights_reaches_its_server_and_nobody_else() -> None:
    def reaches(address: str, port: int) -> bool:
        return bool(as_kiosk(f"timeout 3 bash -c '</dev/tcp/{address}/{port}'").rc == 0)

    assert reaches("10.44.32.23", 8089)
    assert not reaches("10.44.32.23", 22)
    assert not reaches("10.44.32.10", 514)
    # Not because nobody is there: the system itself gets through.
    assert pc().run("timeout 3 bash -c '</dev/tcp/10.44.32.10/514'").rc == 0
