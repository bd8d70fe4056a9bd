"""The installer of the stick, made out of the tree of an image: its kernel, its Python, its programs, our code.

So the installer has the versions that the image has pinned, and needs no other download.
"""

from __future__ import annotations

import gzip
import io
import subprocess
from collections.abc import Iterable
from pathlib import Path

from hntt.i18n import tr
from hntt.image import elf, newc
from hntt.image.errors import ImageError

KERNEL, INSTALLER, LOADER = "vmlinuz", "installer.img", "BOOTX64.EFI"
TARGET = Path(__file__).parent / "target"
_PROGRAMS = (
    "python3", "mount", "umount", "modprobe", "sfdisk", "wipefs", "mkfs.ext4", "mkfs.vfat", "openssl", "zstd", "sync",
    "setfont",
)  # fmt: skip
_WHERE_IT_CAN_BE = ("hwclock",)
_SETTINGS = ("etc/mke2fs.conf", "etc/ssl/openssl.cnf", "usr/lib/ssl/openssl.cnf")
# Without these the kernel draws boxes for most Vietnamese letters.
_FONTS = ("Vietnamese-Fixed16", "Vietnamese-TerminusBold32x16")
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib")
_MODULES = (
    "kernel/drivers/ata", "kernel/drivers/block/virtio_blk", "kernel/drivers/hid/hid", "kernel/drivers/hid/usbhid",
    "kernel/drivers/input/keyboard/atkbd", "kernel/drivers/input/serio", "kernel/drivers/mmc", "kernel/drivers/nvme",
    "kernel/drivers/scsi/scsi_mod", "kernel/drivers/scsi/sd_mod", "kernel/drivers/usb/host",
    "kernel/drivers/usb/storage", "kernel/drivers/usb/core", "kernel/drivers/virtio",
    "kernel/drivers/pci/controller/vmd", "kernel/fs/ext4",
    "kernel/fs/fat", "kernel/fs/jbd2", "kernel/fs/nls/nls_ascii", "kernel/fs/nls/nls_cp437", "kernel/fs/nls/nls_utf8",
    "kernel/lib", "kernel/crypto/crc32", "kernel/arch/x86/crypto/crc32",
)  # fmt: skip
_LEFT_OUT = (
    "test", "idlelib", "tkinter", "turtledemo", "ensurepip", "pydoc_data", "lib2to3", "dist-packages", "__pycache__",
    "config-3.13-x86_64-linux-gnu", "unittest", "xmlrpc", "curses", "sqlite3", "asyncio", "multiprocessing",
)  # fmt: skip
_GRUB_MODULES = (
    "part_gpt", "fat", "ext2", "normal", "configfile", "linux", "loadenv", "test", "regexp", "search",
    "search_fs_file", "echo", "sleep", "reboot", "boot", "all_video", "efi_gop", "minicmd",
)  # fmt: skip


def build_installer(tree: Path, image_key: Path, out: Path) -> None:
    """Make kernel, initramfs and boot loader in the folder ``out``.

    ``tree`` is an image's root as a folder, ``image_key`` the public key (PEM) that the installer trusts. ImageError
    when the tree lacks something or a program fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    version = _kernel_version(tree)
    make_loader(out / LOADER)
    files = _Files(tree)
    files.programs()
    files.python()
    files.modules(version)
    entries = [*files.entries.values(), *_ours(image_key.read_bytes(), (out / LOADER).read_bytes())]
    archive = io.BytesIO()
    newc.write(archive, [*_folders(entries), *entries])
    _compress(archive.getvalue(), out / INSTALLER)
    (out / KERNEL).write_bytes((tree / "boot" / f"vmlinuz-{version}").read_bytes())


def make_loader(out: Path) -> None:
    """Make the boot loader that stick and disk share: it starts the grub.cfg of the disk that it was read from."""
    _run(
        "grub-mkimage", "-O", "x86_64-efi", "-o", str(out), "-p", "/EFI/debian", "-c",
        str(TARGET / "grub/early.cfg"), *_GRUB_MODULES,
    )  # fmt: skip


class _Files:
    """What is taken out of the tree; names as they are in the archive."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.entries: dict[str, newc.Entry] = {}

    def programs(self) -> None:
        for name in (*_PROGRAMS, *_WHERE_IT_CAN_BE):
            found = next(
                (f"usr/{folder}/{name}" for folder in ("sbin", "bin") if self._there(f"usr/{folder}/{name}")), None
            )
            if found is not None:
                self.add(found)
            elif name in _PROGRAMS:
                raise ImageError(
                    tr(
                        vi=f"{self.tree}: image thiếu chương trình {name}, không làm được bộ cài",
                        en=f"{self.tree}: the image lacks the program {name}; no installer can be made",
                    )
                )
        for name in _SETTINGS:
            if self._there(name):
                self.add(name)
        for name in _FONTS:
            # Unpacked, since setfont would call a program for it.
            packed = self.tree / f"usr/share/consolefonts/{name}.psf.gz"
            if not packed.is_file():
                raise ImageError(
                    tr(
                        vi=f"{self.tree}: image thiếu phông {name} (gói console-setup-linux)",
                        en=f"{self.tree}: the image lacks the font {name} (package console-setup-linux)",
                    )
                )
            place = f"usr/lib/hntt/{name}.psf"
            self.entries[place] = newc.file(place, gzip.decompress(packed.read_bytes()))

    def python(self) -> None:
        base = next((path for path in sorted((self.tree / "usr/lib").glob("python3.*")) if path.is_dir()), None)
        if base is None:
            raise ImageError(tr(vi=f"{self.tree}: image thiếu python3", en=f"{self.tree}: the image lacks python3"))
        for path in sorted(base.rglob("*")):
            if path.is_file() and not set(path.relative_to(base).parts) & set(_LEFT_OUT):
                self.add(str(path.relative_to(self.tree)))

    def modules(self, version: str) -> None:
        folder = f"usr/lib/modules/{version}"
        for path in sorted((self.tree / folder).glob("modules.*")):
            self.add(str(path.relative_to(self.tree)))
        needs: dict[str, list[str]] = {}
        for line in (self.tree / folder / "modules.dep").read_text().splitlines():
            name, _, rest = line.partition(":")
            needs[name] = rest.split()
        for name, others in needs.items():
            if name.startswith(_MODULES):
                for one in (name, *others):
                    self.add(f"{folder}/{one}")

    def add(self, name: str) -> None:
        """A file with all that it links to and the libraries it names."""
        if name in self.entries:
            return
        path = self.tree / name
        if path.is_symlink():
            target = str(path.readlink())
            place = target.lstrip("/") if target.startswith("/") else str(Path(name).parent / target)
            place = _plain(place)
            self.entries[name] = newc.link(name, target)
            self.add(place)
            return
        content = path.read_bytes()
        self.entries[name] = newc.file(name, content, path.stat().st_mode & 0o777)
        for library in elf.needed(content):
            self._library(library)

    def _library(self, name: str) -> None:
        if name.startswith("/"):
            self.add(_plain(name.lstrip("/")))
            return
        for folder in _LIBRARIES:
            if self._there(f"{folder}/{name}"):
                self.add(f"{folder}/{name}")
                return
        raise ImageError(
            tr(vi=f"{self.tree}: image thiếu thư viện {name}", en=f"{self.tree}: the image lacks the library {name}")
        )

    def _there(self, name: str) -> bool:
        path = self.tree / name
        return path.is_symlink() or path.is_file()


def _plain(name: str) -> str:
    """A name without ``..`` and with /lib, /bin … below /usr, where a merged system has them."""
    parts: list[str] = []
    for part in Path(name).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    if parts[0] in ("lib", "lib64", "bin", "sbin"):
        parts.insert(0, "usr")
    return "/".join(parts)


def target_files() -> Iterable[tuple[str, bytes]]:
    """Our code for the PC: names below /usr/lib/hntt/target and contents. Nothing that Python made."""
    for path in sorted(TARGET.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(TARGET)), path.read_bytes()


def _ours(key: bytes, loader: bytes) -> Iterable[newc.Entry]:
    for name, content in target_files():
        yield newc.file(f"usr/lib/hntt/target/{name}", content)
    yield newc.file("usr/lib/hntt/image-key.pem", key)
    yield newc.file(f"usr/lib/hntt/boot/{LOADER}", loader)
    yield newc.file("init", b"#!/usr/bin/python3\nimport sys\nsys.path.insert(0, '/usr/lib/hntt')\n"
                    b"from target.init import main\nmain()\n", 0o755)  # fmt: skip
    for name in ("bin", "sbin", "lib", "lib64"):
        yield newc.link(name, f"usr/{name}")
    yield newc.character("dev/console", 5, 1)
    for name in ("proc", "sys", "run", "tmp", "mnt", "etc"):
        yield newc.folder(name)


def _folders(entries: list[newc.Entry]) -> Iterable[newc.Entry]:
    """The folders that the names need and nobody has named."""
    named = {entry.name for entry in entries}
    wanted = {str(parent) for entry in entries for parent in Path(entry.name).parents} - {"."} - named
    return [newc.folder(name) for name in sorted(wanted)]


def _kernel_version(tree: Path) -> str:
    found = sorted(path.name.removeprefix("vmlinuz-") for path in (tree / "boot").glob("vmlinuz-*"))
    if not found:
        raise ImageError(tr(vi=f"{tree}: image thiếu nhân Linux", en=f"{tree}: the image has no kernel"))
    return found[-1]


def _compress(content: bytes, out: Path) -> None:
    done = subprocess.run(["zstd", "-q", "-10", "-T1", "-c"], input=content, capture_output=True)
    if done.returncode != 0:
        raise ImageError(tr(vi=f"zstd: {done.stderr!r}", en=f"zstd: {done.stderr!r}"))
    out.write_bytes(done.stdout)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise ImageError(
            tr(
                vi=f"thiếu chương trình {command[0]} (gói grub-common và grub-efi-amd64-bin)",
                en=f"the program {command[0]} is missing (packages grub-common and grub-efi-amd64-bin)",
            )
        ) from error
    if done.returncode != 0:
        raise ImageError(f"{command[0]}: {done.stderr.strip()[-400:]}")
