"""What an image has besides its packages: the program that makes it a PC, and what its roles want on every PC alike.

The roles are rendered for PCs of all districts; a file that is the same on each of them, and holds no secret, goes into
the image, so that the first converge has little left to do over a thin line. What differs is that PC's own and comes
with its seed or its first converge.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.manifest import COMPATIBLE, FORMAT, bundle_version, version_numbers
from hntt.image.signing import KeyFolder, public_key
from hntt.intent.intended import Tree, intended
from hntt.intent.linux import DeclaredState
from hntt.intent.linux.derived import AUTHORIZED_KEYS_DIR
from hntt.intent.linux.model import File, Item, User
from hntt.inventory.offline import OfflineInventory
from hntt.inventory.view import groups_in_order
from hntt.network.model import Device, Kind

T = TypeVar("T", bound=Item)

TARGET = Path(__file__).with_name("target")
PROGRAM = "/usr/lib/hntt"
UNITS = "/usr/lib/systemd/system"
_UNITS_OF_ADMIN = "/etc/systemd/system"
RAUC_SLOTS = f"{PROGRAM}/rauc-slots"
RAUC_SLOTS_SCRIPT = f"""#!/bin/sh
cd {PROGRAM} && exec python3 -s -B -m target.rauc_slots "$@"
"""
_RAUC_SETTINGS = f"""[system]
compatible={COMPATIBLE}
bootloader=custom
data-directory=/data/rauc
bundle-formats=verity
min-bundle-version={{version}}

[keyring]
path=/etc/rauc/keyring.pem
check-purpose=codesign

[handlers]
pre-install={PROGRAM}/target/keep.sh
bootloader-custom-backend={RAUC_SLOTS}

[slot.rootfs.0]
device=/dev/disk/by-partlabel/hntt-a
type=raw
bootname=A

[slot.rootfs.1]
device=/dev/disk/by-partlabel/hntt-b
type=raw
bootname=B
"""
# They would keep an environment of their own in the slot; the PC's is on the EFI partition.
_DEBIANS_GRUB = ("grub-common.service", "grub-initrd-fallback.service")
_GROW_UNIT = "systemd-growfs-root.service"
_GROW = (f"/etc/systemd/system/local-fs.target.wants/{_GROW_UNIT}", f"{UNITS}/{_GROW_UNIT}")
_MOUNT_POINTS = (("/data", "0755", "root", "root"), ("/efi", "0755", "root", "root"))


@dataclass(frozen=True)
class ContentFile:
    """A file of the image, owned by ``owner:group`` once the users are made."""

    path: str
    content: bytes
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True)
class Content:
    """All that is put on top of the packages; every field counts for the digest."""

    files: tuple[ContentFile, ...] = ()
    directories: tuple[tuple[str, str, str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    users: tuple[User, ...] = ()
    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 of everything, in hexadecimal."""
        document = {
            "files": [
                [file.path, hashlib.sha256(file.content).hexdigest(), file.mode, file.owner, file.group]
                for file in self.files
            ],
            "directories": self.directories,
            "links": self.links,
            "users": [_user_line(user) for user in self.users],
            "enabled": self.enabled,
            "disabled": self.disabled,
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    def script(self) -> str:
        """The commands that finish it inside the new system, as root, after the files are there."""
        lines = [_user_line(user) for user in self.users]
        for path, mode, owner, group in self.directories:
            lines += [f"mkdir -p {path}", f"chown {owner}:{group} {path}", f"chmod {mode} {path}"]
        for file in self.files:
            lines += [f"chown {file.owner}:{file.group} '{file.path}'", f"chmod {file.mode} '{file.path}'"]
        for path, target in self.links:
            lines += [f"mkdir -p {path.rpartition('/')[0] or '/'}", f"ln -sfn '{target}' '{path}'"]
        lines += [f"systemctl -q disable {unit} 2>/dev/null || true" for unit in self.disabled]
        lines += [f"systemctl -q enable {unit}" for unit in self.enabled]
        return "".join(f"{line}\n" for line in lines)


def rauc_settings(version: str) -> str:
    """RAUC's settings in the image of a version: nothing older is taken, also from whom the controller did not ask."""
    return _RAUC_SETTINGS.format(version=bundle_version(version))


def image_content(offline: OfflineInventory, root: Path, keys: KeyFolder, version: str, sources: str = "") -> Content:
    """The content for one version. ``root`` is the project's; ``sources`` are the PCs' apt sources until converged.

    ImageError without keys or for what is no version.
    """
    version_numbers(version)
    public_key(keys.image_public)
    role = role_content(offline, root)
    own = [
        ContentFile(f"{PROGRAM}/image-key.pem", keys.image_public.read_bytes()),
        ContentFile("/etc/rauc/keyring.pem", keys.bundle_certificate.read_bytes()),
        ContentFile("/etc/rauc/system.conf", rauc_settings(version).encode()),
        ContentFile(
            f"{PROGRAM}/image.json",
            (json.dumps({"format": FORMAT, "compatible": COMPATIBLE, "version": version}) + "\n").encode(),
        ),
        ContentFile(f"{PROGRAM}/role-files", "".join(f"{file.path}\n" for file in role.files).encode()),
        ContentFile(RAUC_SLOTS, RAUC_SLOTS_SCRIPT.encode(), "0755"),
        ContentFile("/etc/fstab", b""),
        *([ContentFile("/etc/apt/sources.list", sources.encode())] if sources else []),
        *program_files(),
    ]
    taken = {file.path for file in own}
    startable = [
        Path(file.path).name for file in own if Path(file.path).parent == Path(UNITS) and b"[Install]" in file.content
    ]
    return Content(
        files=tuple(sorted([*own, *(f for f in role.files if f.path not in taken)], key=lambda f: f.path)),
        directories=tuple(sorted({*role.directories, *_MOUNT_POINTS})),
        links=tuple(sorted({*role.links, _GROW})),
        users=role.users,
        enabled=tuple(sorted({*role.enabled, *startable, "systemd-networkd.service"})),
        disabled=tuple(sorted({*role.disabled, *_DEBIANS_GRUB})),
    )


def role_content(offline: OfflineInventory, root: Path) -> Content:
    """What the roles want on every PC of an inventory alike. ``root`` is the project's."""
    return common_content(list(_states(offline, root)))


def program_files(target: Path = TARGET) -> list[ContentFile]:
    """The program that runs on the PC, with its units; an image without one could not become a PC."""
    units = target / "units"
    found = [
        ContentFile(
            f"{PROGRAM}/target/{path.relative_to(target).as_posix()}",
            path.read_bytes(),
            "0755" if path.suffix == ".sh" else "0644",
        )
        for path in sorted(target.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not path.is_relative_to(units)
    ]
    started = [
        ContentFile(f"{UNITS}/{path.relative_to(units).as_posix()}", path.read_bytes())
        for path in sorted(units.rglob("*"))
        if path.is_file()
    ]
    if not found or not started:
        raise ImageError(
            tr(vi=f"{target}: thiếu chương trình của máy xã", en=f"{target}: the PC's own program is missing")
        )
    return [*found, *started]


def common_content(states: Sequence[DeclaredState]) -> Content:
    """What all ``states`` want alike and nobody must keep secret; also units that the seed brings are enabled."""
    if not states:
        return Content()
    files = tuple(
        ContentFile(file.dest, file.content.encode(), file.mode, file.owner, file.group)
        for file in _common(state.files for state in states)
        if _is_public(file)
    )
    left = {file.dest for state in states for file in state.files} - {file.path for file in files}
    services = _common(state.services for state in states)
    wanted = [service for service in services if service.enabled and not service.optional]
    own = [service.unit for service in wanted if f"{_UNITS_OF_ADMIN}/{service.unit}" in left]
    return Content(
        files=files,
        directories=tuple(
            (item.path, item.mode, item.owner, item.group) for item in _common(state.directories for state in states)
        ),
        links=(
            *((link.path, link.target) for link in _common(state.links for state in states)),
            *(link for unit in own for link in _enabling(unit, states)),
        ),
        users=_common(state.users for state in states),
        enabled=tuple(service.unit for service in wanted if service.unit not in own),
        disabled=tuple(service.unit for service in services if not service.enabled),
    )


def _enabling(unit: str, states: Sequence[DeclaredState]) -> Iterable[tuple[str, str]]:
    """The links by which systemd starts a unit whose own file comes with the seed."""
    path = f"{_UNITS_OF_ADMIN}/{unit}"
    texts = [file.content for state in states for file in state.files if file.dest == path]
    for targets in sorted({tuple(re.findall(r"^WantedBy=(.+)$", text, re.MULTILINE)) for text in texts}):
        for target in " ".join(targets).split():
            yield f"{_UNITS_OF_ADMIN}/{target}.wants/{unit}", path


def _is_public(file: File) -> bool:
    """Not secret, not to be built, and not a list of keys: those come with the seed."""
    unfinished = any(mark in file.content for mark in ("<secret:", "<built:"))
    return not file.secret and not unfinished and not file.dest.startswith(f"{AUTHORIZED_KEYS_DIR}/")


def _common(lists: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    wanted = [{item.key: item for item in items} for items in lists]
    found = (item for key, item in wanted[0].items() if all(other.get(key) == item for other in wanted))
    return tuple(sorted(found, key=lambda item: item.key))


def _states(offline: OfflineInventory, root: Path) -> Iterable[DeclaredState]:
    tree = Tree.below(root, offline.config.directory)
    network = offline.source.network
    pcs = [device for device in network.devices.values() if device.kind is Kind.COMMUNE_PC]
    # Not those that the inventory is narrowed to: an image is for every PC of the register.
    groups = {device.host: groups_in_order(device) for device in pcs}
    for item in intended(offline.source.register, network, tree, _samples(pcs), groups):
        if item.state is not None:
            yield item.state


def _samples(pcs: Iterable[Device]) -> list[Device]:
    """The first and the last PC of every district: what is alike on these is alike everywhere."""
    ends: dict[str | None, tuple[Device, Device]] = {}
    for device in pcs:
        first, _last = ends.get(device.site.district, (device, device))
        ends[device.site.district] = (first, device)
    return list({device.host: device for pair in ends.values() for device in pair}.values())


def _user_line(user: User) -> str:
    home = user.home or f"/home/{user.name}"
    groups = f"--groups {','.join(user.groups)} " if user.groups else ""
    return (
        f"id {user.name} >/dev/null 2>&1 || useradd --create-home --home-dir {home} --shell {user.shell} "
        f"{groups}--password '*' {user.name}"
    )


def write_tree(content: Content, folder: Path) -> None:
    """Write the files below ``folder`` (made), to be copied into the new system; owners and modes come later."""
    folder.mkdir(parents=True)
    for file in content.files:
        path = folder / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(0o600)
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        path.chmod(0o755)
