"""The seed of one PC: the few kilobytes that make the generic image this PC, signed like the image.

Rendered from the register. It holds one secret, the PC's own token, and nothing of another site.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import canonical, write_whole
from hntt.image.manifest import version_numbers
from hntt.image.signing import SIGNATURE_SIZE, KeyFolder, is_signed, sign
from hntt.image.target.signed import without_secret
from hntt.image.tokens import Issued
from hntt.intent import pki
from hntt.intent.day0 import pc_files
from hntt.intent.secrets import SecretSource
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Commune, Register

FORMAT = 1
CENTRE_PORT = 8443
_FIELDS = {
    "format", "host", "code", "commune", "district", "issued", "min_version", "disk_serial", "image_version",
    "files", "token", "centre",
}  # fmt: skip


@dataclass(frozen=True)
class Versions:
    """The image a seed is for, and the oldest that its PC may be given."""

    image: str
    minimum: str

    def __post_init__(self) -> None:
        """ImageError for what is no version, or an image older than the minimum."""
        if version_numbers(self.image) < version_numbers(self.minimum):
            raise ImageError(
                tr(
                    vi=f"image {self.image} cũ hơn phiên bản tối thiểu {self.minimum}: máy sẽ từ chối cài",
                    en=f"image {self.image} is older than the minimum {self.minimum}: the PC would refuse it",
                )
            )


@dataclass(frozen=True)
class Maker:
    """Makes seeds out of one register. ``secrets`` gives the public halves of both authorities."""

    register: Register
    network: Network
    secrets: SecretSource
    operator_keys: Sequence[str]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The inventory's settings by PC, so that a seed's files are those of a converge."""

    def seed(self, host: str, issued: Issued, versions: Versions, now: datetime | None = None) -> dict[str, Any]:
        """The seed of ``host`` with its token. ImageError for a host that is no commune PC; KeyError for a secret."""
        device = self._pc(host)
        commune, district = self._commune(device)
        files = pc_files(self.register, self.network, device, self.secrets, self.operator_keys, self.settings.get(host))
        at = (now or datetime.now(UTC)).replace(microsecond=0)
        return {
            "format": FORMAT,
            "host": host,
            "code": commune.code,
            "commune": commune.name,
            "district": district,
            "issued": at.isoformat(),
            "min_version": versions.minimum,
            "image_version": versions.image,
            "disk_serial": commune.pc.disk_serial if commune.pc else None,
            "files": [{"path": file.dest, "mode": file.mode, "content": file.content} for file in files],
            "token": {"id": issued.token.id, "secret": issued.secret, "expires": issued.token.expires},
            "centre": {
                "url": f"https://{self._centre().host}.{self.network.domain}:{CENTRE_PORT}",
                "authority": self.secrets.get(pki.AUTHORITY),
                "host_authority": self.secrets.get(pki.HOST_AUTHORITY).strip(),
            },
        }

    def _pc(self, host: str) -> Device:
        device = self.network.devices.get(host)
        if device is None or device.kind is not Kind.COMMUNE_PC:
            raise ImageError(
                tr(vi=f"{host}: không phải máy xã trong sổ đăng ký", en=f"{host}: no commune PC of the register")
            )
        return device

    def _commune(self, device: Device) -> tuple[Commune, str]:
        for district in self.register.districts:
            for commune in district.communes:
                if commune.number == device.site.number:
                    return commune, district.name
        raise AssertionError(f"{device.host} was derived from a commune of this register")

    def _centre(self) -> Device:
        return next(device for device in self.network.devices.values() if device.kind is Kind.NOC)


def seed_path(folder: Path, code: str) -> Path:
    """Where a commune's seed lies in a folder; its signature beside it ends in ``.sig``."""
    return folder / f"{code}.seed.json"


def signature_path(seed: Path) -> Path:
    """Where a seed's signature lies."""
    return seed.with_name(f"{seed.name}.sig")


def write_seed(folder: Path, seed: dict[str, Any], keys: KeyFolder) -> Path:
    """Write one seed, readable to its owner only, with its signatures; the seed's path.

    There are two: over the seed, and over the seed with an empty token, which is what the PC keeps once enrolled.
    """
    content = canonical(seed)
    signature = sign(keys, content) + sign(keys, without_secret(content))
    path = seed_path(folder, seed["code"])
    write_whole(path, content, 0o600)
    write_whole(signature_path(path), signature)
    return path


def read_seed(path: Path, public: Path, now: datetime | None = None) -> dict[str, Any]:
    """A seed whose signature is good and whose token is not expired; ImageError else. A PC's own copy is none."""
    try:
        content, signature = path.read_bytes(), signature_path(path).read_bytes()
    except FileNotFoundError as error:
        raise ImageError(
            tr(vi=f"{error.filename}: thiếu tệp này", en=f"{error.filename}: this file is missing")
        ) from error
    sizes = (SIGNATURE_SIZE, 2 * SIGNATURE_SIZE)  # older seeds have one signature
    if len(signature) not in sizes or not is_signed(content, signature[:SIGNATURE_SIZE], public):
        raise ImageError(
            tr(
                vi=f"{path}: chữ ký sai — seed đã bị sửa hoặc do khoá khác ký. Hãy tạo lại: hntt image seed",
                en=f"{path}: the signature is wrong: changed, or another key's. Make it again: hntt image seed",
            )
        )
    seed: dict[str, Any] = json.loads(content)
    if seed.get("format") != FORMAT or set(seed) != _FIELDS or path.name != f"{seed['code']}.seed.json":
        raise ImageError(
            tr(vi=f"{path}: không phải seed dạng {FORMAT}", en=f"{path}: no seed of format {FORMAT}, or misnamed")
        )
    if datetime.fromisoformat(seed["token"]["expires"]) <= (now or datetime.now(UTC)):
        raise ImageError(
            tr(
                vi=f"{path}: mã ghi danh hết hạn ngày {seed['token']['expires'][:10]}; tạo lại: hntt image seed",
                en=f"{path}: its token expired on {seed['token']['expires'][:10]}; make it again: hntt image seed",
            )
        )
    return seed
