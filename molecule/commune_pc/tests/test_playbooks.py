"""The province's playbooks with a PC in them: what differs is seen, named, put right, and nothing else is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pc_bench import PC, pc, shows_the_room, until
from testinfra_hosts import PROJECT, environment, state_dir

REGISTER = PROJECT / "inventories/quang_binh"


@cache
def inventory() -> Path:
    """The register's inventory with this lab's keys and secrets, as a province has it with its own."""
    folder = state_dir() / "inventory"
    folder.mkdir(exist_ok=True)
    config = {
        "plugin": "hntt_register",
        "register": str(REGISTER / "register"),
        "known_hosts": str(state_dir() / "known_hosts"),
        "secrets_file": str(state_dir() / "secrets.yml"),
    }
    (folder / "hntt.yml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "group_vars").unlink(missing_ok=True)
    (folder / "group_vars").symlink_to(REGISTER / "group_vars")
    return folder


def settings() -> dict[str, Any]:
    """What the scenario's own inventory sets, in plain words."""
    key = state_dir() / "id_ed25519"
    return {
        "linux_base_admin_keys": [key.with_suffix(".pub").read_text(encoding="utf-8").strip()],
        "linux_base_own_kernel": False,
        "commune_pc_camera": False,
        "commune_pc_usb_guard": False,
        "commune_pc_browser_flags": ["--use-fake-device-for-media-stream"],
        "hntt_key_file": str(key),
        "hntt_ssh_config": str(state_dir() / "ssh_config"),
        "ansible_ssh_common_args": f"-F '{state_dir() / 'ssh_config'}'",
        "ansible_control_path_dir": str(state_dir() / "cp"),
    }


def playbook(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A playbook of the project, for the PC alone."""
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory()), "--limit", PC,
        "-e", json.dumps(settings()), str(PROJECT / "playbooks" / name), *words,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300, env=environment()
    )


def audit() -> subprocess.CompletedProcess[str]:
    """Drift makes it fail, so that a PC that nobody asked can't pass for a clean one."""
    return playbook("audit.yml", "-e", "fail_on_drift=true")


def test_a_converged_pc_is_clean_for_the_audit_and_site_leaves_it_alone() -> None:
    seen = audit()
    assert seen.returncode == 0, seen.stdout + seen.stderr
    before = pc().check_output("stat -c '%Y %i' /etc/hntt-pc/pc.json")
    done = playbook("site.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert pc().check_output("stat -c '%Y %i' /etc/hntt-pc/pc.json") == before


def test_what_differs_is_found_and_put_right() -> None:
    pc().check_output("sh -c \"sed -i 's/\\*/nothing/' /etc/chromium/policies/managed/hntt.json\"")
    pc().check_output("systemctl stop hntt-kiosk")
    try:
        assert audit().returncode != 0
        looked = playbook("site.yml", "--check", "--diff")
        assert looked.returncode == 0, looked.stdout + looked.stderr
        assert "hntt.json" in looked.stdout
        assert pc().check_output("grep -c nothing /etc/chromium/policies/managed/hntt.json") != "0"
    finally:
        done = playbook("site.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    until(shows_the_room, "the page again")
    assert audit().returncode == 0


def test_acceptance_asks_the_pc_itself() -> None:
    until(lambda: pc().run("hntt-pc check").rc == 0, "well")
    seen = playbook("verify.yml")
    assert seen.returncode == 0, seen.stdout + seen.stderr
    pc().check_output("systemctl stop hntt-kiosk")
    try:
        assert playbook("verify.yml").returncode != 0
    finally:
        pc().check_output("systemctl start hntt-kiosk")
    until(shows_the_room, "the page again")
