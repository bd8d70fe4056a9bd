"""Day-0: what a device brings from the bench, put into its file system before it starts.

The real day-0 trees come from the project's templates. :func:`minimal_day0` makes the least that lets a device
be reached, for tests and molecule.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hntt.i18n import tr
from hntt.lab.errors import LabError
from hntt.lab.topology import LabHost

_PRIVATE_PATTERNS = ("etc/ssh/ssh_host_*_key", "home/*/.ssh/*", "etc/wireguard/*", "etc/hntt-vcs/*")
_FRR_DIRECTORY = "etc/frr"

DEAD_INTERVAL_S = 4
"""For how long a router of a lab with this day-0 still believes in a neighbour that has fallen silent, in seconds."""


@dataclass(frozen=True)
class InterfaceAddress:
    """An address for :func:`minimal_day0`, with its prefix length: ``InterfaceAddress("lan", "10.44.64.1/28")``."""

    interface: str
    address: str


def minimal_day0(
    host: LabHost,
    out_dir: Path,
    operator_pubkey: str,
    addresses: Sequence[InterfaceAddress] = (),
    gateway: str | None = None,
    ospf_networks: Sequence[str] = (),
) -> Path:
    """Write the least a device needs to be reached into ``out_dir`` (made anew) and return it.

    Host name, the operator's key for the image's users, addresses, a default route and, on routers, OSPF in
    area 0 over ``ospf_networks``. SSH host keys are not part of it: the lab adds them to every host.
    """
    if out_dir.exists():
        shutil.rmtree(out_dir)
    _write(out_dir / "etc/hostname", f"{host.name}\n")
    _write(out_dir / "home/hntt/.ssh/authorized_keys", operator_pubkey + "\n")
    if host.kind == "pc":
        # Its image has sshd's settings already, which know no other keys.
        _write(out_dir / "etc/ssh/authorized_keys.d/hntt", operator_pubkey + "\n")
    if host.kind == "router":
        _write(out_dir / "home/hntt-net/.ssh/authorized_keys", operator_pubkey + "\n")
        _write(out_dir / "etc/frr/frr.conf", frr_conf(host.name, addresses, gateway, ospf_networks))
        _write(out_dir / "etc/sysctl.d/50-forward.conf", "net.ipv4.ip_forward = 1\n")
    else:
        for item in addresses:
            _write(out_dir / f"etc/systemd/network/{item.interface}.network", networkd_unit(item, gateway))
    return out_dir


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def frr_conf(
    host_name: str,
    addresses: Sequence[InterfaceAddress],
    gateway: str | None,
    ospf_networks: Sequence[str],
) -> str:
    """A small frr.conf: addresses, a static default route, OSPF in area 0 on the given networks."""
    lines = ["frr defaults traditional", f"hostname {host_name}", "service integrated-vtysh-config", "!"]
    for item in addresses:
        lines += [f"interface {item.interface}", f" ip address {item.address}", *_ospf_on(item), "exit", "!"]
    if gateway is not None:
        lines += [f"ip route 0.0.0.0/0 {gateway}", "!"]
    if ospf_networks:
        lines += ["router ospf", *(f" network {network} area 0" for network in ospf_networks), "exit", "!"]
    return "\n".join([*lines, "end", ""])


def _ospf_on(item: InterfaceAddress) -> list[str]:
    # On a line there is no designated router to wait forty seconds for, and hellos may come often.
    if not item.address.endswith("/30"):
        return []
    return [" ip ospf network point-to-point", " ip ospf hello-interval 1", f" ip ospf dead-interval {DEAD_INTERVAL_S}"]


def networkd_unit(item: InterfaceAddress, gateway: str | None) -> str:
    """A systemd-networkd unit for one interface with a fixed address."""
    route = [f"Gateway={gateway}"] if gateway is not None else []
    return "\n".join(
        [
            "[Match]",
            f"Name={item.interface}",
            "",
            "[Network]",
            f"Address={item.address}",
            *route,
            "LinkLocalAddressing=no",
            "",
        ]
    )


def install_tree(source: Path, root: Path) -> None:
    """Copy a day-0 tree into a system's root.

    Directories that exist there keep their owner and mode. What is new belongs to root, except below
    ``/home/<user>`` (that user) and ``/etc/frr`` (frr); private keys and key lists get mode 0600, frr's files
    0640, nothing is writable for others. Links are copied as links. LabError when the tree holds anything else
    (a socket, a device).
    """
    users, groups = _ids(root / "etc/passwd"), _ids(root / "etc/group")
    for path in _walk(source):
        relative = path.relative_to(source)
        target = root / relative
        owner = _owner(relative, users, groups)
        if path.is_symlink():
            _replace(target)
            target.symlink_to(path.readlink())
        elif path.is_dir():
            _install_directory(target, owner)
        elif path.is_file():
            _replace(target)
            shutil.copyfile(path, target)
            os.chown(target, *owner)
            target.chmod(_mode(relative, path.stat().st_mode & 0o755))
        else:
            raise LabError(tr(vi=f"day-0: {path} không phải tệp thường", en=f"day-0: {path} is no ordinary file"))


def _install_directory(target: Path, owner: tuple[int, int]) -> None:
    if target.is_dir():
        return
    target.mkdir()
    os.chown(target, *owner)
    target.chmod(0o700 if target.name == ".ssh" else 0o755)


def _replace(target: Path) -> None:
    # Never write through a link of the new system: an absolute one would lead into this machine's files.
    if target.is_symlink() or target.is_file():
        target.unlink()


def _walk(source: Path) -> Iterator[Path]:
    return iter(sorted(source.rglob("*")))


def _ids(table: Path) -> dict[str, int]:
    rows = (line.split(":") for line in table.read_text().splitlines() if line)
    return {row[0]: int(row[2]) for row in rows}


def _owner(relative: Path, users: dict[str, int], groups: dict[str, int]) -> tuple[int, int]:
    parts = relative.parts
    name = "root"
    if parts[0] == "home" and len(parts) > 1:
        name = parts[1]
    elif relative.is_relative_to(_FRR_DIRECTORY):
        name = "frr"
    return (users.get(name, 0), groups.get(name, 0))


def _mode(relative: Path, mode: int) -> int:
    if any(relative.match(pattern) for pattern in _PRIVATE_PATTERNS):
        return 0o600
    if relative.is_relative_to(_FRR_DIRECTORY):
        return 0o640
    return mode
