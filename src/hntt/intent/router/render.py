"""Router facts to text: one Jinja2 environment per process, strict about undefined names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hntt.intent.router import ios_acl
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
    made.filters |= {
        "by_name": by_name,
        "ios_dscp": ios_dscp,
        "policy_name": policy_name,
        "chunks": chunks,
        "routeros_address": routeros_address,
        "routeros_rate": routeros_rate,
        "wildcard": ios_acl.wildcard,
        "ios_edge_in": ios_acl.edge_in,
        "ios_edge_out": ios_acl.edge_out,
        "ios_services_out": ios_acl.services_out,
    }
    return made


def by_name(interfaces: Iterable[Interface]) -> list[Interface]:
    """Interfaces as routers list them: letters, then numbers by value (``ln64`` before ``ln128``)."""
    return sorted(interfaces, key=lambda i: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", i.name)])


def chunks(text: str, size: int) -> list[str]:
    """``text`` in pieces of at most ``size`` characters: a console line of IOS has a limit."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def routeros_address(network: IPv4Network) -> str:
    """A network as RouterOS writes it: a single address without a mask."""
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def routeros_rate(kbps: int) -> str:
    """A rate as RouterOS prints it: ``4M``, ``821k``."""
    return f"{kbps // 1000}M" if kbps % 1000 == 0 else f"{kbps}k"


IOS_DSCP = {
    **{8 * precedence: f"cs{precedence}" for precedence in range(1, 8)},
    **{8 * group + 2 * drop: f"af{group}{drop}" for group in range(1, 5) for drop in range(1, 4)},
    0: "default",
    46: "ef",
}


def ios_dscp(value: int) -> str:
    """A DSCP value as IOS prints it: ``ef``, ``af41``, ``cs3``, else the number."""
    return IOS_DSCP.get(value, str(value))


def policy_name(interface: str) -> str:
    """An interface's name as part of a policy's: ``GigabitEthernet0/1.65`` is ``GI0-1-65``."""
    kind, numbers = re.fullmatch(r"(\D+)(.*)", interface).groups()  # type: ignore[union-attr]
    return f"{kind[:2].upper()}{re.sub(r'[/.]', '-', numbers)}"
