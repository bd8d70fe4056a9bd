"""What the tests of reimaging share: a small image that boots like a PC's, signed with keys of the tests, and sticks.

The image has no browser; in place of the kiosk's check it has one that says what the test wants.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hntt.image import initramfs
from hntt.image.content import RAUC_SLOTS, RAUC_SLOTS_SCRIPT, rauc_settings
from hntt.image.files import canonical
from hntt.image.manifest import bundle_version
from hntt.image.stick import make_stick

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "build/reimage"
MIB = 1 << 20
SLOT_SIZE = 448 * MIB
DISK_SIZE = 1900 * MIB
CODE = "19132"
PACKAGES = (
    "systemd-sysv,systemd,udev,dbus,python3,openssl,zstd,fdisk,dosfstools,e2fsprogs,kmod,mount,util-linux,kbd,"
    "console-setup-linux,linux-image-amd64,initramfs-tools,grub-common,rauc,rauc-service,openssh-client"
)
UNITS = (
    "data.mount", "efi.mount", "var-log-journal.mount", "hntt-first-boot.service", "hntt-trial.service",
    "hntt-trial-end.timer", "hntt-emergency.service",
)  # fmt: skip
# Emulated, every service costs seconds.
SLOW_AND_UNUSED = (
    "grub-common.service", "apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_reap.service", "fstrim.timer",
    "dpkg-db-backup.timer", "systemd-networkd.service", "systemd-networkd.socket", "systemd-logind.service",
    "getty@tty1.service", "console-setup.service", "keyboard-setup.service",
)  # fmt: skip
COMMAND_LINE = (
    "console=ttyS0,115200 quiet audit=0 apparmor=0 selinux=0 mitigations=off systemd.show_status=0 "
    "module_blacklist=ahci,nvme,sd_mod,xhci_pci,psmouse,efi_pstore,fuse,iTCO_wdt,lpc_ich,i2c_i801,aesni_intel"
)
MOUNTS = "virtio_pci\nvirtio_blk\nnvme\nahci\nsd_mod\next4\n"
LEFT_OUT = (
    "/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/lib/modules/*/kernel/drivers/gpu/drm/*/*",
    "/usr/lib/modules/*/kernel/drivers/media/*", "/usr/lib/modules/*/kernel/drivers/net/wireless/*",
    "/usr/lib/modules/*/kernel/sound/*", "/usr/lib/modules/*/kernel/drivers/infiniband/*",
)  # fmt: skip
HOOK = (
    'mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"; '
    'printf "MODULES=list\\nCOMPRESS=zstd\\nFSTYPE=ext4\\n" >"$1/etc/initramfs-tools/conf.d/hntt"; '
    f'printf "{MOUNTS}" >"$1/usr/share/initramfs-tools/modules.d/hntt"'.replace("\n", "\\n")
)


@dataclass(frozen=True)
class Keys:
    """The tests' own signing keys."""

    private: Path
    public: Path
    bundle_key: Path
    bundle_certificate: Path

    @classmethod
    def make(cls, folder: Path) -> Keys:
        """New pairs."""
        keys = cls(*(folder / name for name in ("image.key.pem", "image.pub.pem", "bundle.key.pem", "bundle.crt.pem")))
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(keys.private))
        run("openssl", "pkey", "-in", str(keys.private), "-pubout", "-out", str(keys.public))
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-days", "30", "-addext",
            "extendedKeyUsage=critical,codeSigning", "-addext", "keyUsage=critical,digitalSignature", "-keyout",
            str(keys.bundle_key), "-out", str(keys.bundle_certificate))  # fmt: skip
        return keys

    def sign(self, path: Path) -> None:
        """Write the signature beside a file."""
        run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(self.private), "-in", str(path), "-out",
            f"{path}.sig")  # fmt: skip


def run(*command: str, **options: Any) -> str:
    """A program that must succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, (command, done.stderr[-2000:])
    return done.stdout


def base_tree() -> Path:
    """Debian's part of the small image, made once and kept for a list of packages."""
    name = hashlib.sha256(f"{PACKAGES}{LEFT_OUT}{HOOK}".encode()).hexdigest()[:12]
    tree = KEPT / f"base-{name}"
    if not tree.is_dir():
        scratch = KEPT / f".base-{name}.{os.getpid()}"
        KEPT.mkdir(parents=True, exist_ok=True)
        excludes = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        run("mmdebstrap", "--variant=minbase", "--format=dir", *excludes, f"--include={PACKAGES}",
            f"--essential-hook={HOOK}", "trixie", str(scratch))  # fmt: skip
        for folder in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(scratch / folder, ignore_errors=True)
        scratch.rename(tree)
    return tree


def make_image(out: Path, keys: Keys, version: str, *, healthy: bool = True, deadline: int = 600) -> Path:
    """An image's folder: manifest, root file system, installer. ``healthy``: what its check will say."""
    out.mkdir(parents=True)
    tree = out / "tree"
    run("cp", "-a", "--reflink=auto", str(base_tree()), str(tree))
    furnish(tree, keys, version, healthy=healthy, deadline=deadline)
    root = out / "root.ext4"
    run("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-O", "^metadata_csum_seed,^orphan_file", "-d",
        str(tree), str(root), f"{SLOT_SIZE // MIB}M")  # fmt: skip
    run("zstd", "-q", "-3", "-T2", str(root), "-o", str(out / "root.ext4.zst"))
    initramfs.build_installer(tree, keys.public, out / "installer")
    write_manifest(out, keys, version)
    shutil.rmtree(tree)
    return out


def next_image(image: Path, out: Path, version: str, *, healthy: bool = True, deadline: int = 600) -> Path:
    """The root file system of another version: the same but for its version and what its check says."""
    out.mkdir(parents=True)
    root = out / "root.ext4"
    run("cp", "--sparse=always", str(image / "root.ext4"), str(root))
    changed = {
        "/usr/lib/hntt/image.json": json.dumps({"version": version}),
        "/etc/rauc/system.conf": rauc_settings(version),
        "/etc/hntt/trial.env": f"HNTT_TRIAL_DEADLINE_S={deadline}\n",
        "/usr/local/bin/hntt-pc": check_program(healthy=healthy),
    }
    commands = []
    for number, (path, text) in enumerate(changed.items()):
        (out / f"file{number}").write_text(text)
        commands += [f"rm {path}", f"write {out}/file{number} {path}", f"sif {path} mode 0100755"]
    run("debugfs", "-w", "-f", "-", str(root), input="\n".join(commands))
    assert subprocess.run(["e2fsck", "-fp", str(root)], capture_output=True).returncode in (0, 1)
    return out


def make_bundle(image: Path, keys: Keys, version: str) -> Path:
    """RAUC's bundle of an image, on a file system that a PC can be given as a second disk."""
    disk = image / "disk"
    disk.mkdir()
    pack_bundle(image / "root.ext4", keys, version, disk / "root.raucb")
    return disk_of(disk, image / "bundle.img")


def pack_bundle(root: Path, keys: Keys, version: str, out: Path) -> Path:
    """RAUC's bundle of a root file system."""
    source = out.with_suffix(".contents")
    source.mkdir()
    (source / "rootfs.img").hardlink_to(root)
    (source / "manifest.raucm").write_text(
        f"[update]\ncompatible=hntt-pc\nversion={bundle_version(version)}\n\n[bundle]\nformat=verity\n\n"
        "[image.rootfs]\nfilename=rootfs.img\nadaptive=block-hash-index\n"
    )
    run("rauc", "bundle", f"--cert={keys.bundle_certificate}", f"--key={keys.bundle_key}",
        "--mksquashfs-args=-comp zstd -Xcompression-level 3 -b 64k", str(source), str(out))  # fmt: skip
    shutil.rmtree(source)
    return out


def disk_of(folder: Path, out: Path) -> Path:
    """A file system with the files of a folder."""
    size = sum(path.stat().st_size for path in folder.iterdir()) // MIB + 64
    run("mkfs.ext4", "-q", "-F", "-d", str(folder), str(out), f"{size}M")
    return out


def check_program(*, healthy: bool) -> str:
    """In place of the kiosk's check. A file on the data partition can make it wait."""
    return f"#!/bin/sh\n[ ! -e /data/unhealthy ] || exit 1\nexit {0 if healthy else 1}\n"


def write_manifest(image: Path, keys: Keys, version: str) -> None:
    """The manifest of what lies there, signed."""
    packed = image / "root.ext4.zst"
    manifest = {
        "format": 1,
        "compatible": "hntt-pc",
        "version": version,
        "slot_size": SLOT_SIZE,
        "root": {
            "file": "root.ext4.zst",
            "size": (image / "root.ext4").stat().st_size,
            "sha256": sha256(image / "root.ext4"),
            "compressed_size": packed.stat().st_size,
            "compressed_sha256": sha256(packed),
        },
        "packages_sha256": "0" * 64,
        "content_sha256": "0" * 64,
        "installer": {path.name: sha256(path) for path in (image / "installer").iterdir()},
    }
    path = image / "manifest.json"
    path.write_bytes(canonical(manifest))
    keys.sign(path)


def sha256(path: Path) -> str:
    """Of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def furnish(tree: Path, keys: Keys, version: str, *, healthy: bool, deadline: int) -> None:
    """What the real image gets too, and a root shell on the serial console for the tests."""
    ours = tree / "usr/lib/hntt"
    for name, content in initramfs.target_files():
        _write(ours / "target" / name, content, 0o755 if name.endswith(".sh") else 0o644)
    _write(ours / "image-key.pem", keys.public.read_bytes())
    _write(ours / "image.json", json.dumps({"version": version}).encode())
    system = tree / "etc/systemd/system"
    for path in sorted((initramfs.TARGET / "units").rglob("*")):
        if path.is_file():
            _write(system / path.relative_to(initramfs.TARGET / "units"), path.read_bytes())
    run("systemctl", f"--root={tree}", "enable", *UNITS)
    run("systemctl", f"--root={tree}", "mask", *SLOW_AND_UNUSED)
    _write(tree / "etc/hntt/trial.env", f"HNTT_TRIAL_DEADLINE_S={deadline}\n".encode())
    _write(tree / "usr/local/bin/hntt-pc", check_program(healthy=healthy).encode(), 0o755)
    _write(tree / RAUC_SLOTS.lstrip("/"), RAUC_SLOTS_SCRIPT.encode(), 0o755)
    _write(tree / "etc/rauc/keyring.pem", keys.bundle_certificate.read_bytes())
    _write(tree / "etc/rauc/system.conf", rauc_settings(version).encode())
    login = "-/sbin/agetty --autologin root --keep-baud 115200 %I dumb"
    _write(
        system / "serial-getty@.service.d/tests.conf",
        f"[Service]\nExecStart=\nExecStart={login}\nType=idle\n".encode(),
    )
    _write(tree / "boot/hntt.cfg", f'set hntt_cmdline="{COMMAND_LINE}"\n'.encode())
    _write(tree / "etc/machine-id", b"uninitialized\n")
    for folder in ("data", "efi", "var/log/journal"):
        (tree / folder).mkdir(parents=True, exist_ok=True)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def make_seed(folder: Path, keys: Keys, version: str, **changes: Any) -> Path:
    """A signed seed; ``changes`` replace its fields."""
    now = datetime.now(UTC)
    seed: dict[str, Any] = {
        "format": 1,
        "host": "pc.an-thuy.le-thuy",
        "code": CODE,
        "commune": "An Thủy",
        "district": "Lệ Thủy",
        "issued": (now - timedelta(hours=1)).isoformat(),
        "min_version": version,
        "image_version": version,
        "disk_serial": None,
        "files": [
            {"path": "/etc/hostname", "mode": "0644", "content": "pc-an-thuy\n"},
            {"path": "/etc/hntt/room", "mode": "0640", "content": "2007\n"},
        ],
        "token": {"id": "t1", "secret": "secret-of-the-test", "expires": (now + timedelta(days=30)).isoformat()},
        "centre": {"url": "https://noc.example:8443", "authority": "", "host_authority": ""},
    }
    seed.update(changes)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed['code']}.seed.json"
    # As the controller does: signed as it is, and as the PC keeps it once the token is spent.
    signatures = b""
    for secret in ("", seed["token"]["secret"]):
        path.write_bytes(canonical({**seed, "token": {**seed["token"], "secret": secret}}))
        keys.sign(path)
        signature = path.with_name(f"{path.name}.sig")
        signatures = signature.read_bytes() + signatures
    signature.write_bytes(signatures)
    return path


def make_disk(path: Path, size: int = DISK_SIZE) -> Path:
    """A disk with something on it that must not be lost without a word."""
    with path.open("wb") as handle:
        handle.truncate(size)
        handle.seek(size // 3)
        handle.write(b"what the commune has kept here\n" * 1000)
    return path


def copied(disk: Path, to: Path) -> Path:
    """A copy of a disk, as sparse as it is."""
    run("cp", "--sparse=always", "--reflink=auto", str(disk), str(to))
    return to


def stick(image: Path, seed: Path, out: Path) -> Path:
    """A stick's image file."""
    make_stick(image, [seed], out)
    return out
