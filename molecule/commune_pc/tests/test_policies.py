"""The policies as the PC's own Chromium has loaded them, asked of its page about them.

No browser of the kiosk may show that page, nor be looked into. So a second one is asked, in mounts of its own, where
the PC's own file lacks just what forbids that.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from lab import lab_of
from pc_bench import PC, pc, until
from testinfra_hosts import scenario_dir

from hntt.lab.browser_devtools import BrowserError, DevTools
from hntt.lab.capability import capability
from hntt.lab.containers import pid_of
from hntt.lab.engine import Engine

MANAGED, PLACE = "/etc/chromium/policies/managed", "/run/hntt-kiosk/policies-loaded"
FORBIDS_LOOKING = ("DeveloperToolsAvailability", "RemoteDebuggingAllowed")
UNKNOWN = {"HnttNobodyKnowsThis": True}
"""Shows that a policy which Chromium does not know would be seen."""
# Rows of the page's table that have a value; each is an element with a shadow tree of its own.
ROWS = """(() => {
  const rows = [];
  const walk = (node) => {
    for (const element of node.querySelectorAll('*')) {
      if (element.localName === 'policy-row') rows.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  const cell = (row, name) => (row.shadowRoot.querySelector(name)?.textContent ?? '').trim();
  return rows.map((row) => ['.name', '.value', '.level', '.messages'].map((name) => cell(row, name)))
    .filter((cells) => cells[1] !== '');
})()"""


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """What lies in the PC's folder of managed policies."""
    assert pc().check_output(f"ls {MANAGED}").split() == ["hntt.json"]
    found: dict[str, Any] = json.loads(pc().check_output(f"cat {MANAGED}/hntt.json"))
    return found


@pytest.fixture(scope="module")
def loaded(files: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """By policy: its value, level and what Chromium says of it."""
    changed = {name: value for name, value in files.items() if name not in FORBIDS_LOOKING} | UNKNOWN
    changed["URLAllowlist"] = [*files["URLAllowlist"], "chrome://policy"]
    rows: list[list[str]] = []
    with _browser(json.dumps(changed)) as devtools:
        devtools.open_page(800, 600, 60)
        devtools.call("Page.navigate", {"url": "chrome://policy"}, timeout_s=60)

        def shown() -> bool:
            rows[:] = devtools.evaluate(ROWS, timeout_s=60)
            return bool(rows)

        until(shown, "the page about policies")
    return {name: (value, level, messages) for name, value, level, messages in rows}


@contextmanager
def _browser(policies: str) -> Iterator[DevTools]:
    """Chromium on the PC with the rights of the page's user and these policies, to be asked over two pipes."""
    pc().check_output(f"install -d {PLACE} && printf %s {shlex.quote(policies)} >{PLACE}/hntt.json")
    host = str(pid_of(PC, Engine(lab_of(scenario_dir()), capability())))
    to_browser, from_browser = os.pipe(), os.pipe()
    started = (
        f"mount --bind {PLACE} {MANAGED} && exec 3<&{to_browser[0]} 4>&{from_browser[1]} "
        f"setpriv --reuid kiosk --regid kiosk --init-groups env HOME=/run/hntt-kiosk chromium --headless "
        f"--remote-debugging-pipe --user-data-dir=/run/hntt-kiosk/asked --no-first-run about:blank >/dev/null 2>&1"
    )
    process = subprocess.Popen(
        # Not sh: dash takes one digit only for the number of a file.
        ["nsenter", "-t", host, "-a", "unshare", "--mount", "bash", "-c", started],
        pass_fds=(to_browser[0], from_browser[1]),
        stdin=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    devtools = DevTools(to_browser[1], from_browser[0])
    try:
        yield devtools
    finally:
        devtools.close()
        pc().run("pkill -u kiosk -f user-data-dir=/run/hntt-kiosk/asked")
        process.wait(timeout=30)
        pc().run(f"rm -rf {PLACE} /run/hntt-kiosk/asked")


def _is_shown(value: object, text: str) -> bool:
    """Whether the page shows this value; of a long one, such as a certificate, it shows the beginning."""
    if isinstance(value, str):
        return text == value
    with suppress(ValueError):
        return bool(json.loads(text) == value)
    return len(text) > 50 and json.dumps(value).startswith(text.rstrip(".…"))


def test_each_is_loaded_as_written_and_nobody_at_the_pc_can_change_it(
    files: dict[str, Any], loaded: dict[str, tuple[str, str, str]]
) -> None:
    expected = {name: value for name, value in files.items() if name not in (*FORBIDS_LOOKING, "URLAllowlist")}
    shown = {name: loaded[name][0] for name in expected}
    assert {name: text for name, text in shown.items() if not _is_shown(expected[name], text)} == {}
    assert {level for _value, level, _messages in loaded.values()} == {"Mandatory"}


def test_chromium_knows_each_and_has_nothing_against_it(loaded: dict[str, tuple[str, str, str]]) -> None:
    said = {name: messages for name, (_value, _level, messages) in loaded.items()}
    (unknown,) = UNKNOWN
    assert said.pop(unknown) not in ("OK", ""), "the page would not have told"
    # One day a deprecated one is ignored: then it's another message.
    assert {name: text for name, text in said.items() if text not in ("OK", "Deprecated")} == {}


def test_what_forbids_looking_is_known_too(files: dict[str, Any]) -> None:
    # Their being loaded is what the browser of the kiosk refuses with, see test_other_addresses_are_refused.
    assert {name: files[name] for name in FORBIDS_LOOKING} == {
        "DeveloperToolsAvailability": 2,
        "RemoteDebuggingAllowed": False,
    }
    with _browser(json.dumps(files)) as devtools, pytest.raises(BrowserError):
        devtools.open_page(800, 600, 30)
