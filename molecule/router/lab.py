"""The centre, one district router and two communes of the register, with day-0 only, in a lab of their own.

usage: python lab.py up|down
"""

from __future__ import annotations

import sys
from pathlib import Path

from hntt.lab.content import LabRequest
from hntt.lab.down import down
from hntt.lab.names import Lab
from hntt.lab.project import prepare
from hntt.lab.up import up

PROJECT = Path(__file__).resolve().parents[2]
DISTRICT, COMMUNES = "quang-ninh", 2


def lab() -> Lab:
    """The scenario's lab; ``inventory/group_vars`` names the same folder."""
    return Lab("mrouter", PROJECT / ".lab" / "molecule" / "router")


def main() -> None:
    """Entry of create.yml and destroy.yml."""
    if sys.argv[1] == "down":
        down(lab())
        return
    province = PROJECT / "inventories" / "quang_binh"
    request = LabRequest(province, districts=(DISTRICT,), communes=COMMUNES, kinds=("router", "noc"))
    lab().state_dir.mkdir(parents=True, exist_ok=True)
    topology, _ = prepare(lab(), request)
    not_ready = up(lab(), topology).not_ready
    if not_ready:
        sys.exit(f"did not come up: {dict(not_ready)}")


if __name__ == "__main__":
    main()
