"""A small image: the same folder as a real one, with a payload of a few blocks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hntt.image.files import sha256_of
from hntt.image.manifest import BUNDLE, INSTALLER, LOCK, ROOT, Manifest, RootFile, write_manifest
from hntt.image.signing import KeyFolder

VERSION = "2026.11.28.1"


def small_image(folder: Path, keys: KeyFolder, version: str = VERSION) -> Manifest:
    folder.mkdir(parents=True)
    plain = folder / "root.ext4"
    plain.write_bytes(bytes(range(256)) * 64)
    subprocess.run(["zstd", "-q", str(plain), "-o", str(folder / ROOT)], check=True)
    (folder / LOCK).write_text("bash 5.2-1 amd64 " + "0" * 64 + "\n")
    (folder / BUNDLE).write_bytes(b"bundle")
    packed = folder / ROOT
    root = RootFile(plain.stat().st_size, sha256_of(plain), packed.stat().st_size, sha256_of(packed))
    plain.unlink()
    (folder / INSTALLER).mkdir()
    for name in ("BOOTX64.EFI", "installer.img", "vmlinuz"):
        (folder / INSTALLER / name).write_bytes(f"the {name} of a stick".encode())
    installer = {path.name: sha256_of(path) for path in (folder / INSTALLER).iterdir()}
    manifest = Manifest(version, 1 << 20, root, sha256_of(folder / LOCK), "c" * 64, installer)
    write_manifest(folder, manifest, keys)
    return manifest
