"""Day-0 of a simulated video unit: what a technician enters at the bench, as the files of its lab container."""

from __future__ import annotations

import ipaddress
import json
import shutil
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from hntt.intent.hostvars import SSH_USER
from hntt.intent.secrets import SecretSource
from hntt.lab.access import HOST_KEY_NAME
from hntt.lab.day0 import InterfaceAddress, networkd_unit
from hntt.network import addresses
from hntt.network.model import Device

PROGRAM = "opt/hntt-vcs"
"""Where the simulator's package is put; the image's service runs it from there."""
UNIT_FILE = "etc/hntt-vcs/unit.json"
STATE = "/var/lib/hntt-vcs"
INTERFACE = "eth0"
_PACKAGES = ("hntt", "hntt.lab", "hntt.lab.simulators")


def write_unit_day0(
    device: Device,
    folder: Path,
    operator_key: str,
    secrets: SecretSource,
    *,
    software: str = "roomos11",
    media: dict[str, Any] | None = None,
) -> Path:
    """Write the tree of one unit into ``folder`` (made anew): its address, its account, and the simulator itself.

    Everything else is as from the factory. ``media`` are fields of
    :class:`hntt.lab.simulators.xapi.baresip_files.Media`.
    """
    if folder.exists():
        shutil.rmtree(folder)
    address = addresses.interface(device.site.conference, addresses.VCS)
    gateway = str(device.site.conference[addresses.ROUTER])
    unit = {
        "software": software,
        "user": SSH_USER,
        "password": secrets.get(f"vcs_password/{device.host}"),
        "authorized_keys": "/etc/hntt-vcs/authorized_keys",
        "host_key": f"/etc/ssh/{HOST_KEY_NAME}",
        "serial": device.serial or "SIMULATED0001",
        "state": STATE,
        "resolver_file": "/etc/resolv.conf",
        "media": media or {},
    }
    _write(folder / UNIT_FILE, json.dumps(unit, indent=1) + "\n")
    _write(folder / "etc/hntt-vcs/authorized_keys", operator_key + "\n")
    network = networkd_unit(InterfaceAddress(INTERFACE, str(address)), gateway)
    _write(folder / f"etc/systemd/network/{INTERFACE}.network", network)
    _write(folder / STATE.lstrip("/") / "configuration.json", json.dumps(_bench_settings(address, gateway), indent=1))
    _copy_program(folder / PROGRAM)
    return folder


def _bench_settings(address: ipaddress.IPv4Interface, gateway: str) -> dict[str, str]:
    return {
        "Network 1 IPv4 Assignment": "Static",
        "Network 1 IPv4 Address": str(address.ip),
        "Network 1 IPv4 SubnetMask": str(address.netmask),
        "Network 1 IPv4 Gateway": gateway,
        "Provisioning Mode": "Off",
    }


def _copy_program(target: Path) -> None:
    """The simulator's package and the empty ones above it, as this process has them."""
    for package in _PACKAGES:
        _write(target / package.replace(".", "/") / "__init__.py", f'"""Part of the simulator: {package}."""\n')
    _copy(resources.files("hntt.lab.simulators.xapi"), target / "hntt/lab/simulators/xapi")


def _copy(source: Traversable, target: Path) -> None:
    for item in source.iterdir():
        if item.is_dir() and item.name != "__pycache__":
            _copy(item, target / item.name)
        elif item.name.endswith((".py", ".yml")):
            _write(target / item.name, item.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
