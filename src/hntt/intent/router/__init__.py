"""The intended configuration of routers: facts free of syntax, and their text for each platform."""

from hntt.intent.router.build import all_router_facts, router_facts
from hntt.intent.router.facts import Flow, Interface, Role, RouterFacts
from hntt.intent.router.render import render_all_routers, render_router

__all__ = [
    "Flow",
    "Interface",
    "Role",
    "RouterFacts",
    "all_router_facts",
    "render_all_routers",
    "render_router",
    "router_facts",
]
