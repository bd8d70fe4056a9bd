"""The lists a Linux role declares, as frozen models.

Every item carries ``source`` (the role that declared it) so that a conflict, a drift or a plan can name it.
Texts never hold a secret's value: they hold placeholders, see :mod:`hntt.intent.linux.secrets`.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _absolute_path(value: str) -> str:
    if not value.startswith("/") or posixpath.normpath(value) != value:
        raise ValueError(f"an absolute, normalised path is wanted, not {value!r}")
    return value


def _octal_mode(value: object) -> str:
    # An unquoted 0644 in YAML is the number 420: refusing numbers is the only way to be sure what was meant.
    if not isinstance(value, str) or not re.fullmatch(r"0[0-7]{3,4}", value):
        raise ValueError(f'a quoted octal mode such as "0644" is wanted, not {value!r}')
    return value


def _unit_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|target|mount|path)", value):
        raise ValueError(f"a full unit name such as 'chrony.service' is wanted, not {value!r}")
    return value


def _user_name(value: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", value):
        raise ValueError(f"not a user or group name: {value!r}")
    return value


def _as_list(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


AbsolutePath = Annotated[str, AfterValidator(_absolute_path)]
Mode = Annotated[str, BeforeValidator(_octal_mode)]
UnitName = Annotated[str, AfterValidator(_unit_name)]
UserName = Annotated[str, AfterValidator(_user_name)]
Network = Annotated[str, AfterValidator(_network)]
Units = Annotated[tuple[UnitName, ...], BeforeValidator(_as_list)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_as_list)]


class Item(BaseModel):
    """One declared thing; ``key`` names it within its list."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str = ""
    key_fields: ClassVar[tuple[str, ...]] = ("name",)

    @property
    def key(self) -> str:
        """What the item is called in reports; two items of one list with the same key are the same thing."""
        return " ".join(str(getattr(self, field)) for field in self.key_fields)

    def wanted(self) -> dict[str, Any]:
        """The item without its source: equal for two roles that want the same."""
        return self.model_dump(exclude={"source"})


class Package(Item):
    """A Debian package that must be installed (or must not be)."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")
    state: Literal["present", "absent"] = "present"


class File(Item):
    """A whole file. ``validate`` is a command in which ``%s`` is the staged file; it must exit 0.

    ``restart`` and ``reload`` name the units that read the file. ``guard`` marks a file whose change may cut
    management: the host goes back by itself unless the controller confirms over a new connection.
    """

    key_fields = ("dest",)
    dest: AbsolutePath
    content: str
    owner: UserName = "root"
    group: UserName = "root"
    mode: Mode = "0644"
    validate_with: str | None = Field(default=None, alias="validate")
    restart: Units = ()
    reload: Units = ()
    secret: bool = False
    guard: bool = False

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="after")
    def _validate_names_the_staged_file(self) -> Self:
        if self.validate_with is not None and "%s" not in self.validate_with:
            raise ValueError("`validate` must contain %s, the staged file: else it checks the file already in place")
        return self


class Link(Item):
    """A symbolic link; ``restart`` names the units that follow it."""

    key_fields = ("path",)
    path: AbsolutePath
    target: str
    restart: Units = ()


class Directory(Item):
    """A directory with its owner and mode; its content is not managed."""

    key_fields = ("path",)
    path: AbsolutePath
    owner: UserName = "root"
    group: UserName = "root"
    mode: Mode = "0755"


class ManagedDirectory(Item):
    """A directory in which files matching ``pattern`` that no role declared are drift, removed when ``purge``."""

    key_fields = ("path", "pattern")
    path: AbsolutePath
    pattern: str = "*"
    purge: bool = False
    restart: Units = ()
    reload: Units = ()


class Service(Item):
    """A systemd unit. ``optional``: a host without the unit is right too (it is wanted off, or another OS's).

    ``holds``: a shell command that succeeds while what the unit once put in force still is. A unit that only loads
    rules into the kernel looks well to systemd after somebody removed them; ``mend`` says how it loads them again.
    """

    key_fields = ("unit",)
    unit: UnitName
    enabled: bool = True
    state: Literal["started", "stopped"] = "started"
    optional: bool = False
    holds: str = ""
    mend: Literal["restarted", "reloaded"] = "restarted"


class User(Item):
    """A login account. ``authorized_keys`` and ``sudo`` are complete lists: anything more is drift."""

    name: UserName
    shell: AbsolutePath = "/bin/bash"
    groups: Texts = ()
    home: AbsolutePath | None = None
    locked: bool = True
    authorized_keys: Texts = ()
    sudo: Texts = ()


class Sysctl(Item):
    """A kernel setting with its value as /proc/sys shows it."""

    name: str = Field(pattern=r"^[a-z0-9_.*/-]+$")
    value: Annotated[str, BeforeValidator(str)]


class ListeningPort(Item):
    """A port that may listen. ``open_to`` are the prefixes the firewall lets in; none: this host only.

    ``required``: that nobody listens is drift too. ``address`` ``*`` stands for any address. ``last_port``: all ports
    up to that one, of which any number may be in use.
    """

    key_fields = ("proto", "port", "address", "process")
    proto: Literal["tcp", "udp"]
    port: int = Field(ge=1, le=65535)
    last_port: int | None = Field(default=None, ge=1, le=65535)
    address: str = "*"
    process: str
    open_to: Networks = ()
    required: bool = True


class FirewallFragment(Item):
    """Rules a role adds to the one /etc/nftables.conf, inside its ``input`` chain; ``name`` says what for."""

    name: str
    rules: str


LIST_MODELS: dict[str, type[Item]] = {
    "packages": Package,
    "users": User,
    "directories": Directory,
    "managed_directories": ManagedDirectory,
    "files": File,
    "links": Link,
    "sysctls": Sysctl,
    "services": Service,
    "listening": ListeningPort,
    "firewall": FirewallFragment,
}


class DeclaredState(BaseModel):
    """What one host must be: the lists of one role, or of several merged. Lists are sorted by key."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    roles: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    users: tuple[User, ...] = ()
    directories: tuple[Directory, ...] = ()
    managed_directories: tuple[ManagedDirectory, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    sysctls: tuple[Sysctl, ...] = ()
    services: tuple[Service, ...] = ()
    listening: tuple[ListeningPort, ...] = ()
    firewall: tuple[FirewallFragment, ...] = ()
    allowed_units: tuple[str, ...] = ()
    allowed_users: tuple[str, ...] = ()
    allowed_sudo: tuple[str, ...] = ()

    def items(self, name: str) -> tuple[Item, ...]:
        """The list called ``name`` (a key of ``LIST_MODELS``)."""
        found: tuple[Item, ...] = getattr(self, name)
        return found

    def to_json(self) -> str:
        """The state as JSON, the same bytes for the same state; secrets appear as placeholders only."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"


def sorted_items(items: list[Item]) -> list[Item]:
    """Items in the order states keep them."""
    by_key: Callable[[Item], str] = lambda item: item.key  # noqa: E731 - names the order once
    return sorted(items, key=by_key)
