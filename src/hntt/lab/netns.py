"""Network namespaces: making, listing, entering, and what only code inside one can do."""

from __future__ import annotations

import array
import ctypes
import fcntl
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from hntt.i18n import tr
from hntt.lab.engine import namespace_path
from hntt.lab.errors import LabError
from hntt.lab.names import NETNS_ROOT, Lab
from hntt.lab.shell import run

_CLONE_NEWNET = 0x40000000
_CLONE_NEWNS = 0x00020000
_CLONE_FS = 0x00000200
_SIOCETHTOOL = 0x8946
# ethtool's "set" commands for: transmit checksums, segmentation by TCP, generic segmentation, generic receive.
_OFFLOADS = (0x17, 0x1F, 0x24, 0x2C)
_T = TypeVar("_T")
_libc = ctypes.CDLL(None, use_errno=True)


def lab_namespaces(lab: Lab) -> frozenset[str]:
    """The names of the lab's namespaces, also of damaged ones."""
    if not NETNS_ROOT.is_dir():
        return frozenset()
    return frozenset(entry.name for entry in NETNS_ROOT.iterdir() if entry.name.startswith(lab.prefix))


def usable_namespaces(lab: Lab) -> frozenset[str]:
    """Those of the lab's namespaces that can be entered; a crash can leave a name with nothing behind it."""
    return frozenset(name for name in lab_namespaces(lab) if _is_namespace(name))


def _is_namespace(name: str) -> bool:
    try:
        # A mounted namespace lies on nsfs, the bare file of an unfinished one on /run's file system.
        return namespace_path(name).stat().st_dev != NETNS_ROOT.stat().st_dev
    except OSError:
        return False


def add_namespaces(names: Iterable[str]) -> None:
    """Make namespaces; a damaged one of the same name is replaced."""
    wanted = list(names)
    remove_namespaces(name for name in wanted if namespace_path(name).exists())
    if wanted:
        run(["ip", "-batch", "-"], stdin="".join(f"netns add {name}\n" for name in wanted))


def remove_namespaces(names: Iterable[str]) -> None:
    """Remove namespaces with all links in them; a name with no namespace behind it is removed as well."""
    for name in names:
        run(["ip", "netns", "del", name], check=False)
        namespace_path(name).unlink(missing_ok=True)


def ip_batch(namespace: str, lines: Iterable[str]) -> None:
    """Run ``ip -batch`` in a namespace; CommandError names the first line that failed."""
    text = "\n".join(lines)
    if text:
        run(["ip", "-n", namespace, "-batch", "-"], stdin=text + "\n")


def tc_batch(namespace: str, lines: Iterable[str]) -> None:
    """Run ``tc -batch`` in a namespace; CommandError names the first line that failed."""
    text = "\n".join(lines)
    if text:
        run(["tc", "-n", namespace, "-batch", "-"], stdin=text + "\n")


def show_links(namespace: str) -> list[dict[str, Any]]:
    """``ip link show`` of a namespace as data."""
    links: list[dict[str, Any]] = json.loads(run(["ip", "-n", namespace, "-j", "-d", "link", "show"]).stdout)
    return links


def show_qdiscs(namespace: str) -> list[dict[str, Any]]:
    """``tc qdisc show`` of a namespace as data."""
    qdiscs: list[dict[str, Any]] = json.loads(run(["tc", "-n", namespace, "-j", "qdisc", "show"]).stdout or "[]")
    return qdiscs


def addresses(namespace: str) -> frozenset[str]:
    """The IPv4 and IPv6 addresses in a namespace, without prefix length."""
    links = json.loads(run(["ip", "-n", namespace, "-j", "addr", "show"]).stdout)
    return frozenset(a["local"] for link in links for a in link.get("addr_info", []) if "local" in a)


def call_in(namespace: str, function: Callable[[], _T]) -> _T:
    """Call a function within the network of ``namespace``; sockets it makes stay there.

    It runs in a thread of its own that ends afterwards, so the caller's network never changes. LabError when
    there is no such namespace.
    """
    return _call_in_thread(lambda: _enter(namespace_path(namespace), _CLONE_NEWNET), function)


def enter(namespace: str) -> None:
    """Move the calling thread into the network of ``namespace`` for good. LabError when there is no such namespace."""
    _enter(namespace_path(namespace), _CLONE_NEWNET)


def call_in_mounts(lab: Lab, function: Callable[[], _T]) -> _T:
    """Call a function within the lab's private mount namespace, in a thread of its own."""

    def enter() -> None:
        # A thread may change its mount namespace only when it shares its working directory with no other.
        if _libc.unshare(_CLONE_FS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        _enter(lab.mount_namespace, _CLONE_NEWNS)

    return _call_in_thread(enter, function)


def _call_in_thread(enter: Callable[[], None], function: Callable[[], _T]) -> _T:
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def enter_and_call() -> None:
        try:
            enter()
            outcome.append(function())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=enter_and_call)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _enter(path: Path, kind: int) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(
            tr(vi=f"không có namespace {path} (hntt lab up?)", en=f"there is no namespace {path} (hntt lab up?)")
        ) from error
    try:
        if _libc.setns(descriptor, kind) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
    finally:
        os.close(descriptor)


def disable_offloads(namespace: str, interfaces: Iterable[str]) -> None:
    """Make interfaces send what a wire would carry: single frames of the MTU's size with real checksums.

    With offloads on, a shaper sees (and a capture shows) bundles of up to 64 KiB with empty checksums.
    """
    names = list(interfaces)

    def switch_off() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            for name in names:
                for command in _OFFLOADS:
                    _ethtool_set(handle, name, command, 0)

    call_in(namespace, switch_off)


def _ethtool_set(handle: socket.socket, interface: str, command: int, value: int) -> None:
    setting = array.array("B", struct.pack("=II", command, value))
    address, _ = setting.buffer_info()
    fcntl.ioctl(handle, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), address))


def disable_ipv6(namespace: str) -> None:
    """Keep a namespace of bridges from speaking for itself (neighbour discovery on every port)."""

    def write() -> None:
        for scope in ("all", "default"):
            with open(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6", "w", encoding="ascii") as setting:  # noqa: PTH123
                setting.write("1")

    call_in(namespace, write)
