"""Reaching the lab's hosts from the operator's ordinary network: keys, ssh_config, known_hosts, sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import asyncssh

from hntt.lab.engine import namespace_path
from hntt.lab.names import Lab
from hntt.lab.netns import call_in
from hntt.lab.topology import Topology

HOST_KEY_NAME = "ssh_host_ed25519_key"


def ensure_operator_key(lab: Lab) -> str:
    """Make the operator's key pair (``.lab/id_ed25519``) where missing; returns the public key's line."""
    return _ensure_key(lab.identity, f"operator@{lab.name}")


def ensure_host_key(lab: Lab, host: str) -> str:
    """Make a device's SSH host key (``.lab/hostkeys/<host>/``) where missing; returns the public key's line.

    The key stays the same over ``down`` and ``up``, as a device keeps its own.
    """
    return _ensure_key(lab.host_key_dir(host) / HOST_KEY_NAME, host)


def _ensure_key(path: Path, comment: str) -> str:
    public = path.with_name(path.name + ".pub")
    if not (path.exists() and public.exists()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
        _write_private(path, key.export_private_key("openssh"))
        public.write_bytes(key.export_public_key("openssh"))
    return public.read_text().strip()


def _write_private(path: Path, content: bytes) -> None:
    # Complete before it has its name: a crash must not leave half a key that looks like one.
    scratch = path.with_name(path.name + ".new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    scratch.replace(path)


def known_hosts_text(topology: Topology, host_keys: Mapping[str, str]) -> str:
    """One line per device: host name and management address, and its key. ``host_keys``: name to public key."""
    lines = []
    for host in topology.containers:
        names = ",".join([host.name, *([host.address] if host.address else [])])
        algorithm, key = host_keys[host.name].split()[:2]
        lines.append(f"{names} {algorithm} {key}")
    return "\n".join([*lines, ""])


def ssh_config_text(topology: Topology, lab: Lab) -> str:
    """An ssh_config with which ``ssh -F FILE HOST`` reaches every device, its host key verified."""
    blocks = [
        f"Host {host.name} {host.address}\n    HostName {host.address}\n"
        for host in topology.containers
        if host.address is not None
    ]
    return "\n".join([*blocks, _common_block(topology, lab)])


def _common_block(topology: Topology, lab: Lab) -> str:
    settings = [
        "User hntt",
        f'IdentityFile "{lab.identity}"',
        "IdentitiesOnly yes",
        "StrictHostKeyChecking yes",
        f'UserKnownHostsFile "{lab.known_hosts}"',
        "GlobalKnownHostsFile /dev/null",
        "CheckHostIP no",
        "PasswordAuthentication no",
        "ControlMaster no",
        "ConnectTimeout 15",
    ]
    if topology.admin is not None:
        settings.append(f"ProxyCommand {proxy_command(topology.admin.name, lab)}")
    return "\n".join(["Host *", *(f"    {setting}" for setting in settings), ""])


def proxy_command(admin_host: str, lab: Lab, host: str = "%h", port: str = "%p") -> str:
    """The command that joins its standard input and output with a host, seen from the operator's station.

    Entering only the network namespace costs one exec; ``ip netns exec`` would remount /sys each time.
    """
    return f"nsenter --net={namespace_path(lab.namespace(admin_host))} socat STDIO TCP:{host}:{port},nodelay"


def connect(lab: Lab, admin_host: str, address: str, port: int = 22, timeout: float = 10) -> socket.socket:
    """A TCP connection from the operator's station to an address of the lab, made in this process.

    For clients that take a ready socket (asyncssh and netmiko do): no process per connection. ``timeout`` in
    seconds. OSError when the host does not answer, LabError when the lab is not up.
    """
    return call_in(lab.namespace(admin_host), lambda: socket.create_connection((address, port), timeout=timeout))


def write_access(topology: Topology, lab: Lab) -> None:
    """Make all keys and write ``ssh_config`` and ``known_hosts``; files that are right already stay untouched."""
    ensure_operator_key(lab)
    host_keys = {host.name: ensure_host_key(lab, host.name) for host in topology.containers}
    _write_if_changed(lab.known_hosts, known_hosts_text(topology, host_keys))
    _write_if_changed(lab.ssh_config, ssh_config_text(topology, lab))


def _write_if_changed(path: Path, text: str) -> None:
    if not (path.exists() and path.read_text() == text):
        path.write_text(text)
