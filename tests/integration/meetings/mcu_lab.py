"""The MCU servers and some endpoints of the register on one LAN, for tests of meetings.

Every endpoint is a network namespace with its own address from the register; a ``SipClient`` in it makes it a video
unit or a PC. The servers are converged by the role ``mcu`` with passwords of this lab.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from hntt.intent.secrets import SecretValues
from hntt.inventory.selection import Selection
from hntt.inventory.source import Source, read_source
from hntt.lab.access import ensure_operator_key
from hntt.lab.day0 import InterfaceAddress, minimal_day0
from hntt.lab.endpoints import Endpoints
from hntt.lab.names import Lab
from hntt.lab.records import overlay_data, write_overlay
from hntt.lab.secrets import ensure_secrets
from hntt.lab.sip_client import SipClient
from hntt.lab.topology import LabHost, LabSegment, Topology
from hntt.lab.up import up
from hntt.network.model import Kind

PROJECT = Path(__file__).resolve().parents[3]
REGISTER = PROJECT / "inventories/quang_binh"
INTERFACE = "lan"
STATION = "station"
STATION_ADDRESS = "10.44.32.254"
PREFIX_LENGTH = 16
"""One LAN for all: what lies between endpoints and servers is not what these tests are about."""


@dataclass(frozen=True)
class McuLab:
    """A lab with all MCU servers and these endpoints (host names such as ``pc.an-thuy.le-thuy``)."""

    lab: Lab
    source: Source
    endpoints: Sequence[str]

    @classmethod
    def of(cls, lab: Lab, endpoints: Sequence[str]) -> McuLab:
        """The lab by the project's register."""
        return cls(lab, read_source(REGISTER / "register"), tuple(endpoints))

    @property
    def servers(self) -> list[str]:
        """The register's MCU servers."""
        return [device.host for device in self.source.network.devices.values() if device.kind is Kind.MCU]

    @property
    def inventory(self) -> Path:
        """The inventory of the servers and endpoints."""
        return self.lab.state_dir / "inventory"

    def up(self) -> None:
        """Start what does not run, and write the inventory."""
        self.lab.state_dir.mkdir(parents=True, exist_ok=True)
        ensure_secrets(self.lab.secrets)
        not_ready = up(self.lab, self._topology()).not_ready
        assert not not_ready, dict(not_ready)
        self._write_inventory()

    def converge(self) -> None:
        """Apply the role to the servers."""
        done = self.ansible(Path(__file__).with_name("converge.yml"))
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]

    def ansible(self, playbook: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook on the lab's inventory."""
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.run(
            [program, "-i", self.inventory, playbook, *words],
            cwd=PROJECT,
            env={**os.environ, "HNTT_LANG": os.environ.get("HNTT_LANG", "en")},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def address(self, host: str) -> str:
        """The address the register gives a device."""
        return str(self.source.network.devices[host].address)

    def client(self, host: str, colour: str, tone_hz: int, *, server: str | None = None) -> SipClient:
        """A SIP client with the account of an endpoint; it registers at the server of its room, unless told another."""
        return self.clients.sip_client(host, server or self.server_of(host), colour=colour, tone_hz=tone_hz)

    @property
    def clients(self) -> Endpoints:
        """Makes clients of the endpoints."""
        secrets = SecretValues(yaml.safe_load(self.lab.secrets.read_text(encoding="utf-8")))
        return Endpoints(self.lab, self.source.network, secrets)

    def server_of(self, host: str) -> str:
        """The server that an endpoint registers with."""
        slug = self.source.network.devices[host].site.district
        if slug is None:
            return "mcu-1.tinh"
        return next(f"{district.mcu}.tinh" for district in self.source.register.districts if district.slug == slug)

    def _topology(self) -> Topology:
        key = ensure_operator_key(self.lab)
        servers = [self._server(name, key) for name in self.servers]
        station = LabHost(
            STATION, "admin", interfaces=(INTERFACE,), address=STATION_ADDRESS, prefix_length=PREFIX_LENGTH
        )
        endpoints = [
            LabHost(name, "probe", interfaces=(INTERFACE,), address=self.address(name), prefix_length=PREFIX_LENGTH)
            for name in self.endpoints
        ]
        hosts = (*servers, station, *endpoints)
        return Topology(hosts, segments=(LabSegment("lan", tuple((host.name, INTERFACE) for host in hosts)),))

    def _server(self, name: str, key: str) -> LabHost:
        host = LabHost(name, "mcu", day0=self.lab.day0_dir(name), interfaces=(INTERFACE,), address=self.address(name))
        minimal_day0(
            host, self.lab.day0_dir(name), key, [InterfaceAddress(INTERFACE, f"{host.address}/{PREFIX_LENGTH}")]
        )
        return host

    def _write_inventory(self) -> None:
        devices = [self.source.network.devices[name] for name in (*self.servers, *self.endpoints)]
        districts = sorted({device.site.district for device in devices if device.site.district})
        communes = sorted(device.site.label for device in devices if device.kind is Kind.COMMUNE_PC)
        selection = Selection(tuple(districts), tuple(communes), ("mcu", "vcs", "commune_pc"))
        key = ensure_operator_key(self.lab)
        write_overlay(self.lab, overlay_data(self.lab, devices, selection, key, mode="containers"))
        self.inventory.mkdir(exist_ok=True)
        variables = self.inventory / "group_vars"
        if not variables.exists():
            variables.symlink_to(REGISTER / "group_vars")
        config = {
            "plugin": "hntt_register",
            "register": str(REGISTER / "register"),
            "overlay": str(self.lab.overlay),
            "known_hosts": str(self.lab.known_hosts),
            "secrets_file": str(self.lab.secrets),
        }
        (self.inventory / "hntt.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
