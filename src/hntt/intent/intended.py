"""The intended state of any device: a configuration text, declared state, or (on ``frr``) both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from hntt.intent import vcs
from hntt.intent.hostvars import host_vars
from hntt.intent.linux import (
    LINUX_PLATFORMS,
    DeclaredState,
    render_host,
    role_defaults,
    roles_for_kind,
    settings_for,
)
from hntt.intent.router import RouterFacts, all_router_facts
from hntt.intent.router.render import environment
from hntt.intent.secrets import Placeholders
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Register

STAND_INS: dict[str, Any] = {"linux_base_admin_keys": ["<linux_base_admin_keys: none is set yet>"]}
"""What is shown for settings that an inventory must have before it is applied, but not before it is looked at."""


@dataclass(frozen=True)
class Tree:
    """Where templates, roles and the inventory's settings are; a revision's tree is elsewhere than the working one."""

    templates: Path
    roles: Path
    inventory: Path
    is_revision: bool = False

    @classmethod
    def below(cls, root: Path, inventory: Path, *, is_revision: bool = False) -> Tree:
        """The project's usual places below ``root``. A revision may lack roles and platforms that came later."""
        return cls(root / "templates", root / "roles", inventory, is_revision)

    def has_platform(self, platform: str) -> bool:
        """Whether to render configurations of this platform; a missing template is a fault except in a revision."""
        return not self.is_revision or (self.templates / "router" / platform / "main.j2").is_file()

    @property
    def has_units(self) -> bool:
        """Whether to render settings of video units; as for platforms."""
        return not self.is_revision or (self.templates / vcs.TEMPLATE).is_file()

    def roles_of(self, device: Device) -> tuple[str, ...]:
        """The Linux roles of a device; none for what is no Linux host of ours."""
        roles = roles_for_kind(str(device.kind)) if device.platform in LINUX_PLATFORMS else ()
        return tuple(role for role in roles if not self.is_revision or (self.roles / role / "state.yml").is_file())


@dataclass(frozen=True)
class Intended:
    """What one device shall be. Secrets stand as ``<secret:name>``. Both parts None: a kind nothing is rendered for."""

    device: Device
    config: str | None
    state: DeclaredState | None

    @property
    def is_rendered(self) -> bool:
        """Whether there is anything."""
        return self.config is not None or self.state is not None


def intended(
    register: Register,
    network: Network,
    tree: Tree,
    devices: Iterable[Device],
    groups: Mapping[str, Sequence[str]],
) -> Iterator[Intended]:
    """The intended state of ``devices``, offline. ``groups`` gives each host's groups, general to special.

    Raises jinja2's TemplateError for a template that does not fit the facts, and what
    :func:`hntt.intent.linux.render_host` raises for roles and settings.
    """
    facts = all_router_facts(register, network)
    render = _ConfigRenderer(tree.templates)

    def config_of(device: Device) -> str | None:
        if device.host in facts:
            return render(facts[device.host]) if tree.has_platform(device.platform) else None
        if device.kind is Kind.VCS and tree.has_units:
            return _unit_config(register, network, tree, device, groups.get(device.host, ()))
        return None

    for device in devices:
        yield Intended(
            device=device,
            config=config_of(device),
            state=_state(register, network, tree, device, groups.get(device.host, ())),
        )


class _ConfigRenderer:
    """Renders router facts with the templates of one tree."""

    def __init__(self, templates: Path) -> None:
        self._environment = environment().overlay(loader=FileSystemLoader(templates))
        self._secret = Placeholders().get

    def __call__(self, facts: RouterFacts) -> str:
        template = self._environment.get_template(f"router/{facts.platform}/main.j2")
        return template.render(r=facts, secret=self._secret)


def _unit_config(register: Register, network: Network, tree: Tree, device: Device, groups: Sequence[str]) -> str:
    """A video unit's settings as its usual software has them; which one it runs is only known when it is asked."""
    variables = settings_for(tree.inventory, groups, device.host, {})
    settings = vcs.unit_settings(tree.roles, {**variables, "hntt": host_vars(register, network, device.host)})
    facts = vcs.unit_facts(register, network, device.host, settings)
    intent = vcs.render_unit(facts, Placeholders(), tree.templates)
    return vcs.intent_lines(intent, vcs.families()[vcs.DEFAULT_FAMILY])


def _state(
    register: Register, network: Network, tree: Tree, device: Device, groups: Sequence[str]
) -> DeclaredState | None:
    roles = tree.roles_of(device)
    if not roles:
        return None
    # Only what a role has a default for is a role's setting; the rest is Ansible's (paths, vault lookups, connections).
    known = role_defaults(tree.roles, roles)
    settings = settings_for(tree.inventory, groups, device.host, {})
    variables: dict[str, Any] = {
        **{name: value for name, value in settings.items() if name in known},
        **{name: value for name, value in STAND_INS.items() if name in known and not settings.get(name, known[name])},
        "hntt": host_vars(register, network, device.host),
    }
    return render_host(tree.roles, roles, variables)
