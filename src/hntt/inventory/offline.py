"""An inventory for commands that connect nowhere, read without Ansible.

Most of them ask for it without its overlay, so that the lab need not be up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hntt.intent.linux import settings_for
from hntt.inventory.config import InventoryConfig, read_config
from hntt.inventory.overlay import Overlay, read_overlay
from hntt.inventory.source import Source, read_source
from hntt.inventory.view import groups_in_order, overlaid
from hntt.network.model import Device


@dataclass(frozen=True)
class OfflineInventory:
    """The devices that pass the inventory's own selection, with each host's groups in Ansible's order."""

    config: InventoryConfig
    source: Source
    devices: list[Device]
    groups: dict[str, list[str]]
    overlay: Overlay = field(default_factory=Overlay)

    def settings(self, host: str) -> dict[str, Any]:
        """What the inventory sets for a host: group_vars, host_vars, and over them what its overlay adds.

        Vault-encrypted files and values are left out. SettingsError for a damaged file.
        """
        own = settings_for(self.config.directory, self.groups[host], host, {})
        return {**own, **overlaid(self.source.network.devices[host], self.overlay)}


def read_offline(inventory: Path, *, with_overlay: bool = False) -> OfflineInventory:
    """Read ``hntt.yml`` and the register behind it; UsageError or FindingsError as they do.

    ``with_overlay``: with what the inventory's overlay narrows and adds, as a playbook has it; HnttError when it is
    absent (the lab is not up).
    """
    config = read_config(inventory)
    source = read_source(config.register_dir)
    overlay = read_overlay(config.overlay) if with_overlay and config.overlay else Overlay()
    devices = config.only.narrowed(overlay.only).devices(source.network)
    groups = {device.host: groups_in_order(device) for device in devices}
    return OfflineInventory(config, source, devices, groups, overlay)
