"""hntt-pc: the program of a commune's PC.

usage: hntt-pc check [--json]   whether the PC is well: 0 when it is, 1 when it is not
       hntt-pc idle             0 when no meeting is on, 1 while one is: updates and restarts wait for that
       hntt-pc watch            put the page back when it is gone although its server answers (a timer calls it)
       hntt-pc night            begin anew for the next day, by a restart of the PC where an update wants one
       hntt-pc usb [accept]     which devices may be plugged in; accept: those that are plugged in now, and no other
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from pathlib import Path

from hntt.i18n import tr
from hntt.pc.facts import Facts, FactsError
from hntt.pc.health import checks
from hntt.pc.system import System

REBOOT_REQUIRED = Path("/run/reboot-required")
RULES = Path("/etc/usbguard/rules.conf")
_GONE_S, _GONE_MOST_S = 120, 1800
_GONE_SINCE = Path("/run/hntt-pc-page-gone")


def check(facts: Facts, system: System, *, as_json: bool) -> int:
    """Say what is well and what is not; 0 when all is."""
    found = list(checks(facts, system))
    healthy = all(item.ok for item in found)
    if as_json:
        listed = [{"name": item.name, "ok": item.ok, "detail": item.detail} for item in found]
        print(json.dumps({"host": facts.host, "healthy": healthy, "checks": listed}, ensure_ascii=False))
    else:
        for item in found:
            print(f"{'ok ' if item.ok else 'NO '} {item.name}: {item.detail}")
    return 0 if healthy else 1


def is_idle(facts: Facts, system: System) -> bool:
    """Whether no meeting is on: a call has ports of its own, and nothing else has them."""
    return system.media_ports(*facts.media) == 0


def night(facts: Facts, system: System) -> int:
    """A new day begins with a new browser, or with a new system where an update wants that."""
    if not is_idle(facts, system):
        print(tr(vi="đang họp: để đêm sau", en="a meeting is on: another night"))
        return 0
    words = ("reboot",) if REBOOT_REQUIRED.exists() else ("restart", facts.unit)
    return system.run("systemctl", *words).code


def watch(facts: Facts, system: System, now: float | None = None) -> int:
    """Restart the kiosk when its page has had no connection for two minutes although the server answers.

    Where that did not help the next wait is twice as long, up to half an hour: a slow PC must get its page loaded.
    """
    seconds = time.monotonic() if now is None else now
    there = system.connections(system.uid(facts.user), facts.web_port) > 0
    if there or not system.is_active(facts.unit) or not _answers(facts):
        _GONE_SINCE.unlink(missing_ok=True)
        return 0
    if not _GONE_SINCE.exists():
        _gone(seconds, _GONE_S)
        return 0
    since, wait = map(float, _GONE_SINCE.read_text(encoding="ascii").split())
    if seconds - since < wait:
        return 0
    _gone(seconds, min(2 * wait, _GONE_MOST_S))
    print(tr(vi="trang họp mất: mở lại", en="the page is gone: opened anew"))
    return system.run("systemctl", "restart", facts.unit).code


def _gone(since: float, wait: float) -> None:
    _GONE_SINCE.write_text(f"{since} {wait}", encoding="ascii")


def usb(system: System, words: str | None) -> int:
    """Show what is plugged in and what may be; ``accept`` makes what is plugged in the whole list.

    ``first`` does so before USBGuard starts for the first time, and never again.
    """
    if words == "first" and RULES.exists() and RULES.stat().st_size:
        return 0
    if words is None:
        print(system.run("usbguard", "list-devices").text)
        return 0
    wanted = system.run("usbguard", "generate-policy")
    if wanted.code != 0 or "allow" not in wanted.text:
        print(
            tr(vi=f"không đọc được thiết bị USB: {wanted.text}", en=f"USB devices can't be read: {wanted.text}"),
            file=sys.stderr,
        )
        return 1
    scratch = RULES.with_name(RULES.name + ".new")
    scratch.touch(mode=0o600)
    scratch.write_text(wanted.text + "\n", encoding="utf-8")
    scratch.replace(RULES)
    print(wanted.text)
    return 0 if words == "first" else system.run("systemctl", "restart", "usbguard.service").code


def _answers(facts: Facts) -> bool:
    try:
        with socket.create_connection((facts.server, facts.web_port), timeout=5):
            return True
    except OSError:
        return False


def main() -> int:
    """Entry of the program."""
    parser = argparse.ArgumentParser("hntt-pc", usage=(__doc__ or "").partition("usage: ")[2])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check").add_argument("--json", action="store_true")
    for name in ("idle", "night", "watch"):
        verbs.add_parser(name)
    verbs.add_parser("usb").add_argument("accept", nargs="?", choices=["accept", "first"])
    given = parser.parse_args()
    if os.geteuid() != 0:
        print(tr(vi="cần quyền root: sudo hntt-pc …", en="needs root: sudo hntt-pc …"), file=sys.stderr)
        return 2
    system = System()
    if given.verb == "usb":
        return usb(system, given.accept)  # also on a PC that nobody has converged yet
    try:
        facts = Facts.read()
    except FactsError as error:
        print(error, file=sys.stderr)
        return 2
    match given.verb:
        case "check":
            return check(facts, system, as_json=given.json)
        case "idle":
            return 0 if is_idle(facts, system) else 1
        case "night":
            return night(facts, system)
        case _:
            return watch(facts, system)


if __name__ == "__main__":
    sys.exit(main())
