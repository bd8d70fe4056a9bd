"""Which packages go into the image, and the lock that says which files those are.

The lock names every package, dependencies too, with version, architecture and SHA-256: one a line, sorted. So an image
built next year from the same lock has the same programs, or is not built at all.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hntt.i18n import tr
from hntt.image.errors import ImageError
from hntt.image.files import write_whole
from hntt.intent.linux import roles_for_kind
from hntt.network.model import Kind

LOCK_PATH = Path(__file__).with_name("packages.lock")
_LINE = re.compile(r"([a-z0-9][a-z0-9+.-]+) ([0-9][A-Za-z0-9.+:~-]*) (all|[a-z0-9]+) ([0-9a-f]{64})")
_HEADER = "# name version architecture sha256; written by: hntt image lock\n"
ROLES = ("linux_base", "commune_pc")


@dataclass(frozen=True)
class Wanted:
    """What is asked for: a Debian suite, an architecture and names of packages, without dependencies."""

    suite: str
    architecture: str
    names: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Locked:
    """One package file."""

    name: str
    version: str
    architecture: str
    sha256: str

    @property
    def file_name(self) -> str:
        """What apt calls the file."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"


def wanted_packages(roles_dir: Path) -> Wanted:
    """The system's own packages and all that the roles of a commune PC may install, sorted."""
    text = importlib.resources.files("hntt.image").joinpath("packages.yml").read_text(encoding="utf-8")
    document: Any = yaml.safe_load(text)
    roles = roles_for_kind(str(Kind.COMMUNE_PC)) or ROLES
    names = {*document["system"], *_of_roles(roles_dir, roles)}
    return Wanted(document["suite"], document["architecture"], tuple(sorted(names)))


def _of_roles(roles_dir: Path, roles: Sequence[str]) -> Iterable[str]:
    # Also those under a condition: a setting that is changed later costs no download over a thin line.
    for role in roles:
        path = roles_dir / role / "state.yml"
        if path.is_file():
            declared = yaml.safe_load(path.read_text(encoding="utf-8")).get("packages") or ()
            yield from (item["name"] for item in declared if item.get("state") != "absent" and "{" not in item["name"])


def read_lock(path: Path = LOCK_PATH) -> tuple[Locked, ...]:
    """The packages of a lock; ImageError when it is missing or not one."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ImageError(
            tr(
                vi=f"{path}: chưa có danh sách gói; tạo bằng: hntt image lock",
                en=f"{path}: there is no lock of packages; make it with: hntt image lock",
            )
        ) from None
    found = []
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match:
            found.append(Locked(*match.groups()))
        elif line and not line.startswith("#"):
            raise ImageError(
                tr(
                    vi=f"{path}:{number}: dòng sai dạng; cần “tên phiên_bản kiến_trúc sha256”",
                    en=f"{path}:{number}: not 'name version architecture sha256'",
                )
            )
    if not found:
        raise ImageError(tr(vi=f"{path}: không có gói nào", en=f"{path}: there is no package in it"))
    return tuple(sorted(found))


def write_lock(packages: Iterable[Locked], path: Path = LOCK_PATH) -> None:
    """Write a lock, the same bytes for the same packages."""
    lines = (f"{item.name} {item.version} {item.architecture} {item.sha256}\n" for item in sorted(set(packages)))
    write_whole(path, (_HEADER + "".join(lines)).encode())


def missing(wanted: Wanted, locked: Iterable[Locked]) -> list[str]:
    """Names that are wanted and not in the lock."""
    return sorted(set(wanted.names) - {item.name for item in locked})
