"""A role's ``state.yml`` and templates, rendered for one host without Ansible.

``state.yml`` is YAML whose texts are Jinja2. Every item may have ``when`` (an expression; the item is left out when
it is false) and ``loop`` (an expression; the item is repeated with ``item`` set). A file gives ``content`` or
``template`` (a file in the role's ``templates/``); ``program('module')`` lists the files of a Python program of the
project, and ``built('path')`` is the content of a file that is built. ``requires`` names roles whose lists the host
needs as well.

A host is rendered in two passes: first every role's ports and firewall rules, then the files, whose templates see
them as ``ports`` and ``firewall``. So one firewall file knows what all roles open.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, TemplateError
from pydantic import ValidationError

from hntt.i18n import tr
from hntt.intent.linux.derived import with_derived_files, with_sums
from hntt.intent.linux.filters import install
from hntt.intent.linux.merge import merge_states
from hntt.intent.linux.model import LIST_MODELS, DeclaredState, Item, sorted_items
from hntt.intent.linux.programs import ProgramError, ProgramFile, built, program_files
from hntt.intent.linux.secrets import placeholder, secret_names, value_of
from hntt.intent.linux.settings import evaluate, native_environment, resolve_settings, role_defaults
from hntt.intent.secrets import Placeholders, SecretSource

KIND_ROLES: dict[str, tuple[str, ...]] = {
    "commune_pc": ("linux_base", "commune_pc"),
    "mcu": ("linux_base", "mcu"),
    "noc": ("linux_base", "noc"),
    "router": ("linux_base", "router"),
}

LINUX_PLATFORMS = frozenset({"frr", "debian", "debian_kiosk", "asterisk"})
"""Platforms with a Linux system under them that roles declare."""

_FIRST_PASS = ("listening", "firewall")
_TEXT_LISTS = ("allowed_units", "allowed_users", "allowed_sudo")
_TOP_LEVEL = {*LIST_MODELS, *_TEXT_LISTS, "requires"}


class StateError(ValueError):
    """A ``state.yml`` or template that can't be rendered; the message names role, list, item and reason."""


def roles_for_kind(kind: str) -> tuple[str, ...]:
    """The Linux roles of a device kind, in order; none for kinds that are not Linux hosts of ours."""
    return KIND_ROLES.get(kind, ())


def render_host(
    roles_dir: Path, roles: Sequence[str], host_vars: Mapping[str, Any], secrets: SecretSource | None = None
) -> DeclaredState:
    """Everything ``roles`` (and the roles they require) want of one host, merged, with the derived files.

    ``host_vars`` holds the register's facts under ``hntt`` and any settings; role defaults are laid under them.
    ``secrets`` is only asked whether it has the secrets the templates name; values never enter the state.
    Raises :class:`StateError`, ``StateConflictError``, ``SettingsError`` or ``MissingSecretError``.
    """
    wanted = _with_required(roles_dir, roles)
    context = _context(host_vars, role_defaults(roles_dir, wanted))
    renderers = [_RoleRenderer(roles_dir / role, context, secrets or Placeholders()) for role in wanted]
    early = merge_states([renderer.state(_FIRST_PASS) for renderer in renderers])
    shared = {"ports": early.listening, "firewall": early.firewall}
    rest = tuple(name for name in LIST_MODELS if name not in _FIRST_PASS)
    late = [renderer.state(rest, shared) for renderer in renderers]
    return with_sums(with_derived_files(merge_states([early, *late])))


def render_state(role_dir: Path, host_vars: Mapping[str, Any], secrets: SecretSource | None = None) -> DeclaredState:
    """What one role alone wants (neither required roles nor derived files); see :func:`render_host` for a host."""
    context = _context(host_vars, role_defaults(role_dir.parent, [role_dir.name]))
    renderer = _RoleRenderer(role_dir, context, secrets or Placeholders())
    early = renderer.state(_FIRST_PASS)
    shared = {"ports": early.listening, "firewall": early.firewall}
    return merge_states([early, renderer.state(tuple(n for n in LIST_MODELS if n not in _FIRST_PASS), shared)])


@functools.lru_cache(maxsize=64)
def _load(path: Path, _modified: int) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StateError(tr(vi=f"{path}: không phải YAML: {error}", en=f"{path}: not YAML: {error}")) from error
    if not isinstance(data, dict):
        raise StateError(tr(vi=f"{path}: phải là danh sách tên: giá trị", en=f"{path}: a mapping is wanted"))
    unknown = sorted(set(data) - _TOP_LEVEL)
    if unknown:
        known = ", ".join(sorted(_TOP_LEVEL))
        raise StateError(
            tr(
                vi=f"{path}: không có danh sách tên {', '.join(unknown)}; có: {known}",
                en=f"{path}: there is no list named {', '.join(unknown)}; there are: {known}",
            )
        )
    return data


def _read_state_file(role_dir: Path) -> dict[str, Any]:
    path = role_dir / "state.yml"
    if not path.is_file():
        raise StateError(tr(vi=f"vai trò {role_dir.name}: thiếu {path}", en=f"role {role_dir.name}: no {path}"))
    return _load(path, path.stat().st_mtime_ns)


def _with_required(roles_dir: Path, roles: Sequence[str]) -> tuple[str, ...]:
    ordered: dict[str, None] = {}

    def add(role: str) -> None:
        if role in ordered:
            return
        for needed in _read_state_file(roles_dir / role).get("requires", ()):
            add(needed)
        ordered[role] = None

    for role in roles:
        add(role)
    return tuple(ordered)


def _context(host_vars: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"hntt": host_vars.get("hntt", {})}
    settings = {**defaults, **{name: value for name, value in host_vars.items() if name != "hntt"}}
    return {**resolve_settings(settings, facts), **facts}


class _RoleRenderer:
    """Renders the lists of one role for one host."""

    def __init__(self, role_dir: Path, context: Mapping[str, Any], secrets: SecretSource) -> None:
        self._role = role_dir.name
        self._data = _read_state_file(role_dir)
        self._environment = _environment(role_dir / "templates")
        self._secrets = secrets
        self._asked: set[str] = set()
        self._source = role_dir.parent.parent / "src"
        self._context = {**context, "secret": self._secret, "program": self._program, "built": built}

    def state(self, lists: Sequence[str], shared: Mapping[str, Any] | None = None) -> DeclaredState:
        """The named lists, and the lists of plain texts; ``shared`` adds names for the templates."""
        context = {**self._context, **(shared or {})}
        rendered: dict[str, Any] = {name: tuple(sorted_items(list(self._items(name, context)))) for name in lists}
        for name in _TEXT_LISTS:
            rendered[name] = tuple(self._value(name, text, context) for text in self._data.get(name) or ())
        return DeclaredState(roles=(self._role,), **rendered)

    def _items(self, name: str, context: Mapping[str, Any]) -> Iterator[Item]:
        for position, raw in enumerate(self._data.get(name) or (), start=1):
            where = f"{self._role}/state.yml: {name}[{position}]"
            if not isinstance(raw, dict):
                raise StateError(tr(vi=f"{where}: phải là tên: giá trị", en=f"{where}: a mapping is wanted"))
            for item_context in self._repeated(where, raw, context):
                if self._is_wanted(where, raw, item_context):
                    yield self._item(where, name, raw, item_context)

    def _repeated(self, where: str, raw: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if "loop" not in raw:
            yield context
            return
        for item in self._expression(f"{where}.loop", raw["loop"], context):
            yield {**context, "item": item}

    def _is_wanted(self, where: str, raw: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
        return "when" not in raw or bool(self._expression(f"{where}.when", raw["when"], context))

    def _item(self, where: str, name: str, raw: Mapping[str, Any], context: Mapping[str, Any]) -> Item:
        self._asked.clear()
        fields = {
            field: self._value(f"{where}.{field}", value, context)
            for field, value in raw.items()
            if field not in ("loop", "when", "template")
        }
        if "template" in raw:
            field = "rules" if name == "firewall" else "content"
            template = self._value(f"{where}.template", raw["template"], context)
            fields[field] = self._template(where, template, context)
        if name == "files":
            self._mark_secret(where, fields)
        try:
            return LIST_MODELS[name].model_validate({**fields, "source": self._role})
        except ValidationError as error:
            reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or name}: {e['msg']}" for e in error.errors())
            raise StateError(f"{where}: {reasons}") from error

    def _mark_secret(self, where: str, fields: dict[str, Any]) -> None:
        content = str(fields.get("content", ""))
        lost = sorted(self._asked - secret_names(content))
        if lost:
            raise StateError(
                tr(
                    vi=f"{where}: bí mật {', '.join(lost)} bị bộ lọc Jinja2 biến đổi; hãy dùng nguyên giá trị",
                    en=f"{where}: secret {', '.join(lost)} was changed by a filter; use the value as it is",
                )
            )
        if secret_names(content):
            fields["secret"] = True

    def _program(self, module: str) -> tuple[ProgramFile, ...]:
        try:
            return program_files(self._source, module)
        except ProgramError as error:
            raise StateError(f"{self._role}: {error}") from error

    def _secret(self, name: str) -> str:
        value_of(name, self._secrets)
        self._asked.add(name)
        return placeholder(name)

    def _template(self, where: str, name: str, context: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(context)
        except (TemplateError, OSError, TypeError, KeyError) as error:
            line = f", line {error.lineno}" if hasattr(error, "lineno") else ""
            raise StateError(f"{where}: templates/{name}{line}: {error}") from error

    def _expression(self, where: str, value: Any, context: Mapping[str, Any]) -> Any:
        if not isinstance(value, str):
            return value
        text = value if "{{" in value else "{{ " + value + " }}"
        return self._value(where, text, context)

    def _value(self, where: str, value: Any, context: Mapping[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._value(where, item, context) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(where, item, context) for item in value]
        if not isinstance(value, str):
            return value
        try:
            return evaluate(self._environment, value, context)
        except (TemplateError, TypeError) as error:
            raise StateError(f"{where}: {error}") from error


@functools.lru_cache(maxsize=32)
def _environment(templates: Path) -> Environment:
    environment = native_environment()
    environment.loader = FileSystemLoader(templates)
    install(environment)
    return environment
