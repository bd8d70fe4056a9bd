"""The manifest and the seed on the stick: believed when signed, and only for this image and this day."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .signed import KEY, is_signed, is_signed_seed
from .stop import StopError

COMPATIBLE = "hntt-pc"
FORMAT = 1
CODE = re.compile(r"[0-9]{5}")
_READ_MOST = 4 << 20


@dataclass(frozen=True)
class Manifest:
    """What the signed manifest says; sizes in bytes, hashes SHA-256 in hexadecimal."""

    version: str
    slot_size: int
    file: str
    size: int
    sha256: str
    compressed_size: int
    compressed_sha256: str


def version_numbers(version: str) -> tuple[int, ...]:
    """A version as numbers that compare; ValueError when it is none."""
    return tuple(int(part) for part in version.split("."))


def read_manifest(folder: Path, key: Path = KEY) -> Manifest:
    """The manifest in an image's folder. StopError when its signature is not good or it is of another kind."""
    content = _signed(folder / "manifest.json", key)
    if content is None:
        raise StopError(
            "ANH-KY",
            vi="Bộ cài trên USB bị sửa đổi hoặc hỏng: chữ ký của image sai. Không dùng USB này; hãy gọi tỉnh.",
            en="the image's signature is wrong",
        )
    try:
        document = json.loads(content)
        root = document["root"]
        if document["format"] != FORMAT or document["compatible"] != COMPATIBLE or "/" in root["file"]:
            raise ValueError("format")
        version_numbers(document["version"])
        manifest = Manifest(
            document["version"], int(document["slot_size"]), root["file"], int(root["size"]), root["sha256"],
            int(root["compressed_size"]), root["compressed_sha256"],
        )  # fmt: skip
        if not 0 < manifest.size <= manifest.slot_size:
            raise ValueError("sizes")
    except (ValueError, KeyError, TypeError) as error:
        raise StopError(
            "ANH-LOAI",
            vi="Image trên USB không phải loại dành cho máy xã. Hãy gọi tỉnh để nhận USB khác.",
            en=f"no image of this kind: {error}",
        ) from error
    return manifest


def codes(folder: Path) -> list[str]:
    """The communes' codes that the stick has seeds for."""
    return sorted(path.name.split(".")[0] for path in folder.glob("*.seed.json"))


def read_seed(folder: Path, code: str, key: Path = KEY) -> dict[str, Any]:
    """The seed of a commune. StopError for a code without one, a wrong signature or another commune's content."""
    if not CODE.fullmatch(code):
        raise StopError(
            "MA-SAI",
            vi="Mã xã gồm đúng 5 chữ số, in trên phong bì của USB. Hãy gõ lại.",
            en="a commune's code has five digits",
        )
    path = folder / f"{code}.seed.json"
    if not path.is_file():
        raise StopError(
            "MA-LA",
            vi=f"USB này không có xã mã {code}. Hãy xem lại mã in trên phong bì; nếu đúng, hãy gọi tỉnh.",
            en=f"no seed of {code} on the stick",
        )
    content = _signed(path, key, is_signed_seed)
    if content is None:
        raise StopError(
            "SEED-KY",
            vi=f"Dữ liệu của xã {code} trên USB bị sửa đổi hoặc hỏng: chữ ký sai. Không dùng USB này; hãy gọi tỉnh.",
            en=f"the signature of the seed {code} is wrong",
        )
    try:
        seed = dict(json.loads(content))
        good = seed["format"] == FORMAT and seed["code"] == code and isinstance(seed["files"], list)
        for name in ("host", "commune", "district", "issued", "min_version"):
            good = good and isinstance(seed[name], str)
        good = good and seed["token"]["expires"] is not None
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise StopError(
            "SEED-LOAI",
            vi=f"Dữ liệu trên USB không phải của xã {code}. Hãy gọi tỉnh và đọc mã SEED-LOAI.",
            en=f"the seed {code} is not of this format or of this commune",
        )
    return seed


def check_seed(seed: dict[str, Any], manifest: Manifest, now: datetime) -> None:
    """StopError when the image is older than this PC may get, or the token's time is over by the PC's clock.

    A clock before the day on which the seed was made is wrong, so it decides nothing: the centre looks at the token
    again. A clock after its end may be wrong too; then the screen says how to tell.
    """
    if version_numbers(manifest.version) < version_numbers(seed["min_version"]):
        raise StopError(
            "ANH-CU",
            vi=f"Image trên USB (bản {manifest.version}) cũ hơn bản tối thiểu {seed['min_version']} của máy này. "
            "Hãy gọi tỉnh để nhận USB mới.",
            en=f"the image {manifest.version} is older than {seed['min_version']}",
        )
    expires = datetime.fromisoformat(seed["token"]["expires"])
    if now > expires:
        raise StopError(
            "SEED-HAN",
            vi=f"USB đã hết hạn ngày {expires:%d/%m/%Y}; đồng hồ máy này đang là {now:%d/%m/%Y %H:%M}. "
            "Nếu ngày giờ đó sai, hãy gọi tỉnh để được chỉ cách chỉnh; nếu đúng, xin tỉnh USB mới.",
            en=f"the token expired at {expires}; the clock says {now}",
        )


def best_clock(seed: dict[str, Any], now: datetime) -> datetime:
    """The PC's time, or the seed's day when the clock is surely behind."""
    return max(now, datetime.fromisoformat(seed["issued"]).astimezone(UTC))


def _signed(path: Path, key: Path, good: Callable[[bytes, bytes, Path], bool] = is_signed) -> bytes | None:
    try:
        with path.open("rb") as handle:
            content = handle.read(_READ_MOST)
        signature = path.with_name(f"{path.name}.sig").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise stick_lost() from error
    return content if good(content, signature, key) else None


def stick_lost() -> StopError:
    """The stick can't be read any more."""
    return StopError(
        "USB-MAT",
        vi="Không đọc được USB nữa: USB bị rút ra hoặc bị hỏng. Hãy cắm lại USB (thử cổng khác) rồi khởi động lại "
        "máy và cài lại từ đầu. Nếu vẫn thế, hãy gọi tỉnh và đọc mã USB-MAT.",
        en="the stick can't be read any more",
    )
