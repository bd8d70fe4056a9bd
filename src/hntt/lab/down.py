"""Taking a lab down: everything it made is found by name, label or place, however far its making came."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.lab import netns
from hntt.lab.capability import Capability, capability
from hntt.lab.engine import Engine, is_mount_point, namespace_path
from hntt.lab.errors import LabError
from hntt.lab.limits import restore_limits
from hntt.lab.names import JOB_VARIABLE, RUNTIME_ROOT, Lab
from hntt.lab.progress import Reporter
from hntt.lab.shell import run
from hntt.lab.state import changing

_STRAY_SECONDS = 120.0
_CHUNK = 16
# They carry a container's life; they end with it.
_MONITORS = frozenset({"conmon", "runc", "crun"})


@dataclass(frozen=True)
class DownResult:
    """How much was removed."""

    containers: int
    namespaces: int
    seconds: float


def down(lab: Lab, *, reporter: Reporter | None = None) -> DownResult:
    """Remove all containers, namespaces, links and mounts of the lab; keys and built images stay.

    Does nothing when there is nothing. LabError when another command changes the lab right now, or when something
    could not be removed (it is named).
    """
    tell = reporter or Reporter()
    began = time.monotonic()
    with changing(lab):
        _await_strays(lab)
        engine = Engine(lab, capability() if capability().ok else Capability(ok=True))
        removed = _remove_containers(engine, tell)
        namespaces = _remove_namespaces(lab, tell)
        _remove_mounts(lab)
        for record in (lab.state_file, lab.overlay, lab.ssh_config, lab.known_hosts):
            record.unlink(missing_ok=True)
        _refuse_leftovers(lab, engine)
    tell.close()
    return DownResult(removed, namespaces, time.monotonic() - began)


def _await_strays(lab: Lab) -> None:
    # What a killed ``up`` had started goes on by itself: a container could appear after we looked.
    deadline = time.monotonic() + _STRAY_SECONDS
    while pids := list(_strays(lab)):
        for pid in pids:
            if _command_name(pid) == "mmdebstrap":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise LabError(
                tr(
                    vi=f"tiến trình của lần hntt lab up trước vẫn chạy: {pids}",
                    en=f"processes of an earlier hntt lab up still run: {pids}",
                )
            )
        time.sleep(0.2)


def _strays(lab: Lab) -> Iterator[int]:
    mark = f"{JOB_VARIABLE}={lab.name}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0") and not _is_monitor(int(entry.name)):
                yield int(entry.name)
        except OSError:
            continue


def _command_name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _is_monitor(pid: int) -> bool:
    return _command_name(pid) in _MONITORS


def _remove_containers(engine: Engine, tell: Reporter) -> int:
    names = [record["Names"][0] for record in engine.containers()] + engine.half_made()
    if names:
        tell.begin(tr(vi="gỡ container", en="remove containers"), len(names))
    for at in range(0, len(names), _CHUNK):
        chunk = names[at : at + _CHUNK]
        engine.podman("rm", "--force", "--time=0", "--ignore", *chunk, timeout=300)
        for _ in chunk:
            tell.advance()
    return len(names)


def _remove_namespaces(lab: Lab, tell: Reporter) -> int:
    names = sorted(netns.lab_namespaces(lab))
    if names:
        tell.begin(tr(vi="gỡ namespace mạng", en="remove network namespaces"), len(names))
    _end_processes_in({namespace_path(name) for name in names})
    for name in names:
        netns.remove_namespaces([name])
        tell.advance()
    return len(names)


def _end_processes_in(paths: set[Path]) -> None:
    # A process left inside (a ping, an ssh session's proxy) would keep a namespace and its links alive.
    inodes = {(stat.st_dev, stat.st_ino) for stat in (path.stat() for path in paths if path.exists())}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "ns/net").stat()
        except OSError:
            continue
        if (stat.st_dev, stat.st_ino) in inodes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)


def _remove_mounts(lab: Lab) -> None:
    for path in (lab.mount_namespace, lab.runtime_dir):
        while is_mount_point(path):
            run(["umount", path])
    with contextlib.suppress(OSError):
        lab.runtime_dir.rmdir()
    restore_limits()
    with contextlib.suppress(OSError):
        RUNTIME_ROOT.rmdir()


def _refuse_leftovers(lab: Lab, engine: Engine) -> None:
    left = [record["Names"][0] for record in engine.containers()] + engine.half_made()
    left += sorted(netns.lab_namespaces(lab))
    left += [str(path) for path in (lab.runtime_dir,) if path.exists()]
    if left:
        raise LabError(tr(vi=f"chưa gỡ hết: {', '.join(left)}", en=f"could not be removed: {', '.join(left)}"))
