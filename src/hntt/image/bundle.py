"""The bundle by which RAUC updates a PC that still boots: it fetches those blocks that the PC has not."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.manifest import COMPATIBLE, bundle_version
from hntt.image.signing import KeyFolder

_IMAGE = "rootfs.img"
_MANIFEST = f"""[update]
compatible={COMPATIBLE}
version={{version}}

[bundle]
format=verity

[image.rootfs]
filename={_IMAGE}
adaptive=block-hash-index
"""
_CHECK = f"""[system]
compatible={COMPATIBLE}
bootloader=noop

[keyring]
path={{certificate}}
check-purpose=codesign
"""


def make_bundle(root: Path, version: str, keys: KeyFolder, bundle: Path) -> None:
    """Make ``bundle`` of a root file system; ImageError when rauc refuses. ``root`` is linked, not copied."""
    with tempfile.TemporaryDirectory(dir=bundle.parent, prefix=".bundle-") as scratch:
        source, made = Path(scratch) / "in", Path(scratch) / "out.raucb"
        source.mkdir()
        (source / _IMAGE).hardlink_to(root)
        (source / "manifest.raucm").write_text(_MANIFEST.format(version=bundle_version(version)), encoding="utf-8")
        _rauc(
            "bundle",
            f"--cert={keys.bundle_certificate}",
            f"--key={keys.bundle_key}",
            "--mksquashfs-args=-comp zstd -Xcompression-level 9 -b 64k",
            source,
            made,
        )
        made.replace(bundle)


def check_bundle(bundle: Path, certificate: Path) -> str:
    """What rauc says of a bundle that the owner of ``certificate`` signed; ImageError for another."""
    with tempfile.TemporaryDirectory(prefix="hntt-rauc-") as scratch:
        settings = Path(scratch) / "system.conf"
        # The same purpose as on the PCs: rauc's own default is another.
        settings.write_text(_CHECK.format(certificate=certificate.absolute()), encoding="utf-8")
        return _rauc(f"--conf={settings}", "info", bundle)


def _rauc(*arguments: str | Path) -> str:
    try:
        done = subprocess.run(["rauc", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ImageError(tr(vi="thiếu rauc; chạy ./run setup", en="rauc is missing; run ./run setup")) from error
    if done.returncode != 0:
        said = "\n".join(done.stderr.strip().splitlines()[-4:])
        raise ImageError(tr(vi=f"rauc không làm được: {said}", en=f"rauc failed: {said}"))
    return done.stdout
