"""Brings the hosts of a molecule scenario up in the project's lab, and takes them down.

usage: python lab.py up|down SCENARIO_DIRECTORY

The scenario's ``lab.yml`` lists its hosts: ``{name, kind, interface, address}`` and, where it is not the kind's own,
``image``; ``kind: probe`` is an address without a host, for clients of the tests. All are on one LAN with the
operator's station. Keys, pinned host keys and ssh_config are written to ``.lab/molecule/SCENARIO`` in the project.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from hntt.lab.access import ensure_operator_key
from hntt.lab.day0 import InterfaceAddress, minimal_day0
from hntt.lab.down import down
from hntt.lab.names import Lab
from hntt.lab.secrets import ensure_secrets
from hntt.lab.topology import LabHost, LabSegment, Topology
from hntt.lab.up import up

PROJECT = Path(__file__).resolve().parents[2]


def lab_of(scenario: Path) -> Lab:
    """The scenario's own lab: scenarios can run side by side and beside the operator's lab."""
    name = "m" + re.sub(r"[^a-z0-9]", "", scenario.name)
    return Lab(name[:12], PROJECT / ".lab" / "molecule" / scenario.name)


def topology_of(scenario: Path, lab: Lab) -> Topology:
    """The hosts of ``lab.yml`` and the operator's station on one LAN."""
    listed: dict[str, Any] = yaml.safe_load((scenario / "lab.yml").read_text(encoding="utf-8"))
    key = ensure_operator_key(lab)
    hosts = [host_of(entry, listed, lab, key) for entry in listed["hosts"]]
    station = LabHost(
        name="station",
        kind="admin",
        interfaces=("lan",),
        address=listed["station"],
        prefix_length=listed["prefix_length"],
        gateway=listed.get("gateway"),
    )
    ports = tuple((host.name, host.interfaces[0]) for host in [*hosts, station])
    return Topology(hosts=(*hosts, station), segments=(LabSegment("lan", ports),))


def host_of(entry: dict[str, Any], listed: dict[str, Any], lab: Lab, key: str) -> LabHost:
    """One host with the least day-0 that lets it be reached; nobody has to reach a probe."""
    if entry["kind"] == "probe":
        return LabHost(
            name=entry["name"],
            kind="probe",
            interfaces=(entry["interface"],),
            address=entry["address"],
            prefix_length=listed["prefix_length"],
        )
    host = LabHost(
        name=entry["name"],
        kind=entry["kind"],
        image=entry.get("image"),
        interfaces=(entry["interface"],),
        address=entry["address"],
        day0=lab.state_dir / "day0" / entry["name"],
        disk_mb=entry.get("disk_mb"),
    )
    address = InterfaceAddress(entry["interface"], f"{entry['address']}/{listed['prefix_length']}")
    minimal_day0(host, Path(str(host.day0)), key, [address])
    return host


def main() -> None:
    """Entry of create.yml and destroy.yml."""
    verb, scenario = sys.argv[1], Path(sys.argv[2]).resolve()
    lab = lab_of(scenario)
    if verb == "down":
        down(lab)
        return
    lab.state_dir.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(lab.state_dir / "day0", ignore_errors=True)
    ensure_secrets(lab.secrets)
    not_ready = up(lab, topology_of(scenario, lab)).not_ready
    if not_ready:
        sys.exit(f"did not come up: {dict(not_ready)}")


if __name__ == "__main__":
    main()
