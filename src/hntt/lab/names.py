"""Where a lab keeps its things and what they are called.

Everything a lab makes on the machine carries its name as a prefix or label (namespaces ``hntt-…``, containers
``hntt-…`` labelled ``hntt.lab=hntt``, mounts below ``/run/hntt-lab/hntt``), so that it can be found and removed
without any record of how far an earlier run came.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.errors import LabError

LABEL = "hntt.lab"
SPEC_LABEL = "hntt.spec"
JOB_VARIABLE = "HNTT_LAB_JOB"
RUNTIME_ROOT = Path("/run/hntt-lab")
NETNS_ROOT = Path("/run/netns")
_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


@dataclass(frozen=True)
class Lab:
    """One lab on this machine: its name and the directory of its lasting state.

    Two labs with different names do not touch each other; ``name`` is 1-12 lower-case letters and digits.
    """

    name: str
    state_dir: Path

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LabError(
                tr(
                    vi=f"tên phòng lab {self.name!r} không hợp lệ: 1-12 chữ thường và số",
                    en=f"{self.name!r} cannot name a lab: 1-12 lower-case letters and digits",
                )
            )

    @property
    def prefix(self) -> str:
        """What the names of its namespaces and containers begin with."""
        return f"{self.name}-"

    @property
    def runtime_dir(self) -> Path:
        """Mounts and the like, gone after ``down``."""
        return RUNTIME_ROOT / self.name

    @property
    def mount_namespace(self) -> Path:
        """The file that keeps the lab's private mount namespace."""
        return self.runtime_dir / "mnt"

    @property
    def containers_conf(self) -> Path:
        """Podman's settings for this lab."""
        return self.runtime_dir / "containers.conf"

    @property
    def lines_namespace(self) -> str:
        """The network namespace with all lines and LAN bridges."""
        return f"{self.prefix}lines"

    def namespace(self, host: str) -> str:
        """The network namespace of a host."""
        return f"{self.prefix}{host}"

    def container(self, host: str) -> str:
        """The container's name of a host."""
        return f"{self.prefix}{host}"

    def root_dir(self, host: str) -> Path:
        """Where a host's file system is mounted (inside the private mount namespace)."""
        return self.runtime_dir / "roots" / host

    def disk_dir(self, host: str) -> Path:
        """Where a host's bounded disk is mounted (inside the private mount namespace)."""
        return self.runtime_dir / "disks" / host

    @property
    def state_file(self) -> Path:
        """The topology the lab was last brought up with."""
        return self.state_dir / "state.json"

    @property
    def ssh_config(self) -> Path:
        """For ``ssh -F``."""
        return self.state_dir / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """Pinned host keys, one line per device."""
        return self.state_dir / "known_hosts"

    @property
    def identity(self) -> Path:
        """The operator's private key."""
        return self.state_dir / "id_ed25519"

    @property
    def overlay(self) -> Path:
        """What makes an inventory of the register point at this lab."""
        return self.state_dir / "overlay.yml"

    @property
    def secrets(self) -> Path:
        """The lab's own secrets."""
        return self.state_dir / "secrets.yml"

    def day0_dir(self, host: str) -> Path:
        """The day-0 tree of a device."""
        return self.state_dir / "day0" / host

    @property
    def lock_file(self) -> Path:
        """Held while the lab is being changed.

        One per user: in a folder that all may write to, the kernel keeps even root from opening another's file.
        """
        return Path("/run/lock") / f"hntt-lab-{self.name}.{os.getuid()}.lock"

    def host_key_dir(self, host: str) -> Path:
        """Where a device's SSH host key is kept."""
        return self.state_dir / "hostkeys" / host


def default_lab(root: Path | None = None) -> Lab:
    """The lab of the project at ``root`` (default: the working directory).

    ``HNTT_LAB_NAME`` (default ``hntt``) and ``HNTT_LAB_DIR`` (default ``ROOT/.lab``) choose another one.
    """
    base = root if root is not None else Path.cwd()
    state = Path(os.environ.get("HNTT_LAB_DIR") or base / ".lab")
    return Lab(os.environ.get("HNTT_LAB_NAME") or "hntt", state.absolute())


def short_hash(text: str, length: int = 10) -> str:
    """A short, stable name for a long one (interface names have room for 15 characters)."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
