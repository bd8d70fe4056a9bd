"""The hosts of one run, with what is needed to reach them and to know what they should be.

Built from an inventory's variables without knowing Ansible: whoever has such variables can make a scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hntt.audit.model import Host, host_from_facts
from hntt.devices.target import Target
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.secrets import SecretValues
from hntt.network.model import Network
from hntt.register.models import Register

CLI_PLATFORMS = frozenset({"frr", "cisco_ios", "mikrotik_routeros"})
UNIT_PLATFORMS = frozenset({"cisco_roomos"})
DEFAULT_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Scope:
    """Everything a collecting action needs; ``variables`` are each host's inventory variables, by host name."""

    variables: Mapping[str, Mapping[str, Any]]
    register: Register
    network: Network
    secrets: SecretValues
    roles_dir: Path
    data_dir: Path | None = None

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts, in the order of the inventory."""
        return tuple(host_from_facts(name, facts(variables)) for name, variables in self.variables.items())

    def target(self, name: str) -> Target:
        """How the host is reached."""
        return self.target_of(name, self.variables[name])

    def target_of(self, name: str, variables: Mapping[str, Any]) -> Target:
        """How a host is reached that need not be in the scope, such as a router's hub."""
        return target_from_vars(name, variables, self.secrets)

    def is_simulated(self, name: str) -> bool:
        """Whether a simulated command line stands in for the device."""
        return self.variables[name].get("hntt_lab_mode") == "simulated"


def facts(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The register's facts among a host's variables; empty for a host that is not in the register."""
    found = variables.get("hntt")
    return found if isinstance(found, Mapping) else {}


def target_from_vars(name: str, variables: Mapping[str, Any], secrets: SecretValues | None = None) -> Target:
    """The target of one host from its inventory variables; ``secrets`` gives IOS its ``enable`` password and video
    units the one of their account.

    UsageError without ``hntt_known_hosts``: a device whose host key nobody pinned is never connected to.
    """
    known_hosts = variables.get("hntt_known_hosts")
    if not known_hosts:
        raise UsageError(
            tr(
                vi=f"{name}: inventory không cho biết tệp khóa máy (known_hosts trong hntt.yml)",
                en=f"{name}: the inventory names no pinned host keys (known_hosts in hntt.yml)",
            )
        )
    users = facts(variables).get("users") or {}
    return Target(
        name=name,
        platform=str(facts(variables).get("platform") or ""),
        host=str(variables.get("ansible_host") or name),
        user=str(variables.get("ansible_user") or users.get("ssh") or "hntt"),
        cli_user=str(variables.get("hntt_cli_user") or users.get("cli") or "") or None,
        known_hosts=Path(str(known_hosts)),
        port=int(variables.get("ansible_port") or 22),
        password=_text(variables, "ansible_password", "ansible_ssh_pass")
        or _own_secret(name, variables, secrets, "cisco_roomos", "vcs_password"),
        secret=_own_secret(name, variables, secrets, "cisco_ios", "enable"),
        key_file=_path(variables, "hntt_key_file", "ansible_ssh_private_key_file", "ansible_private_key_file"),
        ssh_config=_path(variables, "hntt_ssh_config"),
        connect_timeout_s=float(variables.get("hntt_connect_timeout_s") or DEFAULT_CONNECT_TIMEOUT_S),
        read_timeout_s=float(variables.get("hntt_read_timeout_s") or Target.read_timeout_s),
    )


def _own_secret(
    name: str, variables: Mapping[str, Any], secrets: SecretValues | None, platform: str, secret: str
) -> str | None:
    """The device's own secret, where it is of that platform and there is one."""
    if facts(variables).get("platform") != platform or secrets is None:
        return None
    try:
        return secrets.get(f"{secret}/{name}")
    except KeyError:
        return None


def _text(variables: Mapping[str, Any], *names: str) -> str | None:
    return next((str(variables[name]) for name in names if variables.get(name)), None)


def _path(variables: Mapping[str, Any], *names: str) -> Path | None:
    text = _text(variables, *names)
    return Path(text).expanduser() if text else None


@dataclass(frozen=True)
class PinnedKeys:
    """Which devices have a host key on record. Hashed names can't be looked up, so the records hold plain ones."""

    names: frozenset[str] = field(default_factory=frozenset)
    authorities: bool = False

    @classmethod
    def read(cls, path: Path) -> PinnedKeys:
        """The names in a known_hosts file; an absent file has none."""
        if not path.is_file():
            return cls()
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if _is_entry(line)]
        names = {name for row in rows if not row[0].startswith("@") for name in row[0].split(",")}
        return cls(frozenset(names), any(row[0] == "@cert-authority" for row in rows))

    def has(self, target: Target) -> bool:
        """Whether there is a key for the target, by name or address (and port, where it is not 22)."""
        plain = (target.name, target.host)
        wanted = plain if target.port == 22 else tuple(f"[{name}]:{target.port}" for name in plain)
        return self.authorities or any(name in self.names for name in wanted)


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
