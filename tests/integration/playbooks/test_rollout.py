"""rollout.yml and day0.yml: a district from nothing, gates, going on where it stopped; the bench's files."""

from __future__ import annotations

from simulated_site import CANARY, ROUTERS, MakeSite
from test_audit import COMMUNE, stray_route


def test_a_district_is_rolled_out_and_accepted(make_site: MakeSite) -> None:
    site = make_site(configs=dict.fromkeys(ROUTERS, stray_route))
    ran = site.run("rollout", "-e", "district=quang-ninh")
    assert ran.code == 0, ran.out
    assert ran.record("acceptance-quang-ninh")["accepted"] is True
    assert ran.record("acceptance-quang-ninh")["audit"]["counts"] == {"clean": 5}
    page = (site.reports / "acceptance-quang-ninh-latest.html").read_text(encoding="utf-8")
    assert "Biên bản nghiệm thu" in page
    assert CANARY not in page + ran.out


def test_a_rollout_goes_on_where_it_stopped(make_site: MakeSite) -> None:
    site = make_site(configs=dict.fromkeys(ROUTERS, stray_route))
    last = ROUTERS[-1]
    site.fleet.device(last).faults.reject = r"^no ip route 192\.0\.2\."
    stopped = site.run("rollout", "-e", "district=quang-ninh")
    assert stopped.code == 2, stopped.out
    assert stopped.record("rollout")["hosts"][last] == "failed"
    done = {name: site.fleet.device(name).accepted_lines for name in ROUTERS[:-1]}
    assert all(done.values())
    site.fleet.device(last).faults.reject = None
    again = site.run("rollout", "-e", "district=quang-ninh")
    assert again.code == 0, again.out
    assert {name: site.fleet.device(name).accepted_lines for name in ROUTERS[:-1]} == done


def test_gates_stop_before_anything_is_changed(make_site: MakeSite) -> None:
    site = make_site(configs={COMMUNE: stray_route})
    before = site.running()
    for options in (
        ("-e", "district=quang-nin"),
        (),
        ("-e", "district=quang-ninh", "-e", "require_state=ready"),
    ):
        ran = site.run("rollout", *options)
        assert ran.code == 2, ran.out
        assert "quang-ninh" in "\n".join(ran.tail)
    assert site.running() == before


def test_day0_files_and_the_technicians_page(make_site: MakeSite) -> None:
    site = make_site(platforms={ROUTERS[2]: "cisco_ios"})
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExam operator"
    dest = site.folder / "day0"
    ran = site.run("day0", "-e", f"day0_dest={dest}", "-e", f'{{"linux_base_admin_keys": ["{key}"]}}')
    assert ran.code == 0, ran.out
    page = (dest / "index.html").read_text(encoding="utf-8")
    assert all(name in page for name in ROUTERS)
    assert (dest / "rt.tinh/etc/frr/frr.conf").is_file()
    assert (dest / ROUTERS[2] / "day0.cfg").is_file()
    assert CANARY not in ran.out


def test_day0_without_operators_keys_says_where_they_belong(make_site: MakeSite) -> None:
    site = make_site()
    ran = site.run("day0", "-e", f"day0_dest={site.folder / 'day0'}")
    assert ran.code == 2
    assert "linux_base_admin_keys" in "\n".join(ran.tail)


def test_verify_says_what_simulated_routers_can_not_show(make_site: MakeSite) -> None:
    ran = make_site().run("verify")
    assert ran.code == 0, ran.out
    assert "not shown here" in "\n".join(ran.tail)
