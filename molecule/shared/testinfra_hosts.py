"""What the scenarios' tests share: the hosts as the operator reaches them, and the audit as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import testinfra

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "molecule" / "shared"))


def scenario_dir() -> Path:
    """The scenario under test."""
    return Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])


def state_dir() -> Path:
    """Keys, ssh_config and pinned host keys of the scenario's lab."""
    return PROJECT / ".lab" / "molecule" / scenario_dir().name


def host(name: str) -> Any:
    """A host over SSH with its pinned key, as root through sudo."""
    return testinfra.get_host(f"ssh://{name}?sudo=true&ssh_config={state_dir() / 'ssh_config'}", controlpersist=0)


def station(command: str) -> subprocess.CompletedProcess[str]:
    """A command on the operator's station: outside the host, on its LAN."""
    from lab import lab_of

    namespace = f"/run/netns/{lab_of(scenario_dir()).namespace('station')}"
    return subprocess.run(
        ["nsenter", f"--net={namespace}", "sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )


def ansible(*words: str) -> list[str]:
    """The words of an Ansible command over the scenario's inventory."""
    inventories = (PROJECT / "inventories" / "quang_binh", scenario_dir() / "inventory")
    program = Path(sys.executable).parent / words[0]
    return [str(program), *(word for path in inventories for word in ("-i", str(path))), *words[1:]]


def environment() -> dict[str, str]:
    """What molecule sets, so that the tests can also be run by pytest alone."""
    return {
        **os.environ,
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "MOLECULE_PROJECT_DIRECTORY": str(PROJECT),
        "HNTT_LANG": "en",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        # molecule forces colours, which would stand between the words the tests look for
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
    }


def facts(name: str) -> dict[str, Any]:
    """What the inventory says of a host."""
    words = ansible("ansible-inventory", "--host", name)
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment())
    variables: dict[str, Any] = json.loads(done.stdout)
    return variables


def drifts(name: str, roles: tuple[str, ...], secrets: Any = None, **more: Any) -> list[str]:
    """The audit of one host: read over SSH, compared with its declared state; ``more`` are settings of the scenario."""
    from hntt.audit.linux import LinuxHost, read_linux_fleet
    from hntt.devices.target import Target
    from hntt.intent.linux import render_host

    folder = state_dir()
    settings = {
        "hntt": facts(name)["hntt"],
        "linux_base_own_kernel": False,
        "linux_base_admin_keys": [(folder / "id_ed25519.pub").read_text().strip()],
        **more,
    }
    target = Target(
        name, "debian", name, "hntt", folder / "known_hosts",
        key_file=folder / "id_ed25519", ssh_config=folder / "ssh_config",
    )  # fmt: skip
    state = render_host(PROJECT / "roles", roles, settings, secrets)
    reading = read_linux_fleet([LinuxHost(target, state)], secrets)[name]
    if reading.error is not None:
        raise reading.error
    return [f"{d.kind} {d.subject}: {d.actual} [{d.cause}]" for d in reading.drifts]


def converge_words(**settings: Any) -> list[str]:
    """The words of the scenario's converge playbook with other settings."""
    extra = ["-e", json.dumps(settings)] if settings else []
    return ansible("ansible-playbook", str(scenario_dir() / "converge.yml"), *extra)


def converge(*words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The scenario's converge playbook once more."""
    return subprocess.run(
        [*converge_words(**settings), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment(),
    )
