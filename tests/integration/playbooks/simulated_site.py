"""The playbooks as an operator runs them, against simulated routers on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from hntt.devices.platform import drop_noise, load_quirks
from hntt.intent.router import render_router, router_facts
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import Source, read_source
from hntt.lab.simulators.device import Settings
from hntt.lab.simulators.fleet import Fleet, Simulated

PROJECT = Path(__file__).resolve().parents[3]
REGISTER = PROJECT / "inventories/quang_binh/register"
CANARY = "canarySecret7Zq"
SECRETS = {
    "ospf_key": CANARY,
    "snmp_user": "giamsat",
    "snmp_auth": f"{CANARY}Auth",
    "snmp_priv": f"{CANARY}Priv",
    "local_password": f"{CANARY}Local",
    "enable": f"{CANARY}Enable",
}
ROUTERS = ("rt.tinh", "rt.quang-ninh", "rt.quan-hau.quang-ninh", "rt.truong-son.quang-ninh", "rt.luong-ninh.quang-ninh")


@dataclass
class Ran:
    """What a run printed and left behind."""

    code: int
    out: str
    reports: Path

    def record(self, playbook: str) -> dict[str, Any]:
        """The JSON record of the latest run of a playbook."""
        data: dict[str, Any] = json.loads((self.reports / f"{playbook}-latest.json").read_text(encoding="utf-8"))
        return data

    @property
    def tail(self) -> list[str]:
        """The closing lines: from the headline on."""
        lines = self.out.rstrip().splitlines()
        starts = [number for number, line in enumerate(lines) if re.match(r"^\w+\.yml.*: ", line)]
        return lines[starts[-1] :] if starts else lines[-10:]


@dataclass
class Site:
    """An inventory of simulated routers and the way to run playbooks on it."""

    folder: Path
    fleet: Fleet
    source: Source
    intents: Mapping[str, str]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def reports(self) -> Path:
        """Where the runs' reports go."""
        return self.folder / "reports"

    def run(self, playbook: str, *arguments: str, lang: str = "en") -> Ran:
        """Run a playbook of the project with the simulated inventory."""
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "-i",
                str(self.folder / "inventory"),
                f"playbooks/{playbook}.yml",
                *arguments,
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
                "HNTT_LANG": lang,
                "HNTT_REPORTS_DIR": str(self.reports),
                "ANSIBLE_NOCOLOR": "1",
                **self.environment,
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr, self.reports)

    def running(self) -> dict[str, str]:
        """The running configuration of every router, as the simulators hold them."""
        return {name: self.fleet.device(name).running() for name in self.intents}

    def pin(self) -> None:
        """Record the host keys as they are now."""
        self.fleet.write_known_hosts(self.folder / "known_hosts")

    def stop(self, name: str) -> None:
        """Let a router refuse connections from now on, as one without power does."""
        running = self.fleet._running[name]

        async def close() -> None:
            running.acceptor.close()
            await running.acceptor.wait_closed()

        self.fleet.run(close())

    def hand_edit(self, name: str, lines: list[str]) -> None:
        """Type lines at a router's command line, as somebody who knows better would."""

        async def type_in() -> None:
            session = self.fleet.device(name).session("hntt")
            for line in lines:
                session.answer(line)

        self.fleet.run(type_in())

    def forget(self, *names: str) -> None:
        """Take the host keys of some routers out of the record."""
        file = self.folder / "known_hosts"
        kept = [line for line in file.read_text().splitlines() if not any(f"[{n}]" in line.split()[0] for n in names)]
        file.write_text("\n".join([*kept, ""]))


MakeSite = Callable[..., Site]


def build_site(
    folder: Path,
    routers: tuple[str, ...] = ROUTERS,
    platforms: Mapping[str, str] | None = None,
    configs: Mapping[str, Callable[[str], str]] | None = None,
) -> Site:
    """Start simulated routers and write an inventory of them into ``folder``.

    ``platforms`` sets single routers' platforms, ``configs`` turns the intended text of some into what they run.
    """
    source = read_source(edited_register(folder, platforms or {}))
    intents = {
        name: render_router(router_facts(source.register, source.network, name), SecretValues(SECRETS))
        for name in routers
    }
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(folder / "id")
    (folder / "id").chmod(0o600)
    public = key.export_public_key().decode()
    fleet = Fleet(
        {
            name: Simulated(
                source.network.devices[name].platform,
                (configs or {}).get(name, str)(_printed(source.network.devices[name].platform, text)),
                Settings(authorized_keys=[public], secret=SECRETS["enable"], minute_s=2),
            )
            for name, text in intents.items()
        }
    )
    fleet.__enter__()
    fleet.write_known_hosts(folder / "known_hosts")
    write_inventory(folder, source, fleet, routers)
    return Site(folder, fleet, source, intents)


def _printed(platform: str, text: str) -> str:
    """The configuration without what the platform calls noise: the simulated IOS takes no banner of several lines."""
    return drop_noise(text, load_quirks(platform)) if platform == "cisco_ios" else text


def edited_register(tmp_path: Path, platforms: Mapping[str, str]) -> Path:
    """A copy of the province's register with other platforms; sites are addressed by their number."""
    register = tmp_path / "data" / "register"
    shutil.copytree(REGISTER, register)
    shutil.copytree(REGISTER.parent / "data", tmp_path / "data" / "data")
    network = read_source(REGISTER).network
    by_number = {network.devices[host].site.number: platform for host, platform in platforms.items()}

    def with_platform(match: re.Match[str]) -> str:
        platform = by_number.get(int(match[2]))
        return f"{match[0]}\n{' ' * len(match[1])}router: {{platform: {platform}}}" if platform else match[0]

    for file in register.rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"^( *-? ?)number: (\d+)$", with_platform, text, flags=re.M), encoding="utf-8")
    return register


def write_inventory(folder: Path, source: Source, fleet: Fleet, routers: tuple[str, ...]) -> None:
    """The inventory folder: options, overlay with the simulators' ports, secrets."""
    inventory = folder / "inventory"
    inventory.mkdir()
    options = {
        "plugin": "hntt_register",
        "register": "../data/register",
        "overlay": "../overlay.yml",
        "known_hosts": "../known_hosts",
        "secrets_file": "../secrets.yml",
        "only": {
            "kinds": ["router"],
            "districts": sorted({d for name in routers if (d := source.network.devices[name].site.district)}),
            "communes": [source.network.devices[n].site.label for n in routers if n.count(".") == 2] or ["quan-hau"],
        },
    }
    (inventory / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")
    overlay = {
        "all": {
            "hntt_lab_mode": "simulated",
            "hntt_key_file": str(folder / "id"),
            "hntt_connect_timeout_s": 5,
        },
        "hosts": {name: {"ansible_host": fleet.address, "ansible_port": fleet.port(name)} for name in routers},
    }
    (folder / "overlay.yml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    (folder / "secrets.yml").write_text(yaml.safe_dump(SECRETS), encoding="utf-8")
