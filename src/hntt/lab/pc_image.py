"""A commune's PC in a container: its image's own list of packages and its own content, without what needs a machine.

This is the one place that says how the lab's PC differs from the PC that ``hntt image build`` makes:

- :data:`MACHINE_ONLY` is not installed: there is no disk to start from, no slot to update, no keyboard and no console;
- so the program of ``hntt.image.target`` (slots, seed, first start), RAUC's settings and the keys are not there either;
- USBGuard and what else touches the machine's hardware is masked, and the compositor draws into memory (``images.py``);
- a package that Debian's mirror no longer has in the locked version is taken in the one it has, where a real image is
  not built at all: the lab has to start also in the weeks after a lock. ``hntt lab up`` names such packages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.image.content import Content, role_content
from hntt.image.packages import Locked, read_lock, wanted_packages
from hntt.inventory.offline import read_offline

MACHINE_ONLY = frozenset(
    {
        "console-setup-linux",
        "dosfstools",
        "fdisk",
        "grub-efi-amd64-bin",
        "initramfs-tools",
        "kbd",
        "linux-image-amd64",
        "rauc",
        "rauc-service",
    }
)
PROJECT = Path(__file__).resolve().parents[3]
INVENTORY = "inventories/quang_binh"
_ABOVE_ALL = 1001
"""apt's priority for a version that is taken even where a newer one is to be had."""
_NAMED = 8
DPKG_STATUS = "var/lib/dpkg/status"


@dataclass(frozen=True)
class InContainer:
    """What goes into the lab's image; ``files`` are (path, mode, text), ``script`` makes users and enables units."""

    packages: tuple[str, ...]
    preferences: str
    files: tuple[tuple[str, int, str], ...]
    script: str


def in_a_container(project: Path = PROJECT) -> InContainer:
    """The PC's image as far as a container can have it. Takes seconds: the roles are rendered for all districts."""
    content: Content = role_content(read_offline(project / INVENTORY), project)
    wanted = wanted_packages(project / "roles").names
    return InContainer(
        packages=tuple(name for name in wanted if name not in MACHINE_ONLY),
        preferences=preferences(read_lock()),
        files=tuple((file.path, int(file.mode, 8), file.content.decode()) for file in content.files),
        script=content.script(),
    )


def preferences(locked: Sequence[Locked]) -> str:
    """The lock as apt's preferences: these versions, wherever a source still has them."""
    entry = "Package: {0.name}\nPin: version {0.version}\nPin-Priority: {1}\n"
    return "\n".join(entry.format(item, _ABOVE_ALL) for item in locked)


def not_as_locked(status: str, locked: Sequence[Locked]) -> list[str]:
    """What a system has in another version than the lock, as ``name version``; ``status`` is dpkg's own list."""
    wanted = {item.name: item.version for item in locked}
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        name, version = fields.get("Package", ""), fields.get("Version", "")
        if fields.get("Status", "").endswith(" installed") and wanted.get(name, version) != version:
            found.append(f"{name} {version}")
    return sorted(found)


def warning(image_root: Path) -> str | None:
    """One line that names what the lab's PC has in another version than the lock; None when all is as locked."""
    others = not_as_locked((image_root / DPKG_STATUS).read_text(encoding="utf-8"), read_lock())
    if not others:
        return None
    names, count = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else ""), len(others)
    return tr(
        vi=f"chú ý: kho gói không còn bản đã khoá, máy xã của phòng lab có {count} gói bản khác với máy thật: {names}",
        en="note: the mirror no longer has what was locked; "
        f"{count} packages of the lab's PCs are other than a real one's: {names}",
    )
