"""What a technician loads at the bench, before a device is shipped: enough to reach it, and nothing more.

A device with day-0 only has its name, its addresses, the operators' keys and the floating static routes; so the whole
tree of routers can be reached from the services network by loopback, and Ansible does the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Literal

from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent import pki
from hntt.intent.hostvars import SSH_USER, host_vars
from hntt.intent.linux import File, render_host, role_defaults
from hntt.intent.linux.secrets import MissingSecretError, reveal, secret_names
from hntt.intent.router.build import own_ports, router_facts
from hntt.intent.router.facts import Role, RouterFacts
from hntt.intent.router.render import environment
from hntt.intent.secrets import SecretSource
from hntt.network import addresses
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Register

Handoff = Literal["ports", "vlan"]
"""How lines arrive at a Linux hub: on ports of their own, or as VLANs (id = the site's number) on one trunk port."""

ROLES = Path(__file__).resolve().parents[3] / "roles"
FRR_DAEMONS = ROLES / "router" / "templates" / "frr-daemons.j2"
PC_NETWORK = "/etc/systemd/network/10-hntt.network"
PC_AUTHORITY = "/etc/hntt/authority.pem"
PC_ROLES = ("linux_base", "commune_pc")
PC_FROM_ROLE = (
    "/etc/chromium/policies/managed/hntt.json",
    "/etc/chrony/chrony.conf",
    "/etc/hntt-pc/authority.pem",
    "/etc/hntt-pc/declared.sums",
    "/etc/hntt-pc/pc.json",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/nftables.conf",
    "/etc/nftables.d/60-pc.nft",
    "/etc/resolv.conf",
    "/etc/ssh/authorized_keys.d/hntt",
    "/etc/ssh/sshd_config.d/10-hntt.conf",
    "/etc/sysctl.d/60-hntt.conf",
    "/etc/systemd/system/apt-daily-upgrade.timer.d/hntt-pc.conf",
    "/etc/systemd/system/apt-daily.timer.d/hntt-pc.conf",
    "/etc/systemd/system/hntt-pc-night.timer",
)
"""What a commune PC has of its roles before anybody converges it: nobody looks after it on site.

With what all PCs have alike (the image) it is all that the roles want, but for what is secret: the number's password.
"""
_PUBLIC = frozenset({pki.AUTHORITY, "authority_der"})
SERVERS = (Kind.NOC, Kind.MCU)
PASTED_PLATFORMS = ("cisco_ios", "mikrotik_routeros", "cisco_roomos")
PASTED_NAMES = {"cisco_ios": "day0.cfg", "mikrotik_routeros": "day0.rsc", "cisco_roomos": "day0.txt"}
Files = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class _Content:
    """Texts by path, and the modes of those that have one of their own."""

    files: Mapping[str, str]
    checklist: str
    modes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Day0Files:
    """What was written: ``folder`` with ``files`` (relative to it), and beside it the technician's ``checklist``.

    ``is_tree``: the folder is copied into the root of a Linux device; else it holds one text to paste or load.
    """

    folder: Path
    files: tuple[str, ...]
    checklist: Path
    is_tree: bool


def write_day0(
    register: Register,
    network: Network,
    host: str,
    out_dir: Path,
    secrets: SecretSource,
    operator_keys: Sequence[str],
    *,
    host_key_dir: Path | None = None,
    handoff: Handoff = "ports",
) -> Day0Files:
    """Write the day-0 files of ``host`` into ``out_dir`` (made anew) and ``<out_dir>.txt``, the Vietnamese checklist.

    ``operator_keys`` are public SSH keys, one line each; at least one. ``host_key_dir`` holds ``ssh_host_*`` files to
    put on a Linux device; without it the device makes its own. KeyError for an unknown host or secret; UsageError when
    there is no key.
    """
    if not operator_keys:
        raise UsageError(
            tr(
                vi=f"{host}: chưa có khoá SSH nào của người vận hành, sẽ không ai vào được máy",
                en=f"{host}: there is no operator's SSH key, so nobody could log in",
            )
        )
    device = network.devices[host]
    content = _content(register, network, device, secrets, operator_keys, handoff)
    _start_anew(out_dir)
    for name, text in content.files.items():
        _write(out_dir / name, text)
    for name, mode in content.modes.items():
        (out_dir / name).chmod(int(mode, 8))
    is_tree = device.platform not in PASTED_PLATFORMS
    if not is_tree:
        out_dir.chmod(0o700)  # the text holds passwords in the clear
    if host_key_dir is not None and is_tree:
        _copy_host_keys(host_key_dir, out_dir / "etc/ssh")
    checklist_path = out_dir.with_name(f"{out_dir.name}.txt")
    _write(checklist_path, content.checklist)
    written = sorted(str(path.relative_to(out_dir)) for path in out_dir.rglob("*") if path.is_file())
    return Day0Files(out_dir, tuple(written), checklist_path, is_tree)


def _content(
    register: Register,
    network: Network,
    device: Device,
    secrets: SecretSource,
    operator_keys: Sequence[str],
    handoff: Handoff,
) -> _Content:
    if device.kind is Kind.ROUTER:
        facts = router_facts(register, network, device.host)
        if device.platform in PASTED_PLATFORMS:
            return _pasted_router(facts, secrets, operator_keys)
        return _linux_router(facts, own_ports(register, device), operator_keys, handoff)
    if device.kind in SERVERS:
        return _server(network, device, operator_keys)
    if device.kind is Kind.COMMUNE_PC:
        return _commune_pc(register, network, device, secrets, operator_keys)
    return _video_unit(device, secrets)


def _pasted_router(facts: RouterFacts, secrets: SecretSource, operator_keys: Sequence[str]) -> _Content:
    name = PASTED_NAMES[facts.platform]
    values: dict[str, Any] = {"r": facts, "secret": secrets.get, "keys": [_key_parts(key) for key in operator_keys]}
    text = _render(f"{facts.platform}/{name}.j2", values)
    return _Content({name: text}, _render(f"{facts.platform}/checklist.j2", values))


def _linux_router(
    facts: RouterFacts, ports: Mapping[str, str], operator_keys: Sequence[str], handoff: Handoff
) -> _Content:
    files = {
        **_identity(facts.host, facts.domain),
        **_authorized_keys(("hntt", "hntt-net"), operator_keys),
        "etc/frr/frr.conf": _render("frr/frr.conf.j2", {"r": facts}),
        "etc/frr/daemons": FRR_DAEMONS.read_text(encoding="utf-8"),
        "etc/frr/vtysh.conf": "service integrated-vtysh-config\n",
        "etc/sysctl.d/50-hntt-day0.conf": "net.ipv4.ip_forward = 1\n",
        **dict(_ports(facts, ports.get("trunk", "trunk"), handoff)),
    }
    surveyed = {"r": facts, "surveyed": bool(ports), "ports": _cabled(facts)}
    return _Content(files, _render("frr/checklist.j2", surveyed))


def _ports(facts: RouterFacts, trunk: str, handoff: Handoff) -> Files:
    """Bring the ports up; with ``vlan`` the lines of a hub are VLANs on the trunk port."""
    lines = [line.name for line in facts.having(Role.LINE)] if handoff == "vlan" else []
    for name in lines:
        vlan = int(name.removeprefix("ln"))
        yield f"etc/systemd/network/20-{name}.netdev", _render("frr/netdev.j2", {"name": name, "vlan": vlan})
    if lines:
        text = _render("frr/ports.network.j2", {"names": [trunk], "vlans": lines})
        yield "etc/systemd/network/20-hntt-trunk.network", text
    text = _render("frr/ports.network.j2", {"names": _cabled(facts), "vlans": []})
    yield "etc/systemd/network/30-hntt-ports.network", text
    yield "etc/systemd/networkd.conf.d/10-hntt.conf", _render("frr/networkd.conf.j2", {})


def _cabled(facts: RouterFacts) -> list[str]:
    return [interface.name for interface in facts.interfaces if interface.role is not Role.LOOPBACK]


def _server(network: Network, device: Device, operator_keys: Sequence[str]) -> _Content:
    values = {
        "host": device.host,
        "site_name": device.site.name,
        "mac": device.mac,
        "address": _with_mask(device.address, network.services),
        "gateway": network.services[addresses.ROUTER],
    }
    files = {
        **_identity(device.host, network.domain),
        **_authorized_keys(("hntt",), operator_keys),
        "etc/systemd/network/10-hntt.network": _render("debian/network.j2", values),
    }
    return _Content(files, _render("debian/checklist.j2", values))


def pc_files(
    register: Register,
    network: Network,
    device: Device,
    secrets: SecretSource,
    operator_keys: Sequence[str],
    settings: Mapping[str, Any] | None = None,
) -> tuple[File, ...]:
    """Day-0 of a commune PC as files with their modes, sorted by path; nothing in them is secret.

    ``settings`` are the inventory's for this PC, over the roles' defaults. KeyError when ``secrets`` has no authority.
    """
    known = role_defaults(ROLES, PC_ROLES)
    variables = {
        **{name: value for name, value in (settings or {}).items() if name in known},
        "linux_base_admin_keys": list(operator_keys),
        "hntt": host_vars(register, network, device.host),
    }
    wanted = render_host(ROLES, PC_ROLES, variables).files
    own = {
        PC_NETWORK: _render("debian/network.j2", _pc_values(device)),
        PC_AUTHORITY: secrets.get(pki.AUTHORITY),
    }
    made = [File(dest=path, content=text) for path, text in own.items()]
    made += [_published(file, secrets) for file in wanted if file.dest in PC_FROM_ROLE]
    return tuple(sorted(made, key=lambda file: file.dest))


def _published(file: File, secrets: SecretSource) -> File:
    """``file`` with the certificates in it; AssertionError for one with anything secret."""
    if not secret_names(file.content) <= _PUBLIC:
        raise AssertionError(f"{file.dest} holds a secret")
    try:
        return file.model_copy(update={"content": reveal(file.content, secrets)})
    except MissingSecretError as error:
        raise KeyError(error.name) from error
    except ValueError as error:
        raise UsageError(
            tr(vi="bí mật “authority” không phải chứng thư PEM", en="secret 'authority' is no certificate (PEM)")
        ) from error


def _commune_pc(
    register: Register, network: Network, device: Device, secrets: SecretSource, operator_keys: Sequence[str]
) -> _Content:
    files = pc_files(register, network, device, secrets, operator_keys)
    return _Content(
        {file.dest.lstrip("/"): file.content for file in files},
        _render("debian/pc-checklist.j2", _pc_values(device)),
        {file.dest.lstrip("/"): file.mode for file in files},
    )


def _pc_values(device: Device) -> dict[str, Any]:
    return {
        "host": device.host,
        "site_name": device.site.name,
        "code": device.site.code,
        "mac": device.mac,
        "address": _with_mask(device.address, device.site.conference),
        "gateway": device.site.conference[addresses.ROUTER],
    }


def _video_unit(device: Device, secrets: SecretSource) -> _Content:
    values = {
        "host": device.host,
        "site_name": device.site.name,
        "extension": device.extension,
        "user": SSH_USER,
        "address": _with_mask(device.address, device.site.conference),
        "gateway": device.site.conference[addresses.ROUTER],
        "router": f"rt.{device.site.label}",
        "secret": secrets.get,
    }
    text = _render(f"{device.platform}/day0.txt.j2", values)
    return _Content({PASTED_NAMES[device.platform]: text}, _render(f"{device.platform}/checklist.j2", values))


def _with_mask(address: IPv4Address, network: IPv4Network) -> Any:
    return addresses.interface(network, int(address) - int(network.network_address))


def _identity(host: str, domain: str) -> dict[str, str]:
    return {"etc/hostname": f"{host}\n", "etc/hosts": _render("hosts.j2", {"host": host, "domain": domain})}


def _authorized_keys(users: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    text = "".join(f"{key.strip()}\n" for key in keys)
    return {f"home/{user}/.ssh/authorized_keys": text for user in users}


def _key_parts(key: str) -> dict[str, str]:
    """Type, base64 body and comment of a public key line."""
    kind, body, *comment = key.split(maxsplit=2)
    return {"type": kind, "body": body, "comment": comment[0] if comment else "operator"}


def _render(name: str, values: Mapping[str, Any]) -> str:
    return environment().get_template(f"day0/{name}").render(values)


def _start_anew(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy_host_keys(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("ssh_host_*")):
        copied = target / path.name
        shutil.copyfile(path, copied)
        copied.chmod(0o644 if path.suffix == ".pub" else 0o600)
