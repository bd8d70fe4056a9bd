"""What FRR routers have beside FRR: shaping and segmentation, one of each per tier. HNTT_REGEN=1 writes them anew."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from golden_tree import golden_files

from hntt.intent.hostvars import host_vars
from hntt.intent.linux import DeclaredState, render_host
from hntt.network.build import build
from hntt.register.loader import load

HERE = Path(__file__).parent
PROGRAMS = "/usr/local/lib/hntt/"
"""The project's own sources on a host: they have tests of their own, and a copy here would only repeat them."""
ROOT = HERE.parents[1]
HOSTS = {"province": "rt.tinh", "district": "rt.quang-ninh", "commune": "rt.hien-ninh.quang-ninh"}
FILES = {"qos.sh": "/usr/local/sbin/hntt-qos", "segmentation.nft": "/etc/nftables.d/50-router.nft"}


@cache
def state(host: str, roles: tuple[str, ...] = ("linux_base", "router")) -> DeclaredState:
    register = load(ROOT / "inventories/quang_binh/register")
    facts = host_vars(register, build(register), host)
    settings = {"hntt": facts, "linux_base_admin_keys": ["ssh-ed25519 AAAA operator"]}
    return render_host(ROOT / "roles", roles, settings)


def content(host: str, path: str) -> str:
    return next(file.content for file in state(host).files if file.dest == path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("tier", HOSTS)
def test_file_is_the_golden_one(tier: str, name: str) -> None:
    text = content(HOSTS[tier], FILES[name])
    golden = HERE / "frr" / f"{tier}-{name}"
    if os.environ.get("HNTT_REGEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("tier", HOSTS)
def test_the_script_is_sh(tier: str) -> None:
    script = content(HOSTS[tier], FILES["qos.sh"])
    done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("tier", HOSTS)
def test_shellcheck_has_nothing_to_say(tier: str) -> None:
    script = content(HOSTS[tier], FILES["qos.sh"])
    assert shutil.which("shellcheck"), "./run setup installs it"
    done = subprocess.run(["shellcheck", "-"], input=script, text=True, capture_output=True, check=False)
    assert done.stdout == ""


def test_no_secret_is_in_a_file_that_others_may_read() -> None:
    for file in state(HOSTS["district"]).files:
        assert not file.secret or file.mode == "0600", file.dest


def test_a_router_is_a_router_and_its_cli_user_may_log_in() -> None:
    settings = {item.name: item.value for item in state(HOSTS["commune"]).sysctls}
    assert settings["net.ipv4.ip_forward"] == "1"
    assert "AllowUsers hntt hntt-net\n" in content(HOSTS["commune"], "/etc/ssh/sshd_config.d/10-hntt.conf")


@pytest.mark.parametrize(
    ("host", "roles"),
    [("rt.hien-ninh.quang-ninh", ("linux_base", "router")), ("noc.tinh", ("linux_base", "noc"))],
    ids=["commune-router", "noc"],
)
def test_every_other_file_is_the_golden_one(host: str, roles: tuple[str, ...]) -> None:
    """chrony, rsyslog, sshd, snmpd, the firewall … of a router and of the controller; the long zones have own tests."""
    folder = HERE / "linux" / host
    wanted = {
        file.dest.lstrip("/"): file.content
        for file in state(host, roles).files
        if file.dest not in FILES.values() and len(file.content) < 8000 and not file.dest.startswith(PROGRAMS)
    }
    assert wanted == golden_files(folder, wanted)
