"""A district from day-0 to accepted, kept right, and told truly when it is not: the playbooks on real routers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from register_lab import RegisterLab

pytestmark = pytest.mark.lab

HUB, COMMUNE = "rt.quang-ninh", "rt.truong-son.quang-ninh"
HOSTS = {"rt.tinh", "noc.tinh", HUB, "rt.quan-hau.quang-ninh", COMMUNE}
STRAY_ROUTE = "ip route 192.0.2.0/24 Null0"


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegisterLab]:
    lab = RegisterLab(tmp_path_factory.mktemp("life"), "hnttlife", communes=2)
    lab.hntt("down")
    up = lab.up()
    try:
        assert up.returncode == 0, up.stderr
        done, record = lab.play("rollout", "-e", "district=quang-ninh")
        assert done.returncode == 0, done.stdout + done.stderr
        assert record["exit_code"] == 0
        yield lab
    finally:
        assert lab.hntt("down").returncode == 0


def on(lab: RegisterLab, host: str, *command: str) -> str:
    done = lab.hntt("exec", host, "--", *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_neighbours_and_routes_are_those_of_the_register(district: RegisterLab) -> None:
    neighbours = json.loads(on(district, HUB, "vtysh", "-c", "show ip ospf neighbor json"))["neighbors"]
    states = {router: ends[0]["converged"] for router, ends in neighbours.items()}
    assert states == {"10.44.0.0": "Full", "10.44.1.129": "Full", "10.44.1.130": "Full"}
    routes = json.loads(on(district, "rt.tinh", "vtysh", "-c", "show ip route ospf json"))
    assert {"10.44.1.128/26", "10.44.22.0/24", "10.44.88.0/22"} <= set(routes), "the district's three summaries"
    assert not any(prefix.startswith("10.44.88.16/") for prefix in routes), (
        "no commune's own prefix beyond the district"
    )


def test_the_second_run_changes_nothing(district: RegisterLab) -> None:
    done, record = district.play("site")
    assert done.returncode == 0, done.stdout
    assert record["hosts"] == dict.fromkeys(HOSTS, "ok")


def test_acceptance_holds(district: RegisterLab) -> None:
    done, record = district.play("verify")
    assert done.returncode == 0, done.stdout
    assert record["exit_code"] == 0


@pytest.mark.parametrize(
    ("host", "injure", "told"),
    [
        (COMMUNE, ("vtysh", "-c", "configure terminal", "-c", STRAY_ROUTE), STRAY_ROUTE),
        (COMMUNE, ("tc", "qdisc", "del", "dev", "wan", "root"), "hntt-qos"),
        (HUB, ("sh", "-c", "echo '# by hand' >>/etc/nftables.conf"), "/etc/nftables.conf"),
        (COMMUNE, ("nft", "flush", "ruleset"), "nftables.service"),
        ("noc.tinh", ("systemctl", "stop", "chrony"), "chrony"),
    ],
    ids=["route", "qos", "firewall", "rules", "clock"],
)
def test_a_change_by_hand_is_found_shown_and_repaired(
    district: RegisterLab, host: str, injure: tuple[str, ...], told: str
) -> None:
    on(district, host, *injure)
    found, _ = district.play("audit", "-e", "fail_on_drift=true")
    assert found.returncode != 0
    assert told in found.stdout
    assert host in found.stdout

    shown, record = district.play("site", "--check", "--diff")
    assert record["hosts"][host] == "changed", shown.stdout
    still, _ = district.play("audit", "-e", "fail_on_drift=true")
    assert still.returncode != 0, "a check touches nothing"

    repaired, record = district.play("site")
    assert repaired.returncode == 0, repaired.stdout
    assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), host: "changed"}
    clean, _ = district.play("audit", "-e", "fail_on_drift=true")
    assert clean.returncode == 0, clean.stdout


STRAY_USER = ("useradd", "-M", "-s", "/bin/sh", "la-mat")
STRAY_PORT = ("systemd-run", "--unit=cong-la", "python3", "-m", "http.server", "8099")


@pytest.mark.parametrize("also_repaired", [False, True], ids=["alone", "beside what is repaired"])
def test_what_nobody_declared_is_left_to_people_and_never_counted_as_well(
    district: RegisterLab, *, also_repaired: bool
) -> None:
    on(district, COMMUNE, *STRAY_USER)
    on(district, "noc.tinh", *STRAY_PORT)
    if also_repaired:
        on(district, COMMUNE, "sh", "-c", "echo '# by hand' >>/etc/nftables.conf")
    try:
        for more in ((), ("--check",)) if not also_repaired else ((),):
            ran, record = district.play("site", *more)
            assert ran.returncode == record["exit_code"] == 2, ran.stdout
            assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), COMMUNE: "by_hand", "noc.tinh": "by_hand"}
            assert "userdel la-mat" in "".join(record["by_hand"][COMMUNE])
            assert "tcp/8099" in "".join(record["by_hand"]["noc.tinh"])
        assert on(district, COMMUNE, "id", "-un", "la-mat").strip() == "la-mat", "people's business"
        if also_repaired:
            assert "by hand" not in on(district, COMMUNE, "cat", "/etc/nftables.conf")
        else:
            rolled, record = district.play("rollout", "-e", "district=quang-ninh")
            assert rolled.returncode == 2, rolled.stdout
            assert (record["hosts"][COMMUNE], record["hosts"]["noc.tinh"]) == ("by_hand", "by_hand")
    finally:
        on(district, COMMUNE, "userdel", "la-mat")
        on(district, "noc.tinh", "systemctl", "stop", "cong-la")
    done, record = district.play("site")
    assert done.returncode == 0, done.stdout
    assert record["hosts"] == dict.fromkeys(HOSTS, "ok")


def test_a_commune_behind_a_cut_line_is_unreachable_and_not_failed(district: RegisterLab) -> None:
    assert district.hntt("fault", "cut-line", "truong-son.quang-ninh").returncode == 0
    try:
        done, record = district.play("audit")
        assert done.returncode != 0
        assert record["hosts"] == {**dict.fromkeys(HOSTS, "ok"), COMMUNE: "unreachable"}
    finally:
        assert district.hntt("fault", "cut-line", "truong-son.quang-ninh", "--restore").returncode == 0
