"""A copy of the toolchain in a temporary folder, with stand-ins for the programs it starts."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Sandbox:
    """A project folder whose ``.venv/bin`` and ``PATH`` hold stand-ins that note how they were called."""

    root: Path
    outside: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> list[str]:
        """Every call of a stand-in, as ``name argument…``."""
        path = self.outside / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def stand_in(self, name: str, body: str = "exit 0", *, in_venv: bool = False) -> None:
        """A program of that name: notes the call, then runs ``body``."""
        folder = self.root / ".venv/bin" if in_venv else self.outside / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        if name == "python":
            answer = self.outside / "no-lab"
            body = f"case $* in *lab_capability.py) [ ! -f {answer} ] || . {answer}; exit 0 ;; esac\n{body}"
        program = folder / name
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>{self.outside}/calls\n{body}\n")
        program.chmod(0o755)

    def cannot_run_the_lab(self, reason: str, status: int = 3) -> None:
        """Let the machine be one without containers."""
        (self.outside / "no-lab").write_text(f"echo {reason!r}; exit {status}\n")

    def stamp(self, system: str = "yes") -> None:
        """Let ``.venv`` look as ``./run setup`` leaves it."""
        script = f"root={self.root}; . scripts/lib.sh; hntt_stamp"
        said = subprocess.run(["sh", "-c", script], cwd=self.root, capture_output=True, text=True, check=True)
        (self.root / ".venv/.hntt-setup").write_text(f"stamp {said.stdout.strip()}\nsystem {system}\n")

    def run(self, *words: str, shell: str = "sh", **environment: str) -> subprocess.CompletedProcess[str]:
        """A script of the project in the given shell; English unless told otherwise; half a minute at most."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HNTT_", "LC_", "LANG"))}
        return subprocess.run(
            [shell, *words],
            cwd=self.root,
            env={
                **inherited,
                "PATH": f"{self.outside}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HNTT_LANG": "en",
                **self.environment,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )


def pytest_body(passed: int, failed: int = 0, skipped: int = 0, status: int = 0) -> str:
    """The body of a ``python`` that writes the JUnit XML of a pytest run and exits as told."""
    total = passed + failed + skipped
    return f"""
case "$*" in *--junitxml*) ;; *) exit 0 ;; esac
for word; do case $word in --junitxml=*) xml=${{word#--junitxml=}} ;; esac; done
cat >"$xml" <<'XML'
<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="0" \
failures="{failed}" skipped="{skipped}" tests="{total}" time="0.1"><testcase classname="tests.a" name="slow_one" \
time="7.250" /></testsuite></testsuites>
XML
exit {status}"""
