"""What loading the register costs beside a static YAML inventory of the same content, measured in the same run.

Run alone it prints the numbers: ``python tests/bench/inventory_cost.py``. Both inventories are loaded in turn, so
that whatever else the machine does meets both alike; the fastest of each counts, as noise only ever adds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROVINCE = ROOT / "inventories" / "quang_binh"
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """Seconds of ``ansible-inventory --list`` for each inventory, and for one without hosts."""

    register: float
    static: float
    empty: float

    @property
    def ratio(self) -> float:
        """Register over static."""
        return self.register / self.static

    @property
    def lines(self) -> list[str]:
        """The numbers in words."""
        own, other = self.register - self.empty, self.static - self.empty
        return [
            f"ansible-inventory --list, fastest of {ROUNDS}, 340 hosts, the same content:",
            f"  hntt_register  {self.register:6.3f} s",
            f"  static YAML    {self.static:6.3f} s",
            f"  no hosts       {self.empty:6.3f} s",
            f"  ratio          {self.ratio:6.3f}   (without Ansible's own start: {own / other:.3f})",
        ]


def measure(rounds: int = ROUNDS) -> Cost:
    """Load both inventories ``rounds`` times in turn; RuntimeError when they do not say the same."""
    with tempfile.TemporaryDirectory(prefix="hntt-bench-") as name:
        folder = Path(name)
        static, empty = folder / "static", folder / "empty.yml"
        empty.write_text("all: {}\n", encoding="utf-8")
        listed = json.loads(_list(PROVINCE))
        _write_static(listed, static)
        if _content(json.loads(_list(static))) != _content(listed):
            raise RuntimeError("the static inventory does not say what the register's says")
        seconds: dict[Path, list[float]] = {PROVINCE: [], static: [], empty: []}
        for _ in range(rounds):
            for inventory, found in seconds.items():
                found.append(_timed(inventory))
    return Cost(min(seconds[PROVINCE]), min(seconds[static]), min(seconds[empty]))


def _write_static(listed: dict[str, Any], folder: Path) -> None:
    """The same hosts, groups and variables as people would keep them by hand: hosts.yml and the same group_vars."""
    folder.mkdir()
    (folder / "group_vars").symlink_to(PROVINCE / "group_vars")
    hosts = listed["_meta"]["hostvars"]
    groups = {name: _group(group) for name, group in listed.items() if name not in ("_meta", "all", "ungrouped")}
    content = {"all": {"hosts": hosts, "children": groups}}
    (folder / "hosts.yml").write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")


def _group(group: dict[str, Any]) -> dict[str, Any]:
    children = {child: {} for child in group.get("children", ())}
    hosts = {host: {} for host in group.get("hosts", ())}
    return {name: value for name, value in (("children", children), ("hosts", hosts)) if value}


def _content(listed: dict[str, Any]) -> dict[str, Any]:
    members = {
        name: (sorted(group.get("hosts", ())), sorted(group.get("children", ())))
        for name, group in listed.items()
        if name not in ("_meta", "all")
    }
    return {"hosts": listed["_meta"]["hostvars"], "groups": members}


def _list(inventory: Path) -> str:
    return subprocess.run(_command(inventory), capture_output=True, text=True, check=True, cwd=ROOT).stdout


def _timed(inventory: Path) -> float:
    began = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        subprocess.run(_command(inventory), stdout=nowhere, check=True, cwd=ROOT)
    return time.perf_counter() - began


def _command(inventory: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(inventory), "--list"]


if __name__ == "__main__":
    print("\n".join(measure().lines))
