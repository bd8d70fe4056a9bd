"""What a commune's PC is told: the page's address and the browser's policies."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509

from hntt.intent import pki
from hntt.intent.kiosk import browser_policies, page_address

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
