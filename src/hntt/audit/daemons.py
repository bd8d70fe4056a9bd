"""FRR's daemons: a running configuration without one of them is not drift, it is a daemon that is not there.

vtysh prints what the daemons that answer tell it. While ``ospfd`` is away (it crashed, and watchfrr starts it again
after up to a minute), the configuration has no OSPF in it, and would look as if somebody had removed it all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from hntt.audit.shells import run_everywhere
from hntt.devices.target import Target

EXPECTED = ("zebra", "ospfd", "staticd")
_COMMAND = "sudo -n vtysh -c 'show daemons'"
_PAUSE_S = 2.0


def missing_daemons(targets: Mapping[str, Target]) -> dict[str, tuple[str, ...]]:
    """The expected daemons that do not answer, by router; without those where all do or that can't be asked."""
    said = run_everywhere({name: (target, [_COMMAND]) for name, target in targets.items()})
    absent = {name: absent_in(answer.outputs[0]) for name, answer in said.items() if answer.error is None}
    return {name: daemons for name, daemons in absent.items() if daemons}


def absent_in(output: str) -> tuple[str, ...]:
    """The expected daemons that are not named in the output of ``show daemons``."""
    return tuple(daemon for daemon in EXPECTED if daemon not in output.split())


def wait_for_daemons(target: Target, patience_s: float) -> tuple[str, ...]:
    """Wait until all daemons answer; those that still do not after ``patience_s``."""
    give_up = time.monotonic() + patience_s
    while True:
        absent = missing_daemons({target.name: target}).get(target.name, ())
        if not absent or time.monotonic() >= give_up:
            return absent
        time.sleep(_PAUSE_S)
