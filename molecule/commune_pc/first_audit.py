"""Writes what a PC that has only just been started differs in from its declared state, for ``tests/test_image.py``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))

from testinfra_hosts import drifts, state_dir

from hntt.intent.secrets import SecretValues

PC = "pc.an-thuy.le-thuy"
SETTINGS = {
    "commune_pc_camera": False,
    "commune_pc_usb_guard": False,
    "commune_pc_browser_flags": ["--use-fake-device-for-media-stream"],
    "linux_base_automatic_updates": True,
}
RECORD = "first_audit.json"


def main() -> None:
    """Entry of prepare.yml."""
    secrets = SecretValues(yaml.safe_load((state_dir() / "secrets.yml").read_text(encoding="utf-8")))
    found = drifts(PC, ("linux_base", "commune_pc"), secrets, **SETTINGS)
    (state_dir() / RECORD).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
