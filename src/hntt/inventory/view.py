"""An inventory as data: hosts with their variables, groups with their members and children."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.intent.hostvars import SSH_USER, host_vars
from hntt.inventory.config import InventoryConfig
from hntt.inventory.overlay import Overlay, read_overlay
from hntt.inventory.source import Source
from hntt.network.model import Device


@dataclass(frozen=True)
class Group:
    """A group: hosts directly in it, and groups below it."""

    hosts: list[str]
    children: list[str]


@dataclass(frozen=True)
class Inventory:
    """Everything Ansible is told. ``all_vars`` belong to the group ``all``."""

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, Group]
    all_vars: dict[str, Any]


def inventory_of(config: InventoryConfig, source: Source) -> Inventory:
    """The inventory of a register: selected devices, their facts, and what the overlay adds.

    UsageError for a selection that names what the register does not have; HnttError for an overlay that is
    absent or damaged.
    """
    overlay = read_overlay(config.overlay) if config.overlay else Overlay()
    devices = config.only.narrowed(overlay.only).devices(source.network)
    return Inventory(
        hosts={device.host: _variables(source, device, overlay) for device in devices},
        groups=_groups(devices),
        all_vars=_paths(config),
    )


def group_name(slug: str) -> str:
    """A slug as a group name: Ansible allows letters, digits and underscores."""
    return slug.replace("-", "_")


def groups_of(device: Device) -> list[str]:
    """The groups of a device, general to special: tier, kind, platform, phase, state, district and its sub-group.

    The district's sub-group is by kind (``le_thuy_router``), so that ``--graph le_thuy`` shows a district as a person
    would draw it up: its routers, its PCs, its VCS unit.
    """
    general = [
        str(device.tier),
        str(device.kind),
        device.platform,
        f"phase_{device.site.phase}",
        f"state_{device.site.state}",
    ]
    return general + (_district_groups(device) if device.site.district else [])


def groups_in_order(device: Device) -> list[str]:
    """A device's groups as Ansible orders them when variables collide: by depth, then by name; the last one wins."""
    direct = groups_of(device)
    depth_two = direct[-1:] if device.site.district else []
    return sorted(name for name in direct if name not in depth_two) + depth_two


def _district_groups(device: Device) -> list[str]:
    district = group_name(device.site.district or "")
    return [district, f"{district}_{device.kind}"]


def _variables(source: Source, device: Device, overlay: Overlay) -> dict[str, Any]:
    return {
        "ansible_host": str(device.address),
        "ansible_user": SSH_USER,
        "hntt": host_vars(source.register, source.network, device.host),
        **overlaid(device, overlay),
    }


def overlaid(device: Device, overlay: Overlay) -> dict[str, Any]:
    """The variables that an overlay adds to a device, special over general."""
    facts = dict(overlay.all_vars)
    for group in groups_in_order(device) if overlay.groups else ():
        facts.update(overlay.groups.get(group, {}))
    facts.update(overlay.hosts.get(device.host, {}))
    return facts


def _groups(devices: list[Device]) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for device in devices:
        direct = groups_of(device)
        if device.site.district:
            *direct, district, below = direct
            parent = groups.setdefault(district, Group([], []))
            if below not in parent.children:
                parent.children.append(below)
            direct.append(below)
        for name in direct:
            groups.setdefault(name, Group([], [])).hosts.append(device.host)
    return groups


def _paths(config: InventoryConfig) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    if config.known_hosts:
        paths["hntt_known_hosts"] = str(config.known_hosts)
        paths["ansible_ssh_common_args"] = _pinned(config.known_hosts)
    if config.secrets_file:
        paths["hntt_secrets_file"] = str(config.secrets_file)
    return paths


def _pinned(known_hosts: Path) -> str:
    # The pinned file is the only one that counts: a key accepted by hand on some terminal must not count here.
    return f"-o UserKnownHostsFile='{known_hosts}' -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
