"""What holds below the page: its user, what is closed, when it is updated, and whether it says so itself."""

from __future__ import annotations

import json

from pc_bench import NUMBER, SERVER_NAME, as_kiosk, browser, pc, registered, secrets, shows_the_room, until
from testinfra_hosts import converge, drifts, station

SETTINGS = {
    "commune_pc_camera": False,
    "commune_pc_usb_guard": False,
    "commune_pc_browser_flags": ["--use-fake-device-for-media-stream"],
    "linux_base_automatic_updates": True,
}


def test_the_kiosk_runs_as_its_user_without_a_way_to_more_rights() -> None:
    assert pc().service("hntt-kiosk").is_running
    assert pc().service("hntt-kiosk").is_enabled
    status = pc().check_output("cat /proc/%s/status", str(browser()))
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split()[0] == pc().check_output("id -u kiosk")
    assert (fields["NoNewPrivs"], int(fields["CapEff"], 16)) == ("1", 0)


def test_nobody_can_log_in_as_the_kiosk() -> None:
    assert pc().check_output("passwd -S kiosk").split()[1] == "L"
    assert pc().user("kiosk").shell == "/usr/sbin/nologin"
    assert "not allowed to run sudo" in pc().run("sudo -l -U kiosk").stdout
    assert "kiosk" not in pc().check_output("sshd -T").partition("allowusers")[2].splitlines()[0]


def test_the_secret_is_for_the_kiosk_and_root_only() -> None:
    file = pc().file("/etc/hntt-pc/page.js")
    assert (file.user, file.group, file.mode) == ("root", "kiosk", 0o640)
    assert secrets().get("sip/pc.an-thuy.le-thuy") in file.content_string
    # It is in no command line either, which everybody on the PC can read.
    assert secrets().get("sip/pc.an-thuy.le-thuy") not in pc().check_output("ps -eo args")


def test_no_console_asks_for_a_name() -> None:
    assert pc().run("pgrep -x agetty").rc == 1
    for unit in ("getty@tty1.service", "getty@tty2.service", "autovt@tty3.service", "ctrl-alt-del.target"):
        pc().run(f"systemctl start {unit}")
        assert not pc().run(f"systemctl is-active {unit}").stdout.startswith("active"), unit


def test_sound_has_a_server_of_the_kiosk_s_own_and_nobody_else_s() -> None:
    assert "Dummy Output" in as_kiosk("wpctl status").stdout
    # The one that ran before the role came.
    pc().run("systemctl stop user@$(id -u hntt).service")
    owners = pc().run("ps -C pipewire,wireplumber -o user=").stdout.split()
    assert set(owners) == {"kiosk"}


def test_time_and_zone() -> None:
    assert pc().check_output("readlink /etc/localtime").endswith("/Asia/Ho_Chi_Minh")
    until(lambda: "10.44.32.10" in pc().check_output("chronyc -n -c tracking"), "in step with the centre")


def test_updates_come_at_night_slowly_and_from_the_centre() -> None:
    for timer in ("apt-daily", "apt-daily-upgrade", "hntt-pc-night"):
        due = pc().check_output(f"systemctl show -P TimersCalendar {timer}.timer")
        assert due.count("OnCalendar") == 1, due
        hour = int(due.partition("*-*-* ")[2][:2])
        assert 0 <= hour < 6, due
    shown = pc().check_output("apt-config dump")
    assert 'Acquire::http::Dl-Limit "125";' in shown
    assert 'APT::Periodic::Unattended-Upgrade "1";' in shown
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in shown


def test_devices_that_nobody_listed_are_blocked() -> None:
    # A container has no USB; what USBGuard would begin with is there.
    settings = pc().check_output("cat /etc/usbguard/usbguard-daemon.conf")
    assert "\nImplicitPolicyTarget=block\n" in settings
    assert "\nInsertedDevicePolicy=apply-policy\n" in settings
    assert pc().run("usbguard-rule-parser 'allow with-interface one-of { 0e:*:* }'").rc == 0


def test_only_the_declared_ports_listen() -> None:
    rows = [line.split() for line in pc().check_output("ss -Hlntup").splitlines()]
    found = {(row[0], row[4].rpartition(":")[2], row[6].split('"')[1]) for row in rows}
    # sshd and chronyd; media ports of the browser only exist in a call.
    assert found == {("tcp", "22", "sshd"), ("udp", "323", "chronyd")}


def test_the_firewall_lets_the_management_in_and_nobody_else() -> None:
    ruleset = pc().check_output("nft list ruleset")
    assert "type filter hook input priority filter; policy drop;" in ruleset
    assert "type filter hook output priority filter; policy drop;" in ruleset
    assert station("timeout 2 bash -c '</dev/tcp/10.44.92.115/22'").returncode == 0
    assert station("timeout 2 bash -c '</dev/tcp/10.44.92.115/323'").returncode == 124


def test_the_pc_says_itself_that_it_is_well() -> None:
    until(lambda: registered(), "registered")
    told = json.loads(pc().check_output("hntt-pc check --json"))
    assert told["healthy"] is True
    assert [item["name"] for item in told["checks"]] == ["kiosk", "page", "camera", "registered", "drift"]
    assert NUMBER in told["checks"][3]["detail"]
    assert SERVER_NAME in told["checks"][3]["detail"]


def test_the_pc_says_itself_what_is_wrong() -> None:
    pc().check_output("sh -c 'echo >>/etc/hntt-pc/waiting.js'")
    pc().check_output("systemctl stop hntt-kiosk")
    told = json.loads(pc().run("hntt-pc check --json").stdout)
    wrong = {item["name"] for item in told["checks"] if not item["ok"]}
    assert wrong >= {"kiosk", "page", "drift"}
    assert "/etc/hntt-pc/waiting.js" in told["checks"][4]["detail"]
    done = converge("--limit", "pc.an-thuy.le-thuy")
    assert done.returncode == 0, done.stdout
    until(shows_the_room, "the page again")
    assert pc().run("hntt-pc check").rc == 0


def test_nothing_drifts() -> None:
    until(lambda: drifts("pc.an-thuy.le-thuy", ("linux_base", "commune_pc"), secrets(), **SETTINGS) == [], "no drift")


def test_a_check_on_the_converged_pc_finds_nothing_to_do() -> None:
    done = converge("--check", "--limit", "pc.an-thuy.le-thuy")
    assert done.returncode == 0, done.stdout
    assert "changed=0" in done.stdout
