"""All routers in one process, as a ratio to what a template task per router would have to do for the same texts."""

from __future__ import annotations

import time
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hntt.intent.router import all_router_facts, render_all_routers, router_facts
from hntt.intent.router.render import TEMPLATES, environment
from hntt.intent.secrets import Placeholders
from hntt.network.build import build
from hntt.register.loader import load

REGISTER = load(Path(__file__).resolve().parents[2] / "inventories/quang_binh/register")
NETWORK = build(REGISTER)


def best_of(times: int, work: object) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()  # type: ignore[operator]
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def test_rendering_all_costs_a_fraction_of_rendering_each_alone() -> None:
    hosts = list(all_router_facts(REGISTER, NETWORK))

    def together() -> None:
        assert len(render_all_routers(REGISTER, NETWORK, Placeholders())) == len(hosts)

    def one_by_one() -> None:
        # A process per host knows nothing of the others: environment, template and facts are made each time.
        for host in hosts:
            alone = Environment(
                loader=FileSystemLoader(TEMPLATES),
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                autoescape=False,
            )
            alone.filters |= environment().filters
            facts = router_facts(REGISTER, NETWORK, host)
            alone.get_template(f"router/{facts.platform}/main.j2").render(r=facts, secret=Placeholders().get)

    ratio = best_of(3, one_by_one) / best_of(3, together)
    print(f"\n{len(hosts)} routers: {best_of(3, together):.3f} s together, {ratio:.0f} times that one by one")
    assert ratio > 5


def test_all_routers_render_within_two_seconds() -> None:
    assert best_of(3, lambda: render_all_routers(REGISTER, NETWORK, Placeholders())) < 2
