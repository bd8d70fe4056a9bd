"""site.yml: brings back what differs, nothing else; check mode tells the same and touches nothing."""

from __future__ import annotations

from simulated_site import CANARY, ROUTERS, SECRETS, MakeSite
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


def test_a_bad_change_stops_at_the_canary_commune(make_site: MakeSite) -> None:
    """Every router differs; the first commune refuses a line, so no other router is touched."""
    site = make_site(configs=dict.fromkeys(ROUTERS, stray_route))
    site.fleet.device(COMMUNE).faults.reject = r"^no ip route 192\.0\.2\."
    before = site.running()
    ran = site.run("site")
    assert ran.code == 2, ran.out
    assert ran.record("site")["counts"] == {"failed": 1, "not_reached": 4}
    assert site.running() == before
    (failure,) = ran.record("site")["failures"]
    assert failure["host"] == COMMUNE
    assert failure["text"].startswith("the router is back at its old configuration")
    assert failure["next_step"]


def test_an_unreachable_router_does_not_hold_up_the_others(make_site: MakeSite) -> None:
    site = make_site(configs={COMMUNE: stray_route})
    site.stop("rt.luong-ninh.quang-ninh")
    ran = site.run("site")
    assert ran.code == 4, ran.out
    assert ran.record("site")["counts"] == {"changed": 1, "ok": 3, "unreachable": 1}


def test_all_three_platforms_are_brought_back(make_site: MakeSite) -> None:
    communes = ROUTERS[2:]
    site = make_site(platforms={communes[0]: "cisco_ios", communes[1]: "mikrotik_routeros"})
    assert site.run("audit").record("audit")["counts"] == {"clean": 5}
    typed = ["enable", SECRETS["enable"], "configure terminal", "ip route 192.0.2.0 255.255.255.0 Null0", "end"]
    site.hand_edit(communes[0], typed)
    site.hand_edit(communes[1], ["/ip route add dst-address=192.0.2.0/24 blackhole comment=stray"])
    assert site.run("audit").record("audit")["counts"] == {"clean": 3, "drift": 2}
    ran = site.run("site")
    assert ran.code == 0, ran.out
    assert ran.record("site")["counts"] == {"changed": 2, "ok": 3}
    assert site.run("audit", "-e", "fail_on_drift=true").code == 0
