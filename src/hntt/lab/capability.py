"""Whether this machine can run the container lab, and with which arrangements.

An ordinary Debian or Ubuntu with cgroup v2 needs none. Where systemd's cgroup v2 hierarchy is not at
``/sys/fs/cgroup`` it is mounted there inside the lab's private mount namespace; where resource limits cannot be
raised (no CAP_SYS_RESOURCE) podman gets limits it can have. Both are found out here and nowhere else.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.errors import LabUnavailableError

_CAP_SYS_ADMIN = 21
_CAP_NET_ADMIN = 12
_CAP_SYS_RESOURCE = 24
_PROGRAMS = ("podman", "conmon", "ip", "tc", "nsenter", "unshare", "socat", "mmdebstrap")

# Tried in namespaces of its own, so that nothing of it can stay behind.
_KERNEL_PROBE = """
set -e
ip link add hntt0 type veth peer name hntt1
ip link add hnttbr type bridge
ip link set hntt0 master hnttbr
tc qdisc add dev hntt0 root tbf rate 1mbit burst 4kb latency 50ms
mkdir -p /run/netns
mount -t tmpfs hntt-probe /run/netns
mkdir -p /run/netns/l /run/netns/u /run/netns/w /run/netns/m /run/netns/c
mount -t overlay hntt-probe -o lowerdir=/run/netns/l,upperdir=/run/netns/u,workdir=/run/netns/w /run/netns/m
mount -t cgroup2 hntt-probe /run/netns/c
"""


@dataclass(frozen=True)
class Capability:
    """Whether containers can be had (``ok``), else why not; and what the machine needs for them."""

    ok: bool
    reason_vi: str = ""
    reason_en: str = ""
    mount_cgroup2: bool = False
    keep_limits: bool = False
    runtime: str | None = None

    @property
    def reason(self) -> str:
        """Why containers cannot be had, in the operator's language; empty when they can."""
        return tr(vi=self.reason_vi, en=self.reason_en)

    @property
    def arrangements(self) -> str:
        """One line about the machine's peculiarities that are worked around; empty on an ordinary machine."""
        parts = []
        if self.mount_cgroup2:
            parts.append(tr(vi="gắn cgroup2 trong namespace riêng", en="cgroup2 mounted in a private namespace"))
        if self.keep_limits:
            parts.append(tr(vi="giới hạn tài nguyên không nâng được", en="resource limits cannot be raised"))
        if not parts:
            return ""
        return tr(vi="máy này cần: ", en="this machine needs: ") + "; ".join(parts)

    def require(self) -> None:
        """Raise LabUnavailableError when containers cannot be had."""
        if not self.ok:
            raise LabUnavailableError(
                tr(
                    vi=f"không dựng được phòng lab bằng container trên máy này: {self.reason_vi}",
                    en=f"this machine cannot run the container lab: {self.reason_en}",
                )
            )


@functools.cache
def capability() -> Capability:
    """What this machine can do; found out once per process, in about a tenth of a second."""
    return _no_privilege() or _no_program() or _no_kernel_feature() or _able()


def _no_privilege() -> Capability | None:
    if os.geteuid() != 0:
        return Capability(False, "cần quyền root (chạy bằng sudo)", "it takes root (run it with sudo)")
    if not (_has(_CAP_SYS_ADMIN) and _has(_CAP_NET_ADMIN)):
        return Capability(
            False,
            "root ở đây thiếu CAP_SYS_ADMIN hoặc CAP_NET_ADMIN (đang ở trong container thường?)",
            "root lacks CAP_SYS_ADMIN or CAP_NET_ADMIN here (inside an ordinary container?)",
        )
    return None


def _no_program() -> Capability | None:
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if not (shutil.which("runc") or shutil.which("crun")):
        missing.append("runc")
    if not missing:
        return None
    listed = ", ".join(missing)
    return Capability(False, f"thiếu chương trình: {listed} (./run setup cài)", f"missing: {listed} (see ./run setup)")


def _no_kernel_feature() -> Capability | None:
    said = _try_kernel()
    if said is None:
        return None
    return Capability(
        False,
        f"nhân hoặc môi trường không cho namespace, veth, tbf, overlay hay cgroup2: {said}",
        f"kernel or environment refuses namespaces, veth, tbf, overlay or cgroup2: {said}",
    )


def _try_kernel() -> str | None:
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--cgroup", "sh", "-c", _KERNEL_PROBE],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]


def _able() -> Capability:
    can_raise = _has(_CAP_SYS_RESOURCE)
    # crun sets RLIMIT_MEMLOCK and gives up where it may not.
    runtime = "runc" if shutil.which("runc") else "crun"
    return Capability(
        True,
        mount_cgroup2=not Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        keep_limits=not can_raise,
        runtime=None if can_raise and shutil.which("crun") else runtime,
    )


def _has(capability_number: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> capability_number & 1)
    return False
