"""Clients in the places of the register's endpoints: browsers and SIP clients with the accounts of PCs and units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hntt.intent import pki
from hntt.intent.mcu.contract import SIP_TLS_PORT, sip_secret
from hntt.intent.secrets import SecretValues
from hntt.lab.browser import Browser
from hntt.lab.names import Lab
from hntt.lab.sip_client import SipClient
from hntt.network.model import Kind, Network


@dataclass(frozen=True)
class Endpoints:
    """Makes clients of a lab's endpoints, not started yet. Hosts and servers are named as in the register.

    ``options`` are those of the client's own class.
    """

    lab: Lab
    network: Network
    secrets: SecretValues

    def sip_client(self, host: str, server: str, *, place: str | None = None, **options: Any) -> SipClient:
        """A SIP client with the account of ``host``, in its network, or in that of ``place``."""
        device = self.network.devices[host]
        settings = {
            "password": self.secrets.get(sip_secret(host)),
            "encryption": "DTLS" if device.kind is Kind.COMMUNE_PC else "On",
            **options,
        }
        return SipClient(
            self.lab.namespace(place or host),
            str(device.extension),
            server=f"{self.address(server)}:{SIP_TLS_PORT}",
            ca=self.authority,
            **settings,
        )

    def browser(self, host: str, server: str, **options: Any) -> Browser:
        """The browser of a commune's PC, which knows the server's address without asking a name server."""
        return Browser(
            self.lab.namespace(host),
            str(self.network.devices[host].extension),
            self.secrets.get(sip_secret(host)),
            f"{server}.{self.network.domain}",
            self.secrets.get(pki.AUTHORITY),
            address=self.address(server),
            **options,
        )

    def address(self, host: str) -> str:
        """The address the register gives a device."""
        return str(self.network.devices[host].address)

    @cached_property
    def authority(self) -> Path:
        """The certificate that clients trust, as a file beside the lab's records."""
        path = self.lab.state_dir / "authority.pem"
        path.write_text(self.secrets.get(pki.AUTHORITY), encoding="utf-8")
        return path
