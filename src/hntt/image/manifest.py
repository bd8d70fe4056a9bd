"""The manifest of an image: which version, which file, and the hashes that a PC checks before it writes anything.

Format 1 is read by the installer and by the PC (``hntt.image.target``). They take no notice of fields that they do not
know; any other change of its shape is a new format.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import canonical, sha256_of, write_whole
from hntt.image.signing import SIGNATURE_SIZE, KeyFolder, is_signed, sign

FORMAT = 1
COMPATIBLE = "hntt-pc"
NAME = "manifest.json"
SIGNATURE = "manifest.json.sig"
ROOT = "root.ext4.zst"
BUNDLE = "root.raucb"
LOCK = "packages.lock"
INSTALLER = "installer"
"""Folder of an image with what a stick starts: boot loader, kernel, initramfs."""
BLOCK = 4096
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,7}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RootFile:
    """The compressed root file system: sizes in bytes and hashes, before and after decompression."""

    size: int
    sha256: str
    compressed_size: int
    compressed_sha256: str
    file: str = ROOT


@dataclass(frozen=True)
class Manifest:
    """What is signed of an image. ``slot_size`` is the size in bytes of the partitions it goes into."""

    version: str
    slot_size: int
    root: RootFile
    packages_sha256: str
    content_sha256: str
    installer: Mapping[str, str] | None = None
    """SHA-256 of each file of the sticks' installer; None in images that have none, or are from before it was kept."""

    def to_bytes(self) -> bytes:
        """The canonical text that the signature is over."""
        root = self.root
        return canonical(
            {
                "format": FORMAT,
                "compatible": COMPATIBLE,
                "version": self.version,
                "slot_size": self.slot_size,
                "root": {
                    "file": root.file,
                    "size": root.size,
                    "sha256": root.sha256,
                    "compressed_size": root.compressed_size,
                    "compressed_sha256": root.compressed_sha256,
                },
                "packages_sha256": self.packages_sha256,
                "content_sha256": self.content_sha256,
                **({} if self.installer is None else {"installer": dict(self.installer)}),
            }
        )


def version_numbers(version: str) -> tuple[int, ...]:
    """A version as the numbers that versions are compared by; ImageError when it is none."""
    if not _VERSION.fullmatch(version):
        raise ImageError(
            tr(
                vi=f"“{version}” không phải phiên bản; viết như 2026.11.28.1",
                en=f"'{version}' is no version; write it like 2026.11.28.1",
            )
        )
    return tuple(int(part) for part in version.split("."))


def bundle_version(version: str) -> str:
    """The version as RAUC compares it (semantic versions have three numbers): 2026.11.28.1 is 2026.11.28-1."""
    numbers = version_numbers(version)
    return f"{'.'.join(map(str, numbers[:3]))}-{'.'.join(map(str, numbers[3:])) or 0}"


def write_manifest(folder: Path, manifest: Manifest, keys: KeyFolder) -> None:
    """Write the manifest and its signature into an image's folder, the signature last."""
    content = manifest.to_bytes()
    signature = sign(keys, content)
    write_whole(folder / NAME, content)
    write_whole(folder / SIGNATURE, signature)


def read_manifest(folder: Path, public: Path) -> Manifest:
    """The manifest of an image whose signature is good; ImageError else. The payload is not looked at."""
    content, signature = _read(folder / NAME), _read(folder / SIGNATURE)
    if len(signature) != SIGNATURE_SIZE or not is_signed(content, signature, public):
        raise ImageError(
            tr(
                vi=f"{folder / NAME}: chữ ký sai — bản kê đã bị sửa hoặc do khoá khác ký. Không dùng image này.",
                en=f"{folder / NAME}: the signature is wrong: changed, or signed with another key. Do not use it.",
            )
        )
    try:
        return parse(content)
    except (ValueError, KeyError, TypeError) as error:
        raise ImageError(
            tr(
                vi=f"{folder / NAME}: không phải bản kê image dạng {FORMAT}: {error}",
                en=f"{folder / NAME}: no manifest of format {FORMAT}: {error}",
            )
        ) from error


def parse(content: bytes) -> Manifest:
    """A manifest from its text; ValueError, KeyError or TypeError for anything that is not exactly one."""
    document: Any = json.loads(content)
    if document["format"] != FORMAT or document["compatible"] != COMPATIBLE:
        raise ValueError(f"format {document['format']!r}, compatible {document['compatible']!r}")
    version_numbers(document["version"])
    root = RootFile(**document["root"])
    installer = dict[str, str](document["installer"]) if "installer" in document else None
    manifest = Manifest(
        document["version"], document["slot_size"], root, document["packages_sha256"], document["content_sha256"],
        installer,
    )  # fmt: skip
    hashes = (
        root.sha256, root.compressed_sha256, manifest.packages_sha256, manifest.content_sha256,
        *(installer or {}).values(),
    )  # fmt: skip
    if any("/" in name for name in installer or {}):
        raise ValueError("file of the installer")
    if not all(_HASH.fullmatch(value) for value in hashes):
        raise ValueError("a hash that is no SHA-256")
    if "/" in root.file or root.size > manifest.slot_size or root.size % BLOCK or manifest.slot_size % BLOCK:
        raise ValueError("file or sizes")
    if manifest.to_bytes() != content:
        raise ValueError("not in canonical form")
    return manifest


def verify(folder: Path, public: Path, *, min_version: str | None = None) -> Manifest:
    """Check a whole image: signature, version, compressed and uncompressed payload, list of packages, installer.

    The cheap checks come first. ImageError for the first thing that is wrong, which says what that means.
    """
    manifest = read_manifest(folder, public)
    if min_version is not None and version_numbers(manifest.version) < version_numbers(min_version):
        raise ImageError(
            tr(
                vi=f"{folder}: phiên bản {manifest.version} cũ hơn {min_version}; không nhận bản cũ hơn",
                en=f"{folder}: version {manifest.version} is older than {min_version}; nothing older is accepted",
            )
        )
    packed = folder / manifest.root.file
    _require_present(packed)
    if packed.stat().st_size != manifest.root.compressed_size:
        raise _damaged(packed, f"{packed.stat().st_size} ≠ {manifest.root.compressed_size} byte")
    if sha256_of(packed) != manifest.root.compressed_sha256:
        raise _damaged(packed, "SHA-256")
    _require_present(folder / LOCK)
    if sha256_of(folder / LOCK) != manifest.packages_sha256:
        raise _damaged(folder / LOCK, "SHA-256")
    for name, digest in (manifest.installer or {}).items():
        _require_present(folder / INSTALLER / name)
        if sha256_of(folder / INSTALLER / name) != digest:
            raise _damaged(folder / INSTALLER / name, "SHA-256")
    size, digest = unpacked(packed)
    if (size, digest) != (manifest.root.size, manifest.root.sha256):
        raise _damaged(packed, tr(vi="nội dung sau khi giải nén", en="what it decompresses to"))
    return manifest


def unpacked(packed: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what a zstd file decompresses to; ImageError when it does not."""
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(["zstd", "-dcq", str(packed)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        while piece := process.stdout.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    if process.returncode != 0:
        raise _damaged(packed, "zstd")
    return size, digest.hexdigest()


def _read(path: Path) -> bytes:
    _require_present(path)
    return path.read_bytes()


def _require_present(path: Path) -> None:
    if not path.is_file():
        raise ImageError(
            tr(vi=f"{path}: thiếu tệp này, image chưa đủ", en=f"{path}: missing, the image is not complete")
        )


def _damaged(path: Path, what: str) -> ImageError:
    return ImageError(
        tr(
            vi=f"{path}: hỏng hoặc đã bị sửa ({what}); hãy chép lại từ nơi dựng image",
            en=f"{path}: damaged or changed ({what}); copy it again from where the image was built",
        )
    )
