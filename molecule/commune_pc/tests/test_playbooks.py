"""The province's playbooks with a PC in them: what differs is seen, named, put right, and nothing else is touched."""

from __future__ import annotations

import json
import subprocess

from pc_bench import PC, pc, shows_the_room, until
from testinfra_hosts import PROJECT, ansible, environment, state_dir

PINNED = {
    "hntt_known_hosts": str(state_dir() / "known_hosts"),
    "hntt_key_file": str(state_dir() / "id_ed25519"),
    "hntt_ssh_config": str(state_dir() / "ssh_config"),
}


def playbook(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A playbook of the project, for the PC alone."""
    command = ansible(
        "ansible-playbook", str(PROJECT / "playbooks" / name), "--limit", PC, "-e", json.dumps(PINNED), *words
    )
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
