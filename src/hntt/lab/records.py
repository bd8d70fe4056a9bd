"""What the lab writes for others: the overlay that makes ``inventories/lab`` point at the lab's hosts."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from hntt.inventory.selection import Selection
from hntt.lab.names import Lab
from hntt.network.model import Device

_HEADER = "# Made by `hntt lab up`; gone after `hntt lab down`. Paths are this machine's.\n"


def overlay_data(
    lab: Lab,
    devices: Iterable[Device],
    selection: Selection,
    operator_key: str,
    *,
    mode: str,
    host_facts: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The overlay as data. ``mode`` is ``containers`` or ``simulated``; ``host_facts`` are added to single hosts.

    Hosts keep their names as addresses: the lab's ssh_config turns a name into a way in, for ssh, Ansible, asyncssh and
    netmiko alike.
    """
    facts = host_facts or {}
    return {
        "only": {
            name: list(value)
            for name in ("districts", "communes", "kinds", "tiers", "without")
            if (value := getattr(selection, name)) is not None
        },
        "all": {
            "ansible_ssh_common_args": f"-F {shlex.quote(str(lab.ssh_config))}",
            "ansible_control_path": _control_path(lab, operator_key),
            "hntt_ssh_config": str(lab.ssh_config),
            "hntt_known_hosts": str(lab.known_hosts),
            "hntt_key_file": str(lab.identity),
            "hntt_secrets_file": str(lab.secrets),
            "hntt_lab_mode": mode,
            "linux_base_admin_keys": [operator_key],
            "linux_base_own_kernel": False,
        },
        "hosts": {device.host: {"ansible_host": device.host, **facts.get(device.host, {})} for device in devices},
    }


def _control_path(lab: Lab, operator_key: str) -> str:
    """Ansible's pattern for connections kept open, one family per lab and life of it.

    By default they are kept by host name alone: a run could go on over a connection into another lab, an earlier
    life of this one, or the province itself.
    """
    family = hashlib.sha256(f"{lab.state_dir} {operator_key}".encode()).hexdigest()[:8]
    return f"%(directory)s/{family}-%%C"


def write_overlay(lab: Lab, data: Mapping[str, Any]) -> Path:
    """Write the overlay whole or not at all; the path."""
    path = lab.overlay
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(_HEADER + yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True), encoding="utf-8")
    scratch.replace(path)
    return path
