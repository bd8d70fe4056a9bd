"""A router that could not save its new configuration: the run fails, the audit sees it, the next run saves it."""

from __future__ import annotations

import pytest
from simulated_site import CANARY, SECRETS, MakeSite
from test_audit import COMMUNE


@pytest.mark.parametrize("platform", ["frr", "cisco_ios"])
def test_a_change_that_was_not_saved_is_failed_then_drift_then_saved(make_site: MakeSite, platform: str) -> None:
    site = make_site(platforms={COMMUNE: platform})
    device = site.fleet.device(COMMUNE)
    stray = "ip route 192.0.2.0/24 blackhole" if platform == "frr" else "ip route 192.0.2.0 255.255.255.0 Null0"
    typed = [] if platform == "frr" else ["enable", SECRETS["enable"]]
    site.hand_edit(COMMUNE, [*typed, "configure terminal", stray, "end", "write memory"])
    assert stray in device.startup()

    device.faults.unsaveable = True
    failed = site.run("site")
    assert failed.code == 2, failed.out
    (failure,) = failed.record("site")["failures"]
    assert (failure["host"], "NOT SAVED" in failure["text"]) == (COMMUNE, True)
    assert "run again" in failure["next_step"]
    assert stray not in device.running()

    audit = site.run("audit", "-e", "fail_on_drift=true")
    assert audit.code == 2, audit.out
    assert audit.record("audit")["counts"] == {"clean": 4, "drift": 1}
    told = f"startup configuration differs: a restart would bring 1 old line back: {COMMUNE}"
    assert told in "\n".join(audit.tail)
    assert "cấu hình khởi động khác cấu hình đang chạy" in site.run("audit", lang="vi").out
    checked = site.run("site", "--check", "--diff")
    assert checked.code == 0, checked.out
    assert f"- {stray}" in checked.out
    assert stray in device.startup()

    device.faults.unsaveable = False
    saved = site.run("site")
    assert saved.code == 0, saved.out
    assert saved.record("site")["counts"] == {"changed": 1, "ok": 4}
    assert stray not in device.startup()
    assert site.run("audit", "-e", "fail_on_drift=true").code == 0
    assert CANARY not in failed.out + audit.out + checked.out + saved.out
