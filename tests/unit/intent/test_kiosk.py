"""What a commune's PC is told: the page's address and the browser's policies."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509

from hntt.intent import pki
from hntt.intent.kiosk import WAITING_PAGE, authority_der, browser_policies, kiosk_policies, page_address
from hntt.intent.secrets import SecretValues

SERVER = "mcu-3.tinh.hntt.quangbinh.example"
AUTHORITY = pki.new_authority("Tỉnh").certificate


def test_the_secret_is_only_behind_the_fragment_and_survives_any_sign() -> None:
    address = urlsplit(page_address(SERVER, "404552", "a&b=#%ế +"))
    assert (address.scheme, address.netloc, address.query) == ("https", f"{SERVER}:8089", "")
    assert address.path == "/static/room/index.html"
    assert parse_qs(address.fragment) == {"site": ["404552"], "secret": ["a&b=#%ế +"]}


def test_policies_trust_the_authority_and_open_nothing_but_the_page() -> None:
    policies = browser_policies(SERVER, AUTHORITY)
    (der,) = policies["CACertificates"]
    assert x509.load_der_x509_certificate(base64.b64decode(der)) == x509.load_pem_x509_certificate(AUTHORITY.encode())
    here = [f"https://{SERVER}:8089"]
    assert policies["AudioCaptureAllowedUrls"] == policies["VideoCaptureAllowedUrls"] == here
    assert policies["URLAllowlist"] == policies["AutoplayAllowlist"] == here
    assert policies["URLBlocklist"] == ["*"]
    assert policies["AudioCaptureAllowed"] is policies["VideoCaptureAllowed"] is False


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        browser_policies(SERVER, "not one")


def test_a_pc_s_own_policies_shut_more_doors_and_open_only_the_page_it_waits_on() -> None:
    page, own = browser_policies(SERVER, AUTHORITY), json.loads(kiosk_policies(SERVER, authority_der(AUTHORITY)))
    assert own["URLAllowlist"] == [f"https://{SERVER}:8089", WAITING_PAGE]
    assert {name: own[name] for name in page if name != "URLAllowlist"} == {
        name: value for name, value in page.items() if name != "URLAllowlist"
    }
    shut = {"DeveloperToolsAvailability": 2, "IncognitoModeAvailability": 1, "BrowserSignin": 0}
    assert {name: own[name] for name in shut} == shut
    assert own["RemoteDebuggingAllowed"] is own["PasswordManagerEnabled"] is False


def test_the_authority_in_the_form_of_a_policy_follows_from_the_vault_and_is_masked_like_it() -> None:
    secrets = SecretValues({"authority": AUTHORITY})
    der = secrets.get("authority_der")
    assert x509.load_der_x509_certificate(base64.b64decode(der)) == x509.load_pem_x509_certificate(AUTHORITY.encode())
    assert secrets.mask(f"x{der}x") == "x<secret:authority_der>x"
    with pytest.raises(KeyError, match="authority"):
        SecretValues({}).get("authority_der")
