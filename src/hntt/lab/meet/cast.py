"""Who takes part in a meeting in the lab: units, browsers, SIP clients and PCs, each where its site is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from hntt.audit.scope import target_from_vars
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.mcu.contract import Room
from hntt.intent.mcu.facts import rooms
from hntt.intent.secrets import SecretValues
from hntt.inventory.config import read_config
from hntt.inventory.source import Source, read_source
from hntt.inventory.view import Inventory, inventory_of
from hntt.lab.browser import Browser
from hntt.lab.capability import capability
from hntt.lab.endpoints import Endpoints
from hntt.lab.engine import Engine
from hntt.lab.meet.looks import COMMUNES, Look, look_of_unit
from hntt.lab.meet.unit import LabUnit
from hntt.lab.names import Lab
from hntt.lab.pc import LabPc
from hntt.lab.sip_client import SipClient
from hntt.network.dialplan import PROVINCE_ROOM
from hntt.network.model import Device, Kind

LEAVE_S = 75.0
"""How long a server may keep the call of a page that was closed: it waits for sound for a minute."""


@dataclass(frozen=True)
class Stage:
    """The lab that is up, by its inventory: who is there, and the rooms."""

    lab: Lab
    source: Source
    inventory: Inventory
    secrets: SecretValues

    @classmethod
    def of(cls, lab: Lab, inventory: Path) -> Self:
        """The lab as its inventory says. UsageError without an inventory; OSError without the lab's secrets."""
        config = read_config(inventory)
        source = read_source(config.register_dir)
        secrets = SecretValues(yaml.safe_load(lab.secrets.read_text(encoding="utf-8")))
        return cls(lab, source, inventory_of(config, source), secrets)

    @property
    def room_of_province(self) -> Room:
        """The province's room."""
        return rooms(self.source.register, self.source.network)[PROVINCE_ROOM]

    def room_of(self, district: str) -> Room:
        """A district's room; UsageError for a district without one."""
        found = rooms(self.source.register, self.source.network).values()
        room = next((room for room in found if room.district == district), None)
        if room is None:
            raise UsageError(tr(vi=f"không có huyện “{district}”", en=f"there is no district '{district}'"))
        return room

    @property
    def districts(self) -> list[str]:
        """Districts whose unit is in the lab."""
        return [device.site.district for device in self._devices(Kind.VCS) if device.site.district is not None]

    def unit(self, district: str | None) -> LabUnit:
        """The unit of a district, or the province's; UsageError when the lab has none."""
        device = next((device for device in self._devices(Kind.VCS) if device.site.district == district), None)
        if device is None:
            where = district or self.room_of_province.name
            raise UsageError(
                tr(vi=f"phòng lab không có thiết bị hội nghị của {where}", en=f"the lab has no video unit of {where}")
            )
        variables = {**self.inventory.all_vars, **self.inventory.hosts[device.host]}
        target = target_from_vars(device.host, variables, self.secrets)
        return LabUnit(target, str(device.extension), look_of_unit(device))

    def communes(self, district: str, count: int) -> list[Device]:
        """The places of so many communes' PCs, whose routers are in the lab; those where no PC stands come first."""
        pcs = [
            device
            for device in self.source.network.devices.values()
            if device.kind is Kind.COMMUNE_PC
            and device.site.district == district
            and f"rt.{device.site.label}" in self.inventory.hosts
        ]
        return sorted(pcs, key=lambda device: (device.host in self.inventory.hosts, device.site.number))[:count]

    def own_pcs(self, room: Room) -> list[LabPc]:
        """The PCs of a district's room that stand in the lab themselves, in the order of their sites' numbers."""
        pcs = [device for device in self._devices(Kind.COMMUNE_PC) if device.site.district == room.district]
        engine = Engine(self.lab, capability())
        return [
            LabPc(engine, device.host, str(device.extension), room.host)
            for device in sorted(pcs, key=lambda device: device.site.number)
        ]

    @property
    def endpoints(self) -> Endpoints:
        """Makes the clients of its PCs."""
        return Endpoints(self.lab, self.source.network, self.secrets)

    def _devices(self, kind: Kind) -> list[Device]:
        return [device for device in self.source.network.devices.values() if self._has(device, kind)]

    def _has(self, device: Device, kind: Kind) -> bool:
        return device.kind is kind and device.host in self.inventory.hosts


@dataclass(frozen=True)
class Client:
    """A commune's endpoint that only has a voice and a picture: no screen is looked at."""

    device: Device
    look: Look
    sip: SipClient


@dataclass
class Cast:
    """The communes that take part: the first with a browser that tells what it sees, the others with SIP clients.

    ``own`` are the district's PCs in the lab. Where one stands at the place of a client, its page is closed meanwhile:
    an account is one endpoint's. Use it as a context.
    """

    stage: Stage
    room: Room
    pcs: list[Device]
    browser: Browser | None = None
    clients: list[Client] = field(default_factory=list)
    own: list[LabPc] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            make, server = self.stage.endpoints, self.room.host
            taken = {device.host for device in self.pcs}
            for pc in self.stage.own_pcs(self.room):
                if pc.host in taken:
                    stack.callback(pc.take_place)
                    pc.leave_place(self.room.number, LEAVE_S)
                else:
                    self.own.append(pc)
            for device, look in zip(self.pcs[1:], COMMUNES[1:], strict=False):
                sip = make.sip_client(device.host, server, colour=look.colour, tone_hz=look.tone_hz)
                stack.enter_context(sip)
                self.clients.append(Client(device, look, sip))
            first = COMMUNES[0]
            page = make.browser(self.pcs[0].host, server, colour=first.colour, tone_hz=first.tone_hz)
            self.browser = stack.enter_context(page)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def page(self) -> Browser:
        """The browser; it is there inside the context."""
        if self.browser is None:
            raise RuntimeError("outside its context")
        return self.browser
