"""Router facts to text: one Jinja2 environment per process, strict about undefined names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hntt.intent.router.build import all_router_facts
from hntt.intent.router.facts import Interface, RouterFacts
from hntt.intent.secrets import SecretSource
from hntt.network.model import Network
from hntt.register.models import Register

TEMPLATES = Path(__file__).resolve().parents[4] / "templates"


def render_router(facts: RouterFacts, secrets: SecretSource) -> str:
    """The whole intended configuration of one router, in the form its platform prints it.

    Secrets are asked for by name; KeyError when the source lacks one.
    """
    template = environment().get_template(f"router/{facts.platform}/main.j2")
    return template.render(r=facts, secret=secrets.get)


def render_all_routers(register: Register, network: Network, secrets: SecretSource) -> dict[str, str]:
    """The text of every router, keyed by host name."""
    return {host: render_router(facts, secrets) for host, facts in all_router_facts(register, network).items()}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of everything rendered for CLI devices; texts are configurations, so nothing is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - router configurations are not HTML
        auto_reload=False,
    )
    made.filters["wildcard"] = wildcard
    made.filters["by_name"] = by_name
    return made


def by_name(interfaces: Iterable[Interface]) -> list[Interface]:
    """Interfaces as routers list them: letters, then numbers by value (``ln64`` before ``ln128``)."""
    return sorted(interfaces, key=lambda i: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", i.name)])


def wildcard(network: IPv4Network) -> str:
    """A network as IOS access lists write it: ``host A``, ``any`` or address and wildcard mask."""
    if network.prefixlen == 32:
        return f"host {network.network_address}"
    if network.prefixlen == 0:
        return "any"
    return f"{network.network_address} {network.hostmask}"
