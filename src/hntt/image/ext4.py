"""A folder as an ext4 file system, the same bytes for the same files.

It is made by the mke2fs of the new system itself: that one sorts what it finds, takes all times from
SOURCE_DATE_EPOCH, and is pinned in the lock, so the machine that builds does not matter.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hntt.i18n import tr
from hntt.image.errors import ImageError

BLOCK = 4096
MIB = 1 << 20
EPOCH = 1764547200
"""The latest time of a file in an image (2025-12-01). The same for all images: a later one would change every inode,
and with it what an update has to fetch."""
SPARE = 96 * MIB
"""Left free in the image; on the PC the file system grows to its partition."""
_UUID = "5f0d4d9c-3b1e-4d53-9a39-6cf0a3b0a001"
_HASH_SEED = "5f0d4d9c-3b1e-4d53-9a39-6cf0a3b0a002"
_ALIGN = 16 * MIB
_JOURNAL_MIB = 32
# What the GRUB and the kernel of Debian 12 can read as well; nothing that a newer mke2fs turns on by itself.
_CONFIG = """[defaults]
base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
[fs_types]
ext4 = {
  features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
}
"""


def make_ext4(tree: Path, image: Path) -> int:
    """Make ``image`` out of ``tree``, whose own mke2fs is used; its size in bytes. ImageError when that fails."""
    files, size = _measure(tree)
    inodes = (files + 16384) // 8192 * 8192 + 8192
    total = _aligned(int(size * 1.02) + inodes * 256 + _JOURNAL_MIB * MIB + SPARE)
    config = image.with_name("mke2fs.conf")
    config.write_text(_CONFIG, encoding="utf-8")
    image.unlink(missing_ok=True)
    command = [
        *_own_program(tree, "usr/sbin/mke2fs"),
        *("-q", "-F", "-t", "ext4", "-b", str(BLOCK), "-I", "256", "-m", "1", "-N", str(inodes), "-U", _UUID),
        *("-E", f"hash_seed={_HASH_SEED},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0"),
        *("-J", f"size={_JOURNAL_MIB}", "-d", tree, image, f"{total // 1024}k"),
    ]
    environment = {
        **os.environ,
        "MKE2FS_CONFIG": str(config),
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "E2FSPROGS_FAKE_TIME": str(EPOCH),
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    config.unlink()
    if done.returncode != 0 or not image.is_file():
        raise ImageError(tr(vi=f"mke2fs không tạo được image: {done.stderr}", en=f"mke2fs failed: {done.stderr}"))
    return image.stat().st_size


def _own_program(tree: Path, program: str) -> list[str | Path]:
    """The command that runs a program of the new system with its own libraries, without entering it."""
    libraries = sorted((tree / "usr/lib").glob("*-linux-gnu*"))
    loaders = [path for folder in (tree / "usr/lib64", *libraries) for path in sorted(folder.glob("ld-linux-*.so.*"))]
    if not libraries or not loaders:
        raise ImageError(tr(vi=f"{tree}: không phải hệ Debian", en=f"{tree}: no Debian system"))
    return [loaders[0], "--library-path", ":".join(map(str, libraries)), tree / program]


def _measure(tree: Path) -> tuple[int, int]:
    files = size = 0
    for entry in _entries(tree):
        files += 1
        status = entry.stat(follow_symlinks=False)
        size += -(-status.st_size // BLOCK) * BLOCK if not entry.is_symlink() else 0
    return files, size


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN
