"""Running the meeting page's own tests under node, with one result per test."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "web/room"


@dataclass(frozen=True)
class NodeRun:
    """What a run of ``node --test`` said: passed or not by test name, and all of its output."""

    results: dict[str, bool]
    output: str
    status: int

    def about(self, name: str) -> str:
        """The part of the output that explains one failed test."""
        start = self.output.find(f" - {name}\n")
        return self.output[start : start + 3000] if start >= 0 else self.output[-3000:]


def build_page() -> None:
    """Bring ``web/room/dist`` up to date and check its types; CalledProcessError when that fails."""
    subprocess.run([ROOT / "scripts/web.sh", "--check"], cwd=ROOT, check=True, timeout=240, stdin=subprocess.DEVNULL)


def run_node_tests(*files: str, timeout: float) -> NodeRun:
    """Run test files of the page, relative to its folder; TimeoutExpired after ``timeout`` seconds."""
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", *files],
        cwd=PAGE,
        env={key: value for key, value in os.environ.items() if key not in ("HNTT_REGEN", "NODE_OPTIONS")},
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    lines = re.findall(r"^\s*(ok|not ok) \d+ - (.+?)(?: # .*)?$", done.stdout, re.M)
    return NodeRun({name: verdict == "ok" for verdict, name in lines}, done.stdout + done.stderr, done.returncode)


def names_in(file: str, function: str) -> list[str]:
    """The names of the tests that a file of the page declares by ``function("name", …``."""
    return re.findall(rf'^\s*{function}\("([^"]+)"', (PAGE / file).read_text(encoding="utf-8"), re.M)
