"""A seed makes the image one PC: all that PC needs, nothing of another, and signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests_province import AUTHORITY, OPERATOR_KEY, network, register

from hntt.image.errors import ImageError
from hntt.image.seed import Maker, Versions, read_seed, signature_path, write_seed
from hntt.image.signing import KeyFolder
from hntt.image.tokens import Ledger
from hntt.intent.secrets import SecretValues
from hntt.network.model import Tier
from hntt.register.models import CommunePc, Register

NOW = datetime(2026, 11, 28, 8, 0, 0, tzinfo=UTC)
PC, OTHER = "pc.xa-mot.huyen", "pc.xa-hai.huyen"
CANARIES = {
    "sip": "canary-sip-master",
    f"sip/{OTHER}": "canary-sip-other",
    "local_password": "canary-local",
    "authority_key": "canary-authority-key",
    "host_authority_key": "canary-host-authority-key",
}
SECRETS = {"authority": AUTHORITY, "host_authority": "ssh-ed25519 AAAAhost ca\n", **CANARIES}
VERSIONS = Versions("2026.11.28.1", "2026.11.1.1")


def maker(changed: Register | None = None, secrets: dict[str, str] | None = None) -> Maker:
    return Maker(changed or register(), network(), SecretValues(secrets or SECRETS), [OPERATOR_KEY])


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "tokens.json")


def seeds(ledger: Ledger) -> dict[str, dict[str, Any]]:
    issued = ledger.issue([PC, OTHER], 30, NOW)
    return {host: maker().seed(host, issued[host], VERSIONS, NOW) for host in issued}


def test_a_seed_is_as_the_installer_reads_it(ledger: Ledger) -> None:
    seed = seeds(ledger)[PC]
    token = ledger.tokens()[0]
    secret = seed["token"].pop("secret")
    assert len(secret) == 43
    files = {file["path"]: file for file in seed.pop("files")}
    assert seed == {
        "format": 1,
        "host": PC,
        "code": "99901",
        "commune": "Xã Một",
        "district": "Huyện Thử",
        "issued": "2026-11-28T08:00:00+00:00",
        "min_version": "2026.11.1.1",
        "image_version": "2026.11.28.1",
        "disk_serial": None,
        "token": {"id": token.id, "expires": "2026-12-28T08:00:00+00:00"},
        "centre": {
            "url": f"https://noc.tinh.{network().domain}:8443",
            "authority": SECRETS["authority"],
            "host_authority": "ssh-ed25519 AAAAhost ca",
        },
    }
    assert all(set(file) == {"path", "mode", "content"} for file in files.values())
    assert files["/etc/hostname"]["content"] == f"{PC}\n"
    assert files["/etc/nftables.conf"]["mode"] == "0755"
    assert OPERATOR_KEY in files["/etc/ssh/authorized_keys.d/hntt"]["content"]


def test_nothing_of_another_site_is_in_a_seed(ledger: Ledger) -> None:
    made = {host: json.dumps(seed, ensure_ascii=False) for host, seed in seeds(ledger).items()}
    devices = network().devices
    for host, text in made.items():
        site = devices[host].site
        for other in (device for device in devices.values() if device.site != site and device.tier is Tier.COMMUNE):
            marks = [other.host, str(other.address), other.site.code, other.extension, other.site.name]
            assert not [mark for mark in marks if mark and mark in text], (host, other.host)
        for canary in CANARIES.values():
            assert canary not in text
    secret = json.loads(made[OTHER])["token"]["secret"]
    assert secret not in made[PC]


def test_the_disk_of_the_register_is_the_one_to_erase(ledger: Ledger) -> None:
    district = register().districts[0]
    commune = district.communes[0].model_copy(update={"pc": CommunePc(disk_serial="S4EVNX0M")})
    changed = district.model_copy(update={"communes": [commune, *district.communes[1:]]})
    issued = ledger.issue([PC], 30, NOW)[PC]
    seed = maker(register().model_copy(update={"districts": [changed]})).seed(PC, issued, VERSIONS, NOW)
    assert seed["disk_serial"] == "S4EVNX0M"


def test_a_seed_is_small_private_and_read_back(ledger: Ledger, keys: KeyFolder, tmp_path: Path) -> None:
    seed = seeds(ledger)[PC]
    path = write_seed(tmp_path / "seeds", seed, keys)
    assert path.name == "99901.seed.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size < 24_000
    assert read_seed(path, keys.image_public, NOW) == seed


def test_a_changed_seed_is_refused(ledger: Ledger, keys: KeyFolder, tmp_path: Path) -> None:
    path = write_seed(tmp_path, seeds(ledger)[PC], keys)
    path.write_bytes(path.read_bytes().replace(b'"disk_serial":null', b'"disk_serial":"XX"'))
    with pytest.raises(ImageError, match="signature is wrong"):
        read_seed(path, keys.image_public, NOW)


def test_a_seed_without_its_signature_is_refused(ledger: Ledger, keys: KeyFolder, tmp_path: Path) -> None:
    path = write_seed(tmp_path, seeds(ledger)[PC], keys)
    signature_path(path).unlink()
    with pytest.raises(ImageError, match="missing"):
        read_seed(path, keys.image_public, NOW)


def test_an_expired_seed_is_refused(ledger: Ledger, keys: KeyFolder, tmp_path: Path) -> None:
    path = write_seed(tmp_path, seeds(ledger)[PC], keys)
    with pytest.raises(ImageError, match="expired on 2026-12-28"):
        read_seed(path, keys.image_public, NOW + timedelta(days=30))


def test_a_seed_under_another_code_is_refused(ledger: Ledger, keys: KeyFolder, tmp_path: Path) -> None:
    # The installer looks it up by the code that was typed: a renamed file would install another commune's PC.
    path = write_seed(tmp_path, seeds(ledger)[PC], keys)
    renamed = path.rename(tmp_path / "99902.seed.json")
    signature_path(path).rename(signature_path(renamed))
    with pytest.raises(ImageError, match="misnamed"):
        read_seed(renamed, keys.image_public, NOW)


@pytest.mark.parametrize("host", ["rt.xa-mot.huyen", "noc.tinh", "pc.khong-co.huyen"])
def test_only_commune_pcs_get_a_seed(host: str, ledger: Ledger) -> None:
    with pytest.raises(ImageError, match="no commune PC"):
        maker().seed(host, ledger.issue([host], 1, NOW)[host], VERSIONS, NOW)


def test_an_image_below_the_minimum_makes_no_seed() -> None:
    with pytest.raises(ImageError, match="older than the minimum"):
        Versions("2026.11.28.1", "2026.11.28.2")
