"""An inventory for commands that connect nowhere: no overlay, so the lab need not be up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hntt.inventory.config import InventoryConfig, read_config
from hntt.inventory.source import Source, read_source
from hntt.inventory.view import groups_in_order
from hntt.network.model import Device


@dataclass(frozen=True)
class OfflineInventory:
    """The devices that pass the inventory's own selection, with each host's groups in Ansible's order."""

    config: InventoryConfig
    source: Source
    devices: list[Device]
    groups: dict[str, list[str]]


def read_offline(inventory: Path) -> OfflineInventory:
    """Read ``hntt.yml`` and the register behind it; UsageError or FindingsError as they do."""
    config = read_config(inventory)
    source = read_source(config.register_dir)
    devices = config.only.devices(source.network)
    return OfflineInventory(config, source, devices, {device.host: groups_in_order(device) for device in devices})
