"""A commune's PC in a container: its image's own list of packages and its own content, without what needs a machine.

This is the one place that says how the lab's PC differs from the PC that ``hntt image build`` makes:

- :data:`MACHINE_ONLY` is not installed: there is no disk to start from, no slot to update, no keyboard and no console;
- so the program of ``hntt.image.target`` (slots, seed, first start), RAUC's settings and the keys are not there either;
- USBGuard and what else touches the machine's hardware is masked, and the compositor draws into memory (``images.py``);
- a package that Debian's mirror no longer has in the locked version is taken in the one it has, where a real image is
  not built at all: the lab has to start also in the weeks after a lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
