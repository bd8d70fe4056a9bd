"""``./run bench``: the register as an inventory costs no more than a static one of the same size."""

from __future__ import annotations

from inventory_cost import measure

LIMIT = 1.15


def test_loading_the_register_costs_what_a_static_inventory_costs() -> None:
    cost = measure()
    print("\n" + "\n".join(cost.lines))
    assert cost.ratio <= LIMIT
