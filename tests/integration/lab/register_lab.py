"""A lab made from the province's own register, apart from the operator's; used by several test files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from hntt.lab.names import Lab

ROOT = Path(__file__).parents[3]
CLI = [sys.executable, "-c", "from hntt.cli import main; main()"]


class RegisterLab:
    """The centre, district Quảng Ninh and its first communes. Labs of different names coexist."""

    def __init__(
        self, folder: Path, name: str, communes: int, kinds: Sequence[str] = ("router", "noc"), pcs: int = 0
    ) -> None:
        self.folder, self.name, self.communes, self.pcs = folder, name, communes, pcs
        self.inventory = folder / "inventory"
        self.inventory.mkdir()
        options = {
            "plugin": "hntt_register",
            "register": str(ROOT / "inventories/quang_binh/register"),
            "only": {"districts": ["quang-ninh"], "kinds": list(kinds)},
            "overlay": str(folder / "overlay.yml"),
            "known_hosts": str(folder / "known_hosts"),
            "secrets_file": str(folder / "secrets.yml"),
        }
        (self.inventory / "group_vars").symlink_to(ROOT / "inventories/lab/group_vars")
        (self.inventory / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What tells the commands which lab is meant."""
        return {
            **os.environ, "HNTT_LAB_DIR": str(self.folder), "HNTT_LAB_NAME": self.name, "HNTT_LAB": "",
            "HNTT_LANG": "en",
        }  # fmt: skip

    def lab_command(self, *arguments: str) -> list[str]:
        """``hntt lab`` with these arguments."""
        return [*CLI, "lab", *arguments]

    def hntt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.lab_command(*arguments),
            capture_output=True, text=True, env=self.environment, cwd=ROOT, timeout=400, check=False,
        )  # fmt: skip

    @property
    def lab(self) -> Lab:
        """Its names."""
        return Lab(self.name, self.folder)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.hntt("up", "-i", str(self.inventory), "--communes", str(self.communes), "--pcs", str(self.pcs))

    def ansible(self, pattern: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Without a connection kept from an earlier call: it would answer although keys have changed since."""
        program = Path(sys.executable).with_name("ansible")
        environment = {**os.environ, "ANSIBLE_SSH_ARGS": "-o ControlMaster=no -o ControlPath=none"}
        return subprocess.run(
            [str(program), "-i", str(self.inventory), pattern, *more],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=False,
        )  # fmt: skip

    def ssh(self, host: str, *command: str) -> subprocess.CompletedProcess[str]:
        words = ["ssh", "-F", str(self.folder / "ssh_config"), "-o", "BatchMode=yes", host, *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    def play(
        self, playbook: str, *more: str, timeout: int = 560
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        """A playbook on this lab, as an operator calls it; how it ended, and its JSON record."""
        reports = self.folder / "reports"
        program = Path(sys.executable).with_name("ansible-playbook")
        environment = {
            **self.environment,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "HNTT_REPORTS_DIR": str(reports),
        }
        done = subprocess.run(
            [str(program), "-i", str(self.inventory), str(ROOT / "playbooks" / f"{playbook}.yml"), *more],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=timeout, check=False,
        )  # fmt: skip
        record = json.loads((reports / f"{playbook}-latest.json").read_text(encoding="utf-8"))
        return done, record.get("run", record)  # a report of its own holds the run's record as a part
