"""Loads the host-side modules the way Ansible's archive would: by their names, without a managed host."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).resolve().parents[3]
MODULE_UTILS = PROJECT / "plugins" / "module_utils"
HOST_MODULES = ("hntt_host", "hntt_transaction", "hntt_preview", "hntt_file_plan")


def load_host_modules() -> dict[str, ModuleType]:
    """The module utilities under the names they have inside Ansible's archive."""
    loaded = {}
    for name in HOST_MODULES:
        full = f"ansible.module_utils.{name}"
        spec = importlib.util.spec_from_file_location(full, MODULE_UTILS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
        loaded[name] = module
    return loaded


class FakeSystemd:
    """Stands for systemd: remembers what it was asked, and fails for the units it is told to."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.calls: list[tuple[str, ...]] = []
        self.running_timers: set[str] = set()

    def run(self, *argv: str) -> tuple[int, str]:
        self.calls.append(argv)
        if argv[:2] == ("systemctl", "is-active"):
            return 0, "active" if argv[2] in self.running_timers else "inactive"
        if argv[0] == "unshare":
            return 1, "not permitted"
        if argv[0] == "refuse":
            return 1, "line 1: bad"
        return 0, ""

    def restart(self, verb: str, units: list[str]) -> None:
        for unit in units:
            self.calls.append((verb, unit))
            if unit in self.failing:
                raise RuntimeError(f"{unit} does not start")
