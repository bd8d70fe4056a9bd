"""What a commune's PC is told about the meeting: its server, the page it opens, and its browser's managed policies.

Chromium reads them from ``/etc/chromium/policies/managed``; a person at the PC can't change them.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hntt.intent.mcu.contract import WEB_PORT

PAGE = "/static/room/index.html"
MEDIA_FIRST, MEDIA_LAST = 50_000, 50_099
"""UDP ports of sound and pictures on the PC; its router knows media by its mark and by the servers' ports."""
WAITING_PAGE = "file:///etc/hntt-pc/waiting.html"
"""What a PC shows until its server answers."""

# Numbers as Chromium's documentation of its policies has them: 2 is "never", 1 is "not available", 0 is "off".
_SHUT: dict[str, Any] = {
    "AllowDinosaurEasterEgg": False,
    "AllowFileSelectionDialogs": False,
    "AutofillAddressEnabled": False,
    "AutofillCreditCardEnabled": False,
    "BackgroundModeEnabled": False,
    "BookmarkBarEnabled": False,
    "BrowserAddPersonEnabled": False,
    "BrowserGuestModeEnabled": False,
    "BrowserSignin": 0,
    "ComponentUpdatesEnabled": False,
    "DefaultBrowserSettingEnabled": False,
    "DefaultNotificationsSetting": 2,
    "DefaultPopupsSetting": 2,
    "DefaultGeolocationSetting": 2,
    "DeveloperToolsAvailability": 2,
    "DownloadRestrictions": 3,
    "ExtensionInstallBlocklist": ["*"],
    # Else each start measures the PC for a language model of some gigabytes, which it would then fetch.
    "GenAILocalFoundationalModelSettings": 1,
    "HardwareAccelerationModeEnabled": True,
    "IncognitoModeAvailability": 1,
    "MetricsReportingEnabled": False,
    "NetworkPredictionOptions": 2,
    "PasswordManagerEnabled": False,
    "PrintingEnabled": False,
    "PromotionsEnabled": False,
    "RemoteDebuggingAllowed": False,
    "RestoreOnStartup": 5,
    "SafeBrowsingProtectionLevel": 0,
    "ScreenCaptureAllowed": False,
    "SearchSuggestEnabled": False,
    "SyncDisabled": True,
    "TaskManagerEndProcessEnabled": False,
    "TranslateEnabled": False,
}


def origin(server: str) -> str:
    """The page's origin on an MCU server, named as its certificate names it."""
    return f"https://{server}:{WEB_PORT}"


def page_address(server: str, extension: str, password: str) -> str:
    """The address a PC opens. What follows ``#`` stays in the PC, so the server's page holds no secret."""
    return f"{origin(server)}{PAGE}#site={extension}&secret={quote(password, safe='')}"


def browser_policies(server: str, authority: str) -> dict[str, Any]:
    """The managed policies that the page needs: nothing is asked, nothing else can be opened.

    ``authority`` is the certificate (PEM) that the server's own must come from; ValueError when it is none.
    """
    return _page_policies(origin(server), authority_der(authority))


def authority_der(authority: str) -> str:
    """A certificate (PEM) as the policy ``CACertificates`` wants it; ValueError when it is none."""
    der = x509.load_pem_x509_certificate(authority.encode()).public_bytes(Encoding.DER)
    return base64.b64encode(der).decode()


def kiosk_policies(server: str, der: str) -> str:
    """All managed policies of a PC as JSON: those the page needs, and the doors that are shut besides.

    ``der`` is what :func:`authority_der` gives, or what stands for it.
    """
    policies = _page_policies(origin(server), der)
    policies["URLAllowlist"] = [*policies["URLAllowlist"], WAITING_PAGE]
    return json.dumps({**policies, **_SHUT}, indent=1, ensure_ascii=False) + "\n"


def _page_policies(here: str, der: str) -> dict[str, Any]:
    return {
        "CACertificates": [der],
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
