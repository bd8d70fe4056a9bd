"""One host as a container: its bounded disk, its root file system, its start and its end."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.access import HOST_KEY_NAME
from hntt.lab.day0 import install_tree
from hntt.lab.engine import Engine, namespace_path
from hntt.lab.errors import LabError
from hntt.lab.names import LABEL, SPEC_LABEL, Lab
from hntt.lab.netns import call_in_mounts
from hntt.lab.shell import run
from hntt.lab.topology import LabHost

# What an ordinary machine's root has and the lab's devices need: no clock, no kernel modules, no raw devices.
_CAPABILITIES = "AUDIT_WRITE,MKNOD,NET_ADMIN,NET_RAW,SYS_ADMIN,SYS_CHROOT,SYS_NICE,SYS_PTRACE"
_POLL_SECONDS = 0.5
READY_STATES = frozenset({"running", "degraded"})


def create(host: LabHost, image_root: Path, spec: str, engine: Engine) -> None:
    """Make the disk, put day-0 on it and start the container; what a crash left of the host is removed first."""
    if host.day0 is not None and not host.day0.is_dir():
        raise LabError(
            tr(
                vi=f"{host.name}: không có thư mục day-0 {host.day0}",
                en=f"{host.name}: there is no day-0 folder {host.day0}",
            )
        )
    _remove_disk(host.name, engine)
    _make_disk(host, image_root, engine)
    call_in_mounts(engine.lab, lambda: _install(host, engine.lab))
    engine.podman(*_run_words(host, spec, engine.lab))
    _release_hostname_file(host.name, engine)


def _make_disk(host: LabHost, image_root: Path, engine: Engine) -> None:
    # One bounded file system carries all a device writes, so a full disk is full for everything on it.
    disk, root = engine.lab.disk_dir(host.name), engine.lab.root_dir(host.name)
    layers = f"lowerdir={image_root},upperdir={disk}/upper,workdir={disk}/work"
    source = shlex.quote(engine.lab.container(host.name))
    script = (
        f"mkdir -p {disk} {root}\n"
        f"mount -t tmpfs -o mode=0755,size={host.disk_size_mb}m {source} {disk}\n"
        f"mkdir {disk}/upper {disk}/work\n"
        # Refused once in a while when another lab starts from the same image at the same time, and not again.
        f"for try in 1 2 3 4; do mount -t overlay -o {layers} {source} {root} && exit 0; sleep 0.5; done; exit 32\n"
    )
    engine.inside(["sh", "-euc", script])


def _install(host: LabHost, lab: Lab) -> None:
    root = lab.root_dir(host.name)
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {host.name}\n")
    (root / "etc/hostname").write_text(f"{host.name}\n")
    if host.day0 is not None:
        install_tree(host.day0, root)
    for name in (HOST_KEY_NAME, f"{HOST_KEY_NAME}.pub"):
        target = root / "etc/ssh" / name
        target.write_bytes((lab.host_key_dir(host.name) / name).read_bytes())
        target.chmod(0o644 if name.endswith(".pub") else 0o600)


def _run_words(host: LabHost, spec: str, lab: Lab) -> list[str]:
    return [
        "run",
        "--detach",
        f"--name={lab.container(host.name)}",
        f"--hostname={host.name}",
        f"--label={LABEL}={lab.name}",
        f"--label={SPEC_LABEL}={spec}",
        f"--network=ns:{namespace_path(lab.namespace(host.name))}",
        "--systemd=always",
        "--stop-signal=SIGRTMIN+3",
        "--no-hosts",
        "--dns=none",
        "--log-driver=none",
        f"--cap-add={_CAPABILITIES}",
        "--security-opt=unmask=/proc/sys",
        "--rootfs",
        str(lab.root_dir(host.name)),
        "/sbin/init",
    ]


def _release_hostname_file(host: str, engine: Engine) -> None:
    # Podman mounts a file of its own over it, which a program that replaces files by renaming cannot replace.
    run(["nsenter", "-t", str(pid_of(host, engine)), "-m", "-p", "umount", "/etc/hostname"], check=False)


def pid_of(host: str, engine: Engine) -> int:
    """The process id of a host's init as this machine sees it; LabError when the host is not running."""
    shown = engine.podman("inspect", "--format", "{{.State.Pid}}", engine.lab.container(host), check=False).strip()
    if not shown.isdigit() or shown == "0":
        raise LabError(tr(vi=f"{host} không chạy", en=f"{host} is not running"))
    return int(shown)


def start(host: str, engine: Engine) -> None:
    """Start a stopped host; its disk is as it was."""
    engine.podman("start", engine.lab.container(host))
    _release_hostname_file(host, engine)


def power_off(host: str, engine: Engine) -> None:
    """Stop a host as a power cut does: nothing of it gets to say goodbye."""
    engine.podman("kill", "--signal=KILL", engine.lab.container(host))
    engine.podman("wait", engine.lab.container(host))


def restart(host: str, engine: Engine) -> None:
    """Stop a host and start it in the network namespace that bears its name now."""
    power_off(host, engine)
    start(host, engine)


def remove(container: str, engine: Engine) -> None:
    """Remove a container, in whatever state, and its disk."""
    engine.podman("rm", "--force", "--time=0", "--ignore", container)
    _remove_disk(container.removeprefix(engine.lab.prefix), engine)


def _remove_disk(host: str, engine: Engine) -> None:
    if not engine.has_mount_namespace():
        return
    disk, root = engine.lab.disk_dir(host), engine.lab.root_dir(host)
    for path in (root, disk):
        while engine.inside(["umount", path], check=False).returncode == 0:
            pass
    engine.inside(["rmdir", root, disk], check=False)


def systemd_state(pid: int) -> str:
    """What ``systemctl is-system-running`` says inside a container: ``running``, ``degraded``, ``starting`` …"""
    words = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "systemctl", "is-system-running"]
    return run(words, check=False, timeout=20).stdout.strip() or "unknown"


def wait_ready(host: str, engine: Engine, timeout: float = 120) -> str:
    """Wait until a host's systemd has finished starting, and return the state it ended in (see systemd_state)."""
    pid = pid_of(host, engine)
    deadline = time.monotonic() + timeout
    state = systemd_state(pid)
    while state not in READY_STATES and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        state = systemd_state(pid)
    return state
