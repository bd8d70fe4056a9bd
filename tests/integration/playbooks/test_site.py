"""site.yml: brings back what differs, nothing else; check mode tells the same and touches nothing."""

from __future__ import annotations

from simulated_site import CANARY, ROUTERS, MakeSite
from test_audit import COMMUNE, other_key, stray_route


def test_what_differs_is_brought_back_and_a_second_run_sends_nothing(make_site: MakeSite) -> None:
    site = make_site(configs={COMMUNE: stray_route, "rt.tinh": other_key})
    first = site.run("site")
    assert first.code == 0, first.out
    assert first.record("site")["counts"] == {"changed": 2, "ok": 3}
    lines = {name: site.fleet.device(name).accepted_lines for name in ROUTERS}
    assert lines["rt.quang-ninh"] == 0
    assert site.run("audit").record("audit")["counts"] == {"clean": 5}
    second = site.run("site")
    assert second.code == 0, second.out
    assert second.record("site")["counts"] == {"ok": 5}
    assert {name: site.fleet.device(name).accepted_lines for name in ROUTERS} == lines


def test_check_mode_tells_the_change_and_touches_nothing(make_site: MakeSite) -> None:
    site = make_site(configs={COMMUNE: stray_route, "rt.tinh": other_key})
    before = site.running()
    ran = site.run("site", "--check", "--diff")
    assert ran.code == 0, ran.out
    assert site.running() == before
    assert ran.record("site")["counts"] == {"changed": 2, "ok": 3}
    assert "- ip route 192.0.2.0/24 Null0" in ran.out
    assert CANARY not in ran.out
    assert "would change" in "\n".join(ran.tail)
