"""What a lab consists of: hosts, leased lines and LAN segments, as plain data.

A topology knows nothing of the register; whoever has a network to build (the register's view, a molecule
scenario, a test) describes it here and hands it to :mod:`hntt.lab.up`.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from hntt.i18n import tr
from hntt.lab.errors import LabError

HostKind = Literal["router", "noc", "mcu", "vcs", "pc", "probe", "admin"]
Port = tuple[str, str]
"""One end of a link: (host name, interface name inside that host)."""

BARE_KINDS: frozenset[str] = frozenset({"probe", "admin"})
"""Kinds that are a network namespace with an address and a default route, not a container."""

DEFAULT_IMAGES: dict[str, str] = {"router": "hntt-router", "vcs": "hntt-vcs", "mcu": "hntt-mcu", "pc": "hntt-pc"}
DEFAULT_DISK_MB: dict[str, int] = {"router": 64, "noc": 2048}
_MAX_IFNAME = 15


@dataclass(frozen=True)
class LabHost:
    """One device of the lab.

    ``interfaces`` are created with exactly these names. ``address`` is the management address (no prefix
    length). ``prefix_length`` and ``gateway`` matter for the kinds ``probe`` and ``admin`` only, which have no
    configuration of their own: their first interface gets the address and the default route.
    ``disk_mb`` bounds everything the host may write (default: 64 for routers, 1024 for others, 2048 for the centre,
    whose store holds two images of the PCs).
    """

    name: str
    kind: HostKind
    image: str | None = None
    day0: Path | None = None
    interfaces: tuple[str, ...] = ()
    address: str | None = None
    prefix_length: int = 24
    gateway: str | None = None
    disk_mb: int | None = None

    @property
    def is_container(self) -> bool:
        """Whether the host is a container (else a bare namespace)."""
        return self.kind not in BARE_KINDS

    @property
    def image_name(self) -> str:
        """The image definition it starts from, see :data:`hntt.lab.images.IMAGES`."""
        return self.image or DEFAULT_IMAGES.get(self.kind, "hntt-linux")

    @property
    def disk_size_mb(self) -> int:
        """The size of its file system in MiB."""
        return self.disk_mb or DEFAULT_DISK_MB.get(self.kind, 1024)


@dataclass(frozen=True)
class LabLine:
    """A leased line between two ports, shaped to ``rate_kbps`` (kbit/s) in both directions."""

    a: Port
    b: Port
    rate_kbps: int
    name: str

    @property
    def ports(self) -> tuple[Port, Port]:
        """Both ends."""
        return (self.a, self.b)


@dataclass(frozen=True)
class LabSegment:
    """An unshaped LAN: a bridge with these ports."""

    name: str
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Topology:
    """Everything a lab shall consist of."""

    hosts: tuple[LabHost, ...]
    lines: tuple[LabLine, ...] = ()
    segments: tuple[LabSegment, ...] = ()

    def host(self, name: str) -> LabHost:
        """The host of that name; LabError when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(tr(vi=f"phòng lab không có máy tên {name}", en=f"the lab has no host named {name}"))

    def line(self, name: str) -> LabLine:
        """The line of that name; LabError when there is none."""
        for line in self.lines:
            if line.name == name:
                return line
        raise LabError(tr(vi=f"phòng lab không có đường truyền tên {name}", en=f"the lab has no line named {name}"))

    @property
    def containers(self) -> tuple[LabHost, ...]:
        """The hosts that are containers."""
        return tuple(host for host in self.hosts if host.is_container)

    @property
    def admin(self) -> LabHost | None:
        """The operator's station, when there is one."""
        return next((host for host in self.hosts if host.kind == "admin"), None)


def problems(topology: Topology) -> list[str]:
    """Everything that makes a topology impossible to build, one sentence each; empty when it is sound."""
    return [
        *_name_problems(topology),
        *_port_problems(topology),
        *_address_problems(topology),
        *_line_problems(topology),
    ]


def _duplicates(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _name_problems(topology: Topology) -> list[str]:
    found = []
    for what, names in (
        (tr(vi="máy", en="host"), [h.name for h in topology.hosts]),
        (tr(vi="đường truyền", en="line"), [line.name for line in topology.lines]),
        (tr(vi="mạng LAN", en="segment"), [s.name for s in topology.segments]),
    ):
        found += [tr(vi=f"{what} {n} có hai lần", en=f"{what} {n} is there twice") for n in _duplicates(names)]
    if sum(h.kind == "admin" for h in topology.hosts) > 1:
        found.append(tr(vi="có hơn một trạm điều hành (admin)", en="there is more than one admin host"))
    return found


def _port_problems(topology: Topology) -> list[str]:
    declared = {(h.name, i) for h in topology.hosts for i in h.interfaces}
    used = [p for line in topology.lines for p in line.ports] + [p for s in topology.segments for p in s.ports]
    found = [
        tr(vi=f"cổng {h}:{i} không được khai báo", en=f"port {h}:{i} is not declared by its host")
        for h, i in sorted(set(used) - declared)
    ]
    found += [
        tr(vi=f"cổng {p} được nối hai lần", en=f"port {p} is connected twice")
        for p in _duplicates([f"{h}:{i}" for h, i in used])
    ]
    found += [
        tr(vi=f"tên cổng {h}:{i} không hợp lệ", en=f"interface name {h}:{i} is not usable")
        for h, i in sorted(declared)
        if not 0 < len(i) <= _MAX_IFNAME or "/" in i or i == "lo" or any(c.isspace() for c in i)
    ]
    return found


def _address_problems(topology: Topology) -> list[str]:
    found = []
    for host in topology.hosts:
        for text in (host.address, host.gateway):
            if text is not None and not _is_address(text):
                found.append(tr(vi=f"{host.name}: địa chỉ {text} sai", en=f"{host.name}: {text} is no address"))
        if not host.is_container and (host.address is None or not host.interfaces):
            found.append(
                tr(
                    vi=f"{host.name}: loại {host.kind} cần một cổng và một địa chỉ",
                    en=f"{host.name}: a {host.kind} needs an interface and an address",
                )
            )
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _line_problems(topology: Topology) -> list[str]:
    return [
        tr(
            vi=f"đường truyền {line.name}: tốc độ {line.rate_kbps} kbit/s không hợp lệ",
            en=f"line {line.name}: a rate of {line.rate_kbps} kbit/s is not possible",
        )
        for line in topology.lines
        if line.rate_kbps <= 0
    ]


def to_json(topology: Topology) -> str:
    """The topology as JSON text, for the lab's state file."""
    return json.dumps(dataclasses.asdict(topology), default=str, indent=1, ensure_ascii=False)


def from_json(text: str) -> Topology:
    """The topology that :func:`to_json` wrote; LabError when the text is something else."""
    try:
        raw = json.loads(text)
        return Topology(
            hosts=tuple(_host(h) for h in raw["hosts"]),
            lines=tuple(
                LabLine(a=_port(x["a"]), b=_port(x["b"]), rate_kbps=int(x["rate_kbps"]), name=str(x["name"]))
                for x in raw["lines"]
            ),
            segments=tuple(
                LabSegment(name=str(s["name"]), ports=tuple(_port(p) for p in s["ports"])) for s in raw["segments"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(
            tr(vi=f"tệp trạng thái của phòng lab bị hỏng: {error}", en=f"the lab's state file is damaged: {error}")
        ) from error


def _host(raw: dict[str, Any]) -> LabHost:
    if raw["kind"] not in get_args(HostKind):
        raise ValueError(raw["kind"])
    return LabHost(
        **{
            **raw,
            "day0": Path(raw["day0"]) if raw["day0"] is not None else None,
            "interfaces": tuple(raw["interfaces"]),
        }
    )


def _port(raw: list[str]) -> Port:
    host, interface = raw
    return (str(host), str(interface))
