"""Settings of a host, read from plain inventory files without Ansible.

Only what an offline plan needs: role defaults, overlaid by ``group_vars`` in the given group order, overlaid by
``host_vars``. Values may be Jinja2 over each other and over the register's facts (``hntt``).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta
from jinja2.environment import TemplateExpression

from hntt.i18n import tr

_VAULT_HEADER = "$ANSIBLE_VAULT"


class SettingsError(ValueError):
    """A settings file that can't be read, or a setting that can't be resolved."""


class _SettingsLoader(yaml.SafeLoader):
    """YAML as inventories have it: a value encrypted inline (``!vault``) is read as absent."""


class _Encrypted:
    """Stands for a value that only a vault password opens."""


_SettingsLoader.add_constructor("!vault", lambda _loader, _node: _Encrypted())


def role_defaults(roles_dir: Path, roles: Iterable[str]) -> dict[str, Any]:
    """``defaults/main.yml`` of the roles, in order; a role without defaults gives none."""
    defaults: dict[str, Any] = {}
    for role in roles:
        defaults.update(_read(roles_dir / role / "defaults" / "main.yml"))
    return defaults


def settings_for(inventory_dir: Path, groups: Sequence[str], host: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of ``host``: ``defaults``, group_vars of ``all`` and ``groups`` (general to special), host_vars.

    Vault-encrypted files and values are left out: offline they are nobody's to read. Raises :class:`SettingsError`
    for a file that is not YAML or not a mapping.
    """
    settings = dict(defaults)
    for group in dict.fromkeys(("all", *groups)):
        settings.update(_read_vars(inventory_dir / "group_vars", group))
    settings.update(_read_vars(inventory_dir / "host_vars", host))
    return settings


def resolve_settings(settings: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the Jinja2 in their values rendered, in whatever order they need each other.

    ``facts`` are further names the values may use. Raises :class:`SettingsError` naming the setting when a value
    uses something undefined or, directly or not, itself.
    """
    return _Resolver(settings, facts).all()


@functools.lru_cache(maxsize=1)
def _settings_environment() -> Environment:
    # One for all hosts: what is compiled for one of them serves the others.
    return native_environment()


@functools.lru_cache(maxsize=4096)
def _expression(environment: Environment, text: str) -> TemplateExpression:
    return environment.compile_expression(text, undefined_to_none=False)


@functools.lru_cache(maxsize=4096)
def _template(environment: Environment, text: str) -> Template:
    return environment.from_string(text)


@functools.lru_cache(maxsize=4096)
def _names_used(environment: Environment, text: str) -> tuple[str, ...]:
    return tuple(meta.find_undeclared_variables(environment.parse(text)))


def native_environment() -> Environment:
    """The one Jinja2 environment of states and settings: strict, ends of file kept, no autoescape (no HTML)."""
    return Environment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - configuration files, nothing is shown in a browser
    )


def evaluate(environment: Environment, text: str, context: Mapping[str, Any]) -> Any:
    """``text`` rendered; when it is one single ``{{ expression }}`` the expression's own type is kept."""
    if text.startswith("{{") and text.endswith("}}") and "{{" not in text[2:] and "}}" not in text[:-2]:
        value = _expression(environment, text[2:-2])(**context)
        if isinstance(value, StrictUndefined):
            str(value)  # raises UndefinedError with Jinja2's own explanation
        return value
    return _template(environment, text).render(context) if "{" in text else text


class _Resolver:
    def __init__(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self._settings = settings
        self._environment = _settings_environment()
        self._done: dict[str, Any] = {}
        self._facts = dict(facts)
        self._pending: list[str] = []

    def all(self) -> dict[str, Any]:
        for name in self._settings:
            self._resolve(name)
        return {name: self._done[name] for name in self._settings}

    def _resolve(self, name: str) -> None:
        if name in self._done:
            return
        if name in self._pending:
            loop = " -> ".join([*self._pending, name])
            raise SettingsError(tr(vi=f"thiết lập tự tham chiếu: {loop}", en=f"a setting needs itself: {loop}"))
        self._pending.append(name)
        self._done[name] = self._value(name, self._settings[name])
        self._pending.pop()

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._value(name, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(name, item) for item in value]
        return self._text(name, value) if isinstance(value, str) and "{" in value else value

    def _text(self, name: str, text: str) -> Any:
        try:
            for needed in _names_used(self._environment, text):
                if needed in self._settings and needed not in self._facts:
                    self._resolve(needed)
            return evaluate(self._environment, text, {**self._done, **self._facts})
        except TemplateError as error:
            raise SettingsError(tr(vi=f"thiết lập “{name}”: {error}", en=f"setting '{name}': {error}")) from error


def _read_vars(folder: Path, name: str) -> dict[str, Any]:
    files = [folder / f"{name}.yml", folder / f"{name}.yaml", *sorted((folder / name).glob("*.y*ml"))]
    found: dict[str, Any] = {}
    for file in files:
        found.update(_read(file))
    return found


def _read(file: Path) -> dict[str, Any]:
    return dict(_parsed(file, file.stat().st_mtime_ns)) if file.is_file() else {}


@functools.lru_cache(maxsize=1024)
def _parsed(file: Path, _modified: int) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    if text.startswith(_VAULT_HEADER):
        return {}
    try:
        data = yaml.load(text, Loader=_SettingsLoader)  # noqa: S506 - a SafeLoader subclass
    except yaml.YAMLError as error:
        raise SettingsError(tr(vi=f"{file}: không phải YAML: {error}", en=f"{file}: not YAML: {error}")) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(tr(vi=f"{file}: phải là danh sách tên: giá trị", en=f"{file}: a mapping is wanted"))
    return {name: value for name, value in data.items() if not isinstance(value, _Encrypted)}
