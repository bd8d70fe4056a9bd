"""The intended state of any device: a configuration text, declared state, or (on ``frr``) both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from hntt.intent.hostvars import host_vars
from hntt.intent.linux import DeclaredState, render_host, role_defaults, roles_for_kind, settings_for
from hntt.intent.router import RouterFacts, all_router_facts
from hntt.intent.router.render import environment
from hntt.intent.secrets import Placeholders
from hntt.network.model import Device, Kind, Network
from hntt.register.models import Register

LINUX_PLATFORMS = ("frr", "debian")


@dataclass(frozen=True)
class Tree:
    """Where templates, roles and the inventory's settings are; a revision's tree is elsewhere than the working one."""

    templates: Path
    roles: Path
    inventory: Path

    @classmethod
    def below(cls, root: Path, inventory: Path) -> Tree:
        """The project's usual places below ``root``."""
        return cls(root / "templates", root / "roles", inventory)


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
    for device in devices:
        yield Intended(
            device=device,
            config=render(facts[device.host]) if device.kind is Kind.ROUTER else None,
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


def _state(
    register: Register, network: Network, tree: Tree, device: Device, groups: Sequence[str]
) -> DeclaredState | None:
    roles = roles_for_kind(str(device.kind)) if device.platform in LINUX_PLATFORMS else ()
    if not roles:
        return None
    # Only what a role has a default for is a role's setting; the rest is Ansible's (paths, vault lookups, connections).
    known = role_defaults(tree.roles, (role.name for role in sorted(tree.roles.iterdir())))
    settings = settings_for(tree.inventory, groups, device.host, {})
    variables: dict[str, Any] = {
        **{name: value for name, value in settings.items() if name in known},
        "hntt": host_vars(register, network, device.host),
    }
    return render_host(tree.roles, roles, variables)
