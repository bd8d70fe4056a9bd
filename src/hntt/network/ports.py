"""Names of a router's interfaces per platform. What the register says of a device's ports comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Ports:
    """Interface names of one router. ``trunk`` carries the lines of a hub; on ``frr`` each line has its own port."""

    wan: str
    lan: str
    services: str
    trunk: str | None
    downlink_pattern: str

    def downlink(self, number: int) -> str:
        """A hub's interface on the line to the site with this number."""
        return self.downlink_pattern.format(number=number, trunk=self.trunk)


_DEFAULTS: dict[str, dict[str, str]] = {
    "frr": {"wan": "wan", "lan": "lan", "services": "srv"},
    "cisco_ios": {
        "wan": "GigabitEthernet0/0",
        "lan": "GigabitEthernet0/2",
        "services": "GigabitEthernet0/3",
        "trunk": "GigabitEthernet0/1",
    },
    "mikrotik_routeros": {"wan": "ether1", "lan": "ether3", "services": "ether4", "trunk": "ether2"},
}
_DOWNLINK = {"frr": "ln{number}", "cisco_ios": "{trunk}.{number}", "mikrotik_routeros": "ln{number}"}


def port_names(platform: str, own: Mapping[str, str]) -> Ports:
    """The names on ``platform``, those in ``own`` (the register's) replaced; KeyError for no such platform."""
    names = {**_DEFAULTS[platform], **own}
    return Ports(
        wan=names["wan"],
        lan=names["lan"],
        services=names["services"],
        trunk=names.get("trunk"),
        downlink_pattern=_DOWNLINK[platform],
    )
