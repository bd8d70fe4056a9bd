"""From the lock to a folder that is an image: the same lock and content give the same root file system."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.image.apt import repository
from hntt.image.bundle import make_bundle
from hntt.image.content import Content, write_tree
from hntt.image.errors import ImageError
from hntt.image.ext4 import EPOCH, make_ext4
from hntt.image.files import sha256_of
from hntt.image.initramfs import build_installer
from hntt.image.manifest import BUNDLE, INSTALLER, LOCK, ROOT, Manifest, RootFile, write_manifest
from hntt.image.packages import Locked, write_lock
from hntt.image.signing import KeyFolder

Say = Callable[[str], None]
SLOT_SIZE = 4 << 30
_SECONDS = 3000

# Debian's installer would do the rest of this; what a build leaves behind differs from run to run.
_SETTLE = """
printf 'hntt-pc\\n' > /etc/hostname
printf 'LANG=C.UTF-8\\n' > /etc/default/locale
"""
_BOOT_FILES = """
kernel=$(ls /boot/vmlinuz-* | sort -V | tail -n 1)
release=${kernel#/boot/vmlinuz-}
rm -f /boot/initrd.img-* /vmlinuz.old /initrd.img.old
update-initramfs -c -k "$release" >/dev/null
ln -sfn "boot/vmlinuz-$release" /vmlinuz
ln -sfn "boot/initrd.img-$release" /initrd.img
test -s /initrd.img
"""
_CLEAN = """
rm -f /etc/ssh/ssh_host_* /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/cache/fontconfig/*
rm -rf /var/cache/ldconfig/aux-cache /var/lib/dbus/machine-id
rm -rf /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -rf /tmp/* /var/tmp/* /run/* /root/.bash_history
find /var/log -type f -delete
: > /etc/machine-id
"""


@dataclass(frozen=True)
class Plan:
    """One image: what goes in, its version, the size of a PC's slots in bytes, and whether it has a kernel."""

    suite: str
    architecture: str
    packages: Sequence[Locked]
    content: Content
    version: str
    slot_size: int = SLOT_SIZE
    bootable: bool = True


def build(plan: Plan, cache: Path, keys: KeyFolder, out: Path, say: Say) -> Manifest:
    """Build the image ``out`` (a folder that must not be there) from the files in ``cache``.

    Takes minutes and, below the folder of ``out``, some gigabytes. ImageError when anything fails; ``out`` then is not
    there.
    """
    if out.exists():
        raise ImageError(
            tr(vi=f"{out}: đã có; chọn thư mục khác", en=f"{out}: is there already; choose another folder")
        )
    if os.geteuid() != 0:
        raise ImageError(
            tr(vi="dựng image cần quyền root: chạy lại với sudo", en="building an image takes root: run it with sudo")
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    progress = _Progress(say)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".image-") as scratch:
        work = Path(scratch)
        made = work / "image"
        made.mkdir(mode=0o755)
        with progress(tr(vi="kho gói theo danh sách", en="repository of the locked packages")):
            repository(plan.packages, cache, work / "repo")
            write_tree(plan.content, work / "content")
        with progress(tr(vi=f"cài {len(plan.packages)} gói", en=f"{len(plan.packages)} packages installed")):
            root = _install(plan, work)
        with progress(tr(vi="hệ tệp ext4", en="ext4 file system")):
            plain = work / "root.ext4"
            size = make_ext4(root, plain)
            _require_fits(size, plan.slot_size)
        if plan.bootable:
            with progress(tr(vi="bộ cài trên USB", en="installer of the sticks")):
                build_installer(root, keys.image_public, made / INSTALLER)
        shutil.rmtree(root)
        with progress(tr(vi="nén", en="compressed")):
            _run(["zstd", "-q", "-10", "-T2", plain, "-o", made / ROOT])
            write_lock(plan.packages, made / LOCK)
            manifest = _manifest(plan, plain, made)
        with progress(tr(vi="gói cập nhật RAUC", en="RAUC bundle")):
            make_bundle(plain, plan.version, keys, made / BUNDLE)
        write_manifest(made, manifest, keys)
        made.rename(out)
    return manifest


class _Progress:
    def __init__(self, say: Say) -> None:
        self._say = say
        self._began = time.monotonic()

    @contextlib.contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        now = time.monotonic()
        self._say(f"[{now - self._began:4.0f} s] {what} ({now - began:.0f} s)")


def _install(plan: Plan, work: Path) -> Path:
    root, archive = work / "root", work / "root.tar"
    script = work / "finish.sh"
    boot = _BOOT_FILES if plan.bootable else ""
    script.write_text("set -eu\n" + _SETTLE + plan.content.script() + boot + _CLEAN, encoding="utf-8")
    names = ",".join(item.name for item in plan.packages)
    command: list[str | Path] = [
        *("mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--architectures={plan.architecture}"),
        '--aptopt=Acquire::Languages "none"',
        # The files were checked against the lock a moment ago; the index beside them is this run's own.
        '--aptopt=APT::Get::AllowUnauthenticated "true"',
        *("--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/info/*"),
        *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright"),
        f"--include={names}",
        # What mmdebstrap took from this machine.
        '--customize-hook=cd "$1"/etc; rm -f resolv.conf hostname apt/sources.list apt/apt.conf.d/99mmdebstrap',
        f'--customize-hook=cp -r --preserve=mode {work / "content"}/. "$1"/',
        f'--customize-hook=chroot "$1" sh < {script}',
        *("--skip=cleanup/reproducible", plan.suite, archive),
        f"deb [trusted=yes] copy:{work / 'repo'} ./",
    ]
    _run(command)
    root.mkdir(mode=0o755)
    _run(["tar", "-C", root, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", archive])
    archive.unlink()
    return root


def _manifest(plan: Plan, plain: Path, made: Path) -> Manifest:
    packed = made / ROOT
    root = RootFile(plain.stat().st_size, sha256_of(plain), packed.stat().st_size, sha256_of(packed))
    installer = {path.name: sha256_of(path) for path in sorted((made / INSTALLER).iterdir())} if plan.bootable else None
    return Manifest(plan.version, plan.slot_size, root, sha256_of(made / LOCK), plan.content.digest(), installer)


def _require_fits(size: int, slot_size: int) -> None:
    if size > slot_size:
        raise ImageError(
            tr(
                vi=f"hệ tệp {size >> 20} MiB không vừa khe {slot_size >> 20} MiB",
                en=f"a file system of {size >> 20} MiB does not fit into slots of {slot_size >> 20} MiB",
            )
        )


def _run(command: Sequence[str | Path]) -> None:
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    name = command[0]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=_SECONDS, check=False)
    except FileNotFoundError as error:
        raise ImageError(tr(vi=f"thiếu {name}; chạy ./run setup", en=f"{name} is missing; run ./run setup")) from error
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise ImageError(tr(vi=f"{name} không làm được:\n{said}", en=f"{name} failed:\n{said}"))
