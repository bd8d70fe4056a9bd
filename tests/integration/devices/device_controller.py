"""A controller that a test kills: it applies a change and then waits in its probe for ever.

``device_controller.py ORDER.json MARKER [unguarded]``: the marker file appears when the probe has begun.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from device_bench import QUICK, unguard

from hntt.devices import Target
from hntt.devices.guard import guarded_apply
from hntt.devices.results import ProbeResult


def main() -> None:
    order, marker = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    data = {**order["target"], "known_hosts": Path(order["target"]["known_hosts"])}
    for name in ("key_file", "ssh_config"):
        data[name] = Path(data[name]) if data[name] else None
    target = Target(**data)
    if "unguarded" in sys.argv:
        unguard(pytest.MonkeyPatch(), target.platform)

    def probe() -> ProbeResult:
        marker.write_text("here")
        time.sleep(600)
        return ProbeResult(True)

    guarded_apply(target, order["intended"], probe=probe, confirm_timeout_s=order["window_s"], timing=QUICK)


if __name__ == "__main__":
    main()
