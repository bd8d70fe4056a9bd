"""``./run demo``: the order of its steps, what it insists on, and what it says at the end."""

from __future__ import annotations

import re

import pytest
from toolchain_sandbox import Sandbox

# Audit 1 is clean, audit 2 comes after the change by hand, audit 3 after the repair.
AUDITS = """
case "$*" in *audit.yml*) ;; *) exit 0 ;; esac
echo x >>"$0.audits"
[ "$(wc -l <"$0.audits")" -eq 2 ] || exit 0
echo "rt.hien-ninh.quang-ninh: - ip route 192.0.2.0/24 Null0"
exit 2"""

ARRIVES = """
case "$*" in
    *meet*) echo '✓ one thing (0.1 s)' && echo '✓ another (0.2 s)' && exit 0 ;;
    *traceroute*) ;;
    *) exit 0 ;;
esac
printf 'traceroute to 192.0.2.10 (192.0.2.10), 8 hops max\\n 1  192.0.2.129  0.1 ms\\n 2  192.0.2.10  0.1 ms\\n'"""


@pytest.fixture
def shown(ready: Sandbox) -> Sandbox:
    """A machine on which everything goes as it should."""
    ready.stand_in("ansible-playbook", AUDITS, in_venv=True)
    ready.stand_in("hntt", ARRIVES, in_venv=True)
    (ready.root / ".lab").mkdir()
    (ready.root / ".lab/known_hosts").write_text("rt.tinh,192.0.2.1 ssh-ed25519 A\nnoc.tinh,192.0.2.10 ssh-ed25519 B\n")
    return ready


def steps(sandbox: Sandbox) -> list[str]:
    """The playbooks and lab commands, without their options."""
    found = []
    for call in sandbox.calls:
        words = call.split()
        if words[0] == "ansible-playbook":
            found.append(words[3].removeprefix("playbooks/"))
        elif words[0] == "hntt":
            found.append(" ".join(words[1:3]))
    return found


def test_the_steps_come_in_order_and_end_in_eleven_lines(shown: Sandbox, shell: str) -> None:
    done = shown.run("scripts/demo.sh", shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(shown) == [
        "lab up",
        "rollout.yml",
        "verify.yml",
        "lab exec",
        "audit.yml",
        "lab exec",
        "audit.yml",
        "site.yml",
        "audit.yml",
        *["meeting.yml", "lab meet", "meeting.yml"] * 3,
    ]
    assert [call.split()[3] for call in shown.calls if "lab meet" in call] == [
        "district_commune", "province_district", "three_tier",
    ]  # fmt: skip
    assert "hntt lab exec rt.hien-ninh.quang-ninh -- traceroute -I -n -w 2 -q 1 -m 8 192.0.2.10" in shown.calls
    closing = done.stdout.split("\n\n")[-1].splitlines()
    assert len(closing) == 11
    assert "Communes' PCs in the lab: 0 of 15" in done.stdout
    assert "three tiers 2. A commune's screen" in closing[-3]
    assert "MB of memory" in closing[-2]
    assert "./run lab-down" in closing[-1]


IMAGES = """
case "$*" in
    *inspect*new*) echo 52428800 && exit 0 ;;
    images*) echo x >>"$0.asked" && echo old ;;
    *) exit 1 ;;
esac
[ "$(wc -l <"$0.asked")" -eq 1 ] || echo new"""


def test_its_disk_is_what_it_wrote_itself_whatever_others_delete(shown: Sandbox) -> None:
    (shown.root / ".lab/disk").write_bytes(b"x" * 7_000_000)
    shown.stand_in("podman", IMAGES)
    used = 'echo x >>"$0.asked"; echo; echo "disk 0 $((9000000 - 1000000 * $(wc -l <"$0.asked"))) 0"'
    shown.stand_in("df", used)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = re.findall(r"(-?\d+) MB of disk for the lab", done.stdout)
    assert 57 <= int(found) <= 58, "50 MB are an image that was not there before, 7 MB its records"


PC, POLICIES = "pc.hien-ninh.quang-ninh", "/etc/chromium/policies/managed/hntt.json"


@pytest.mark.parametrize("told", [f"{PC} {POLICIES}", PC, ""])
def test_a_pc_that_there_is_is_changed_too_and_the_audit_has_to_name_it(shown: Sandbox, told: str) -> None:
    with (shown.root / ".lab/known_hosts").open("a") as known:
        known.write(f"{PC},192.0.2.3 ssh-ed25519 C\n")
    shown.stand_in("ansible-playbook", AUDITS.replace("exit 2", f"echo '{told}'\nexit 2"), in_venv=True)
    done = shown.run("scripts/demo.sh", "--pcs", "1")
    assert "hntt lab up --pcs 1" in shown.calls
    assert [call for call in shown.calls if f"exec {PC}" in call and POLICIES in call]
    assert (done.returncode == 0) is (told == f"{PC} {POLICIES}"), done.stdout + done.stderr


def test_a_failed_step_stops_and_says_where_to_look(shown: Sandbox) -> None:
    shown.stand_in("ansible-playbook", 'case "$*" in *verify*) echo unreachable; exit 4 ;; esac', in_venv=True)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 1
    assert steps(shown)[-1] == "verify.yml"
    assert "step 3 failed (status 4)" in done.stderr
    assert "build/reports/demo-3.log" in done.stderr


def test_a_path_that_does_not_arrive_fails_the_demo(shown: Sandbox) -> None:
    shown.stand_in("hntt", ARRIVES.replace(" 2  192.0.2.10", " 2  *"), in_venv=True)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 1
    assert "step 4 failed (status 0)" in done.stderr


def test_an_audit_that_finds_nothing_fails_the_demo(shown: Sandbox) -> None:
    shown.stand_in("ansible-playbook", in_venv=True)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 1
    assert "step 7 failed (status 0)" in done.stderr


def test_an_audit_that_fails_for_another_reason_fails_the_demo(shown: Sandbox) -> None:
    shown.stand_in("ansible-playbook", AUDITS.replace("192.0.2.0", "198.51.100.0"), in_venv=True)
    assert shown.run("scripts/demo.sh").returncode == 1


def test_a_meeting_in_which_something_is_wrong_fails_the_demo(shown: Sandbox) -> None:
    shown.stand_in("hntt", ARRIVES.replace("&& exit 0", "&& exit 1"), in_venv=True)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 1
    assert steps(shown)[-2:] == ["meeting.yml", "lab meet"]
    assert "The meeting: a district with its communes" in done.stderr


def test_a_drift_that_is_not_repaired_fails_the_demo(shown: Sandbox) -> None:
    shown.stand_in("ansible-playbook", AUDITS.replace("-eq 2 ] ||", "-ge 2 ] ||"), in_venv=True)
    done = shown.run("scripts/demo.sh")
    assert done.returncode == 1
    assert steps(shown)[-2:] == ["site.yml", "audit.yml"]


@pytest.mark.parametrize("asked", [True, False])
def test_simulated_devices_take_the_same_steps_and_say_what_is_not_shown(shown: Sandbox, asked: bool) -> None:
    if not asked:
        shown.cannot_run_the_lab("no root")
    done = shown.run("scripts/demo.sh", *(["--simulated"] if asked else []))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hntt lab up --pcs auto --simulated" in shown.calls
    assert [call for call in shown.calls if "configure terminal ip route" in call]
    closing = done.stdout.split("\n\n")[-1]
    assert "Simulated devices" in closing
    assert "not shown: real FRR" in closing
    assert "nothing to measure" in closing
    assert "Acceptance: reachability" not in closing
    assert "./run lab-down" in closing


def test_an_unknown_option_is_a_usage_error(shown: Sandbox) -> None:
    assert shown.run("scripts/demo.sh", "--fast").returncode == 2
