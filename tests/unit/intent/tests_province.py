"""A province that no survey changes: the centre, one district, two communes, on any platform."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from hntt.network.build import build
from hntt.network.model import Network
from hntt.register.loader import load
from hntt.register.models import (
    Commune,
    Defaults,
    District,
    DistrictCentre,
    Dscp,
    LeasedLine,
    Prefixes,
    Qos,
    Register,
    Router,
    RouterPlatform,
    State,
    TierDefaults,
)

PLATFORMS = ("frr", "cisco_ios", "mikrotik_routeros")
CENTRE, DISTRICT, COMMUNE, OTHER = "rt.tinh", "rt.huyen", "rt.xa-mot.huyen", "rt.xa-hai.huyen"
TIERS = {"province": CENTRE, "district": DISTRICT, "commune": COMMUNE}
SECRETS = {
    "ospf_key": "KhoaThuOspf1",
    "snmp_user": "giamsat",
    "snmp_auth": "xac-thuc-thu",
    "snmp_priv": "ma-hoa-thu",
    "local_password": "MatKhauThu1",
    "enable": "DacQuyenThu1",
}
OPERATOR_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEoperator-of-the-tests operator"
AUTHORITY = (
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBNjCB6aADAgECAhR5XHEhLWfYvDP/jEJZ2yweqy6EbjAFBgMrZXAwEDEOMAwG\n"
    "A1UEAwwFdGVzdHMwIBcNMjYxMTI4MDkxMjA0WhgPMjEyNjExMDQwOTEyMDRaMBAx\n"
    "DjAMBgNVBAMMBXRlc3RzMCowBQYDK2VwAyEAQVJ7Knf/2Em4GC87g8WgC7TaXtSM\n"
    "V2O2fnu1/hPBYpyjUzBRMB0GA1UdDgQWBBRMTRlt9UE3gBzMolLaMHuGPv2MvTAf\n"
    "BgNVHSMEGDAWgBRMTRlt9UE3gBzMolLaMHuGPv2MvTAPBgNVHRMBAf8EBTADAQH/\n"
    "MAUGAytlcANBAFeyvrQshQSY9Q5bvHmn3AuiI7uvKuYPQZ3E2+DhDP4pzJnnyhDW\n"
    "44re7sQkprE1vA2Z+xi5zceVdinqHS1PyQE=\n"
    "-----END CERTIFICATE-----\n"
)
"""A certificate that nobody has the key of."""
ROOT = Path(__file__).resolve().parents[3]


@cache
def register(platform: str = "frr", other_rate: int | None = None, ports: tuple[tuple[str, str], ...] = ()) -> Register:
    """The register; ``other_rate`` (kbit/s) is the line rate of the second commune, ``ports`` those of the district."""
    province = load(ROOT / "inventories/quang_binh/register").province
    fixed: dict[str, Any] = {
        "prefixes": Prefixes(
            loopbacks=IPv4Network("10.44.0.0/22"),
            lines=IPv4Network("10.44.16.0/20"),
            conference=IPv4Network("10.44.64.0/18"),
            services=IPv4Network("10.44.32.0/24"),
        ),
        "qos": Qos(
            dscp=Dscp(voice=46, video=34, signalling=24),
            voice_rate="100 kbit/s",
            overhead=20,
            media_limit=75,
            voice_limit=33,
        ),
        "defaults": Defaults(
            state=State.PLANNED,
            province=_tier(platform, 500_000, 1920),
            district=_tier(platform, 50_000, 1920),
            commune=_tier(platform, 4_000, 768),
        ),
        "districts": ["huyen"],
    }
    return Register(province=province.model_copy(update=fixed), districts=[_district(other_rate, dict(ports))])


@cache
def network(platform: str = "frr", other_rate: int | None = None, ports: tuple[tuple[str, str], ...] = ()) -> Network:
    """What is derived from it."""
    return build(register(platform, other_rate, ports))


def _tier(platform: str, line: int, call: int) -> TierDefaults:
    return TierDefaults(
        line=LeasedLine(rate=f"{line} kbit/s"),
        call_rate=f"{call} kbit/s",
        router=Router(platform=RouterPlatform(platform)),
    )


def _district(other_rate: int | None, ports: dict[str, str]) -> District:
    other = LeasedLine(rate=f"{other_rate} kbit/s") if other_rate else None
    return District(
        slug="huyen",
        name="Huyện Thử",
        type="huyện",
        code="999",
        block=6,
        mcu="mcu-3",
        owner="UBND huyện Thử",
        centre=DistrictCentre(number=384, name="UBND huyện Thử", router=Router(ports=ports) if ports else None),
        communes=[
            Commune(number=385, code="99901", name="Xã Một", type="xã", slug="xa-mot"),
            Commune(number=386, code="99902", name="Xã Hai", type="xã", slug="xa-hai", line=other),
        ],
    )
