"""Clients in the places of the register's endpoints: whose account, in which network, and whom they trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hntt.intent import pki
from hntt.intent.mcu.contract import sip_secret
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import read_source
from hntt.lab import endpoints
from hntt.lab.endpoints import Endpoints
from hntt.lab.names import Lab

PC, UNIT, SERVER = "pc.an-thuy.le-thuy", "vcs.le-thuy", "mcu-3.tinh"
SOURCE = read_source(Path(__file__).resolve().parents[3] / "inventories/quang_binh/register")


class Made:
    """Stands for a client: what it was made with."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self.given, self.options = given, options


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Endpoints:
    monkeypatch.setattr(endpoints, "SipClient", Made)
    monkeypatch.setattr(endpoints, "Browser", Made)
    secrets = SecretValues({pki.AUTHORITY: "PEM", sip_secret(PC): "of the pc", sip_secret(UNIT): "of the unit"})
    return Endpoints(Lab("hnttunit", tmp_path), SOURCE.network, secrets)


def test_a_pc_calls_with_its_own_account_and_the_encryption_of_browsers(make: Endpoints, tmp_path: Path) -> None:
    made: Any = make.sip_client(PC, SERVER, colour="blue")
    assert made.given == (make.lab.namespace(PC), str(SOURCE.network.devices[PC].extension))
    assert made.options == {
        "server": "10.44.32.23:5061", "ca": tmp_path / "authority.pem", "password": "of the pc",
        "encryption": "DTLS", "colour": "blue",
    }  # fmt: skip
    assert (tmp_path / "authority.pem").read_text(encoding="utf-8") == "PEM"


def test_a_unit_does_so_too_and_a_test_may_lie(make: Endpoints) -> None:
    made: Any = make.sip_client(UNIT, SERVER, place=PC, password="guessed")
    assert made.given[0] == make.lab.namespace(PC)
    assert (made.options["encryption"], made.options["password"]) == ("On", "guessed")


def test_a_browser_knows_its_server_by_the_name_of_the_certificate(make: Endpoints) -> None:
    made: Any = make.browser(PC, SERVER, tone_hz=700)
    extension = str(SOURCE.network.devices[PC].extension)
    server = f"{SERVER}.{SOURCE.network.domain}"
    assert made.given == (make.lab.namespace(PC), extension, "of the pc", server, "PEM")
    assert made.options == {"address": "10.44.32.23", "tone_hz": 700}
