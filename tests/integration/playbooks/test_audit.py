"""audit.yml: what is found, what is said, which exit code."""

from __future__ import annotations

import pytest
from simulated_site import CANARY, ROUTERS, MakeSite

COMMUNE = "rt.quan-hau.quang-ninh"
STRAY = "ip route 192.0.2.0/24 Null0\n"


def stray_route(text: str) -> str:
    """A configuration with a route that nobody declared."""
    return text.replace("router ospf\n", f"{STRAY}router ospf\n", 1)


def other_key(text: str) -> str:
    """A configuration whose OSPF key is another one: the difference is a secret."""
    return text.replace(CANARY, "aeolianHarp42xyz")


def test_a_fleet_as_intended_is_clean(make_site: MakeSite) -> None:
    ran = make_site().run("audit", "-e", "fail_on_drift=true")
    assert ran.code == 0, ran.out
    assert ran.record("audit")["counts"] == {"clean": 5}
    assert ran.tail[1].startswith("NO DRIFT: 5 of 5 devices audited")


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("-e", "fail_on_drift=true"), 2)])
def test_drift_is_told_and_fails_only_when_asked(make_site: MakeSite, arguments: tuple[str, ...], code: int) -> None:
    site = make_site(configs={COMMUNE: stray_route})
    before = site.running()
    ran = site.run("audit", *arguments)
    assert ran.code == code, ran.out
    record = ran.record("audit")
    assert record["counts"] == {"clean": 4, "drift": 1}
    assert [d["hosts"] for d in record["differences"]] == [[COMMUNE]]
    assert record["differences"][0]["lines"] == ["- ip route 192.0.2.0/24 Null0"]
    assert record["run"]["exit_code"] == code
    assert site.running() == before


def test_an_equal_difference_of_many_is_told_once(make_site: MakeSite) -> None:
    names = ROUTERS[2:]
    record = make_site(configs=dict.fromkeys(names, stray_route)).run("audit").record("audit")
    assert [(d["subject"], d["hosts"], d["districts"]) for d in record["differences"]] == [
        ("ip route 192.0.2.0/24 Null0", list(names), {"quang-ninh": 3})
    ]


def test_the_endings_of_hosts_are_kept_apart(make_site: MakeSite) -> None:
    """Unreachable, changed key, refused login and never prepared are four different things."""
    site = make_site(configs={COMMUNE: stray_route})
    gone, swapped, refused, fresh = ROUTERS[0], ROUTERS[1], ROUTERS[3], ROUTERS[4]
    site.stop(gone)
    site.fleet.change_host_key(swapped)
    site.fleet.device(refused).settings.authorized_keys.clear()
    site.forget(fresh)
    ran = site.run("audit")
    outcomes = {name: host["outcome"] for name, host in ran.record("audit")["hosts"].items()}
    assert outcomes == {
        gone: "unreachable",
        swapped: "host_key_changed",
        refused: "auth_failed",
        fresh: "not_built",
        COMMUNE: "drift",
    }
    run = ran.record("audit")["run"]
    assert ran.code == run["exit_code"] == 4, ran.out
    assert {failure["host"] for failure in run["failures"]} == {gone, swapped, refused}


def test_only_unreachable_hosts_give_their_own_exit_code(make_site: MakeSite) -> None:
    site = make_site()
    site.stop(COMMUNE)
    ran = site.run("audit")
    assert ran.code == 4, ran.out
    assert ran.record("audit")["run"]["exit_code"] == 4


def test_limit_narrows_the_audit(make_site: MakeSite) -> None:
    site = make_site()
    site.stop("rt.tinh")
    ran = site.run("audit", "--limit", "*.quang-ninh")
    assert ran.code == 0, ran.out
    assert sorted(ran.record("audit")["hosts"]) == sorted(ROUTERS[1:])


def test_no_secret_in_any_output(make_site: MakeSite) -> None:
    """The planted secret differs on a router, so it is in what is compared; it must not be in what is told."""
    other = "aeolianHarp42xyz"
    site = make_site(configs={COMMUNE: other_key})
    ran = site.run("audit", "-vvv", "--diff")
    assert ran.record("audit")["counts"]["drift"] == 1
    outputs = {"screen": ran.out, **{str(f): f.read_text(encoding="utf-8") for f in site.reports.iterdir()}}
    assert len(outputs) >= 5
    for name, text in outputs.items():
        assert CANARY not in text, name
        assert other not in text, name


def test_the_summary_speaks_vietnamese(make_site: MakeSite) -> None:
    ran = make_site(configs={COMMUNE: stray_route}).run("audit", lang="vi")
    assert ran.tail[1].startswith("CÓ SAI LỆCH: đã kiểm tra 5 trên 5 thiết bị")
    assert "có thêm, không ai khai báo" in ran.out
    html = next(site_file for site_file in ran.reports.glob("audit-latest.html")).read_text(encoding="utf-8")
    assert 'lang="vi"' in html
    assert "Bản đồ các xã theo kết quả" in html


def test_the_summary_fits_ten_lines(make_site: MakeSite) -> None:
    ran = make_site(configs=dict.fromkeys(ROUTERS, stray_route)).run("audit", "-e", "fail_on_drift=true")
    assert len(ran.tail) <= 10, ran.tail


def test_an_error_in_the_register_stops_before_any_connection(make_site: MakeSite) -> None:
    site = make_site()
    file = site.folder / "data/register/districts/le-thuy.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("number: 449", "number: 450", 1), encoding="utf-8")
    ran = site.run("audit")
    assert ran.code not in (0, None)
    assert "le-thuy.yml" in ran.out
    assert not (site.reports / "audit-latest.json").exists()


def test_a_missing_secret_is_named(make_site: MakeSite) -> None:
    site = make_site()
    (site.folder / "secrets.yml").write_text("snmp_user: x\n", encoding="utf-8")
    ran = site.run("audit")
    assert ran.code == 2
    assert "ospf_key" in ran.out
