"""From what a playbook's action is given to a scope: variables of the hosts, register, network, secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hntt.audit.scope import Scope
from hntt.errors import UsageError
from hntt.i18n import tr
from hntt.intent.secrets import SecretValues
from hntt.inventory.config import InventoryConfig, read_config
from hntt.inventory.source import read_source

PROJECT = Path(__file__).resolve().parents[3]


class HostVars(Protocol):
    """The variables of all hosts: as they are written, and with their templates resolved."""

    def raw_get(self, host_name: str) -> Mapping[str, Any]:
        """The variables as written."""
        ...

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        """The variables with templates resolved on access."""
        ...


class Variables(Mapping[str, Any]):
    """One host's variables. A value written as a template is resolved when asked for; all others cost nothing."""

    def __init__(self, hostvars: HostVars, name: str) -> None:
        self._raw = hostvars.raw_get(name)
        self._hostvars = hostvars
        self._name = name

    def __getitem__(self, key: str) -> Any:
        value = self._raw[key]
        if isinstance(value, str) and "{{" in value:
            return self._hostvars[self._name][key]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def scope_for(names: Sequence[str], hostvars: HostVars, load: Callable[[str], Any], roles_dir: Path) -> Scope:
    """The scope of the named hosts. ``load`` reads a YAML file, decrypting it where it is a vault.

    UsageError for hosts of an inventory that is not made from a register.
    """
    variables = {name: Variables(hostvars, name) for name in names}
    config = inventory_config(variables)
    source = read_source(config.register_dir)
    return Scope(
        variables=variables,
        register=source.register,
        network=source.network,
        secrets=read_secrets(config.secrets_file, load),
        roles_dir=roles_dir,
        data_dir=config.register_dir.parent / "data",
    )


def inventory_config(variables: Mapping[str, Mapping[str, Any]]) -> InventoryConfig:
    """The configuration of the inventory that the hosts come from."""
    folders = {str(host.get("inventory_dir") or "") for host in variables.values()} - {""}
    if len(folders) != 1:
        raise UsageError(
            tr(
                vi="chọn đúng một inventory có hntt.yml bằng -i, ví dụ: -i inventories/lab",
                en="name exactly one inventory that has an hntt.yml with -i, such as: -i inventories/lab",
            )
        )
    return read_config(Path(folders.pop()))


def read_secrets(file: Path | None, load: Callable[[str], Any]) -> SecretValues:
    """The secrets of an inventory; none when it names no file or the file is not there yet."""
    if file is None or not file.is_file():
        return SecretValues({})
    data = load(str(file)) or {}
    values = data.get("hntt_secrets", data) if isinstance(data, Mapping) else None
    if not isinstance(values, Mapping):
        raise UsageError(tr(vi=f"{file}: phải là tên: giá trị", en=f"{file}: a mapping of names to values is wanted"))
    return SecretValues({str(name): str(value) for name, value in values.items()})
