"""Podman and the private mount namespace it runs in.

All mounts of a lab (the hosts' bounded disks, their root file systems, cgroup2 where the machine keeps it
elsewhere) live in a mount namespace of the lab's own: the machine's mount table stays as it was, and whatever a
crash leaves is gone with the namespace.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hntt.lab.capability import Capability
from hntt.lab.names import LABEL, NETNS_ROOT, Lab
from hntt.lab.shell import run


@dataclass(frozen=True)
class Engine:
    """Runs podman for one lab."""

    lab: Lab
    capability: Capability

    def prepare(self) -> None:
        """Make the runtime directory, podman's settings and the private mount namespace where missing.

        ``/run/netns`` must be a shared mount by now (any ``ip netns add`` makes it one): namespaces added later
        are then seen inside the mount namespace too.
        """
        self._make_runtime_dir()
        self.lab.containers_conf.write_text(containers_conf(self.capability))
        if not self.has_mount_namespace():
            self.lab.mount_namespace.touch()
            run(["unshare", f"--mount={self.lab.mount_namespace}", "--propagation", "slave", "true"])
        if self.capability.mount_cgroup2 and not self._sees_cgroup2():
            self.inside(["mount", "-t", "cgroup2", "hntt-cgroup", "/sys/fs/cgroup"])

    def _make_runtime_dir(self) -> None:
        directory = self.lab.runtime_dir
        directory.mkdir(parents=True, exist_ok=True)
        if not is_mount_point(directory):
            # A namespace file cannot lie on a mount that would propagate into the namespace itself.
            run(["mount", "-t", "tmpfs", "-o", "mode=0700,size=16m", f"hntt-lab-{self.lab.name}", directory])
        run(["mount", "--make-private", directory])

    def has_mount_namespace(self) -> bool:
        """Whether the private mount namespace is there."""
        return is_mount_point(self.lab.mount_namespace)

    def _sees_cgroup2(self) -> bool:
        return self.inside(["test", "-e", "/sys/fs/cgroup/cgroup.controllers"], check=False).returncode == 0

    def inside(
        self, argv: Sequence[str | Path], *, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside the mount namespace; CommandError as :func:`hntt.lab.shell.run`."""
        return run(self.command(argv), env=self._environment(), check=check, timeout=timeout)

    def command(self, argv: Sequence[str | Path]) -> list[str]:
        """The words that run a command inside the mount namespace (outside of it where there is none)."""
        enter = ["nsenter", f"--mount={self.lab.mount_namespace}"] if self.has_mount_namespace() else []
        return [*enter, *map(str, argv)]

    def podman(self, *words: str | Path, check: bool = True, timeout: float = 120) -> str:
        """Run podman inside the mount namespace and return its output."""
        return self.inside(["podman", *words], check=check, timeout=timeout).stdout

    def _environment(self) -> dict[str, str]:
        conf = self.lab.containers_conf
        return {"CONTAINERS_CONF": str(conf)} if conf.exists() else {}

    def exec_command(self, container: str, argv: Sequence[str], *, tty: bool = False) -> list[str]:
        """The words that run a command in a container through podman, to be used with ``environment``."""
        flags = ["-it"] if tty else ["-i"]
        conf = [f"{k}={v}" for k, v in self._environment().items()]
        return self.command(["env", *conf, "podman", "exec", *flags, container, *argv])

    def containers(self) -> list[dict[str, Any]]:
        """Podman's records of this lab's containers, running or not."""
        listed: list[dict[str, Any]] = json.loads(
            self.podman("ps", "-a", "--filter", f"label={LABEL}={self.lab.name}", "--format", "json") or "[]"
        )
        return listed

    def half_made(self) -> list[str]:
        """Names that a killed podman reserved for this lab without making the container; they carry no label yet."""
        listed = json.loads(self.podman("ps", "-a", "--external", "--format", "json") or "[]")
        names = [record["Names"][0] for record in listed if record["State"] == "storage" and record["Names"]]
        return [name for name in names if name.startswith(self.lab.prefix)]

    def mount_points(self) -> frozenset[str]:
        """What is mounted, as seen inside the mount namespace; empty when there is none."""
        if not self.has_mount_namespace():
            return frozenset()
        return _mount_points(self.inside(["cat", "/proc/self/mountinfo"]).stdout)


def containers_conf(capability: Capability) -> str:
    """Podman's settings: plain defaults on an ordinary machine, what else is needed on others."""
    containers = ["[containers]", "pids_limit = 0"]
    engine = ["[engine]", 'events_logger = "file"']
    if capability.keep_limits:
        containers.append('default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]')
    if capability.mount_cgroup2:
        engine.append('cgroup_manager = "cgroupfs"')
    if capability.runtime is not None:
        engine.append(f'runtime = "{capability.runtime}"')
    return "\n".join([*containers, *engine, ""])


def is_mount_point(path: Path) -> bool:
    """Whether something is mounted at ``path`` (a file or a directory) in this process's mount namespace."""
    return str(path) in _mount_points(Path("/proc/self/mountinfo").read_text())


def _mount_points(mountinfo: str) -> frozenset[str]:
    return frozenset(line.split()[4].encode().decode("unicode_escape") for line in mountinfo.splitlines())


def namespace_path(name: str) -> Path:
    """The file of a network namespace."""
    return NETNS_ROOT / name
