"""What a commune's PC is told about the meeting: the page it opens, and its browser's managed policies.

Chromium reads them from ``/etc/chromium/policies/managed``; a person at the PC can't change them.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hntt.intent.mcu.contract import WEB_PORT

PAGE = "/static/room/index.html"
MEDIA_FIRST, MEDIA_LAST = 50_000, 50_099
"""UDP ports of sound and pictures on the PC; its router knows media by its mark and by the servers' ports."""


def origin(server: str) -> str:
    """The page's origin on an MCU server, named as its certificate names it."""
    return f"https://{server}:{WEB_PORT}"


def page_address(server: str, extension: str, password: str) -> str:
    """The address a PC opens. What follows ``#`` stays in the PC, so the server's page holds no secret."""
    return f"{origin(server)}{PAGE}#site={extension}&secret={quote(password, safe='')}"


def browser_policies(server: str, authority: str) -> dict[str, Any]:
    """The managed policies of a PC whose room is on ``server``: nothing is asked, nothing else can be opened.

    ``authority`` is the certificate (PEM) that the server's own must come from; ValueError when it is none.
    """
    here = origin(server)
    der = x509.load_pem_x509_certificate(authority.encode()).public_bytes(Encoding.DER)
    return {
        "CACertificates": [base64.b64encode(der).decode()],
        "AudioCaptureAllowed": False,
        "AudioCaptureAllowedUrls": [here],
        "VideoCaptureAllowed": False,
        "VideoCaptureAllowedUrls": [here],
        "AutoplayAllowed": False,
        "AutoplayAllowlist": [here],
        "URLBlocklist": ["*"],
        "URLAllowlist": [here],
        "WebRtcUdpPortRange": f"{MEDIA_FIRST}-{MEDIA_LAST}",
    }
