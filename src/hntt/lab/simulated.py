"""The lab where containers cannot be had: simulated command lines behind real SSH on loopback, one process for all.

It has the same names, keys, secrets, day-0 configurations and files as the container lab, so everything that works by
SSH works; what it cannot show is said by :func:`what_is_not_shown`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from hntt.i18n import tr
from hntt.intent.day0 import write_day0
from hntt.intent.hostvars import CLI_USER, SSH_USER
from hntt.intent.secrets import SecretValues
from hntt.inventory.selection import Selection
from hntt.lab.access import HOST_KEY_NAME, ensure_host_key, ensure_operator_key
from hntt.lab.capability import capability
from hntt.lab.content import LabContent, LabRequest, content_of
from hntt.lab.errors import LabError
from hntt.lab.names import Lab
from hntt.lab.records import overlay_data, write_overlay
from hntt.lab.secrets import ensure_secrets
from hntt.lab.state import changing
from hntt.network.model import Device, Kind

ADDRESS = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
_CONFIGS = {"frr": "etc/frr/frr.conf", "cisco_ios": "day0.cfg", "mikrotik_routeros": "day0.rsc"}
_REQUESTED = ("no", "simulated")
_MODULE = "hntt.lab.simulators"


@dataclass(frozen=True)
class SimulatedUp:
    """How many routers there are, and whether they had to be started."""

    routers: int
    started: bool
    seconds: float


def is_wanted(asked: bool) -> bool:
    """Whether the lab shall be simulated: asked for, or ``HNTT_LAB=no|simulated``, or nothing else can be had."""
    return asked or os.environ.get("HNTT_LAB", "").lower() in _REQUESTED or not capability().ok


def what_is_not_shown() -> str:
    """What a simulated lab leaves out, in words."""
    return tr(
        vi="Thiết bị mô phỏng: chỉ có giao diện dòng lệnh qua SSH thật. Không thấy được: gói tin đi qua đường truyền, "
        "OSPF hội tụ, QoS, giới hạn tốc độ, máy Linux (noc, máy trạm).",
        en="Simulated devices: only command lines behind real SSH. Not shown: packets on the lines, OSPF converging, "
        "QoS, shaped rates, Linux hosts (noc, PCs).",
    )


def is_up(lab: Lab) -> bool:
    """Whether this lab's simulators run."""
    return _pid(lab) is not None


def refuse_when_up(lab: Lab) -> None:
    """LabError while simulators run: two labs of one name would overwrite each other's records."""
    if is_up(lab):
        raise LabError(
            tr(
                vi="phòng lab mô phỏng đang chạy; hãy chạy hntt lab down trước",
                en="the simulated lab is up; run hntt lab down first",
            )
        )


def up(lab: Lab, request: LabRequest) -> SimulatedUp:
    """Start a simulated router for every router asked for; with the same ones running already nothing is done.

    LabError when a container lab is up, when another command changes the lab, or when the simulators do not start.
    """
    began = time.monotonic()
    if lab.state_file.exists():
        raise LabError(
            tr(
                vi="phòng lab container đang chạy; hãy chạy hntt lab down trước",
                en="the container lab is up; run hntt lab down first",
            )
        )
    content = content_of(request).narrowed(Selection(kinds=(str(Kind.ROUTER),)))
    with changing(lab):
        operator_key = ensure_operator_key(lab)
        wanted = _wanted(lab, content)
        started = not (is_up(lab) and _running_spec(lab) == wanted)
        if started:
            _stop(lab)
            _write_day0(lab, content, operator_key)
            _start(lab, wanted)
        _write_records(lab, content, operator_key)
    return SimulatedUp(len(content.devices), started, time.monotonic() - began)


def down(lab: Lab) -> int:
    """Stop the simulators and remove their records; how many routers there were. Does nothing when there is nothing."""
    with changing(lab):
        routers = len(_running_spec(lab).get("routers", {}))
        _stop(lab)
        for record in (_spec_file(lab), lab.overlay, lab.known_hosts, lab.ssh_config):
            record.unlink(missing_ok=True)
    return routers


def status(lab: Lab) -> dict[str, bool]:
    """For each simulated router, whether the operator can log in, its host key being the pinned one."""
    ports = _ports(lab)
    return asyncio.run(_log_in_everywhere(lab, ports))


def execute(lab: Lab, host: str, lines: Sequence[str]) -> str:
    """Type ``lines`` into a router's command line, as its CLI user; what it answered. LabError for no such router."""
    ports = _ports(lab)
    if host not in ports:
        raise LabError(tr(vi=f"phòng lab không có máy tên {host}", en=f"the lab has no host named {host}"))
    platform = str(_running_spec(lab)["routers"][host]["platform"])
    user = CLI_USER if platform == "frr" else SSH_USER
    return asyncio.run(_type(lab, ports[host], user, lines))


def _wanted(lab: Lab, content: LabContent) -> dict[str, Any]:
    values = SecretValues(ensure_secrets(lab.secrets))
    return {
        "address": ADDRESS,
        "pid_file": str(_pid_file(lab)),
        "known_hosts": str(lab.known_hosts),
        "register": str(content.register_dir),
        "routers": {device.host: _router(lab, device, values) for device in content.devices},
    }


def _router(lab: Lab, device: Device, values: SecretValues) -> dict[str, Any]:
    ensure_host_key(lab, device.host)
    return {
        "platform": device.platform,
        "config": str(lab.day0_dir(device.host) / _CONFIGS[device.platform]),
        "host_key": str(lab.host_key_dir(device.host) / HOST_KEY_NAME),
        "authorized_keys": f"{lab.identity}.pub",
        "secret": values.get(f"enable/{device.host}"),
        "names": [str(device.address)],
    }


def _write_day0(lab: Lab, content: LabContent, operator_key: str) -> None:
    values = SecretValues(ensure_secrets(lab.secrets))
    source = content.source
    for device in content.devices:
        write_day0(source.register, source.network, device.host, lab.day0_dir(device.host), values, [operator_key])


def _write_records(lab: Lab, content: LabContent, operator_key: str) -> None:
    ports = _ports(lab)
    facts = {host: {"ansible_host": ADDRESS, "ansible_port": port} for host, port in ports.items()}
    lab.ssh_config.write_text(_ssh_config(lab, ports), encoding="utf-8")
    write_overlay(
        lab,
        overlay_data(lab, content.devices, content.selection, operator_key, mode="simulated", host_facts=facts),
    )


def _ssh_config(lab: Lab, ports: Mapping[str, int]) -> str:
    blocks = [f"Host {host}\n    HostName {ADDRESS}\n    Port {port}\n" for host, port in ports.items()]
    settings = [
        f"User {SSH_USER}",
        f'IdentityFile "{lab.identity}"',
        "IdentitiesOnly yes",
        "StrictHostKeyChecking yes",
        f'UserKnownHostsFile "{lab.known_hosts}"',
        "GlobalKnownHostsFile /dev/null",
        "PasswordAuthentication no",
        "ControlMaster no",
    ]
    return "\n".join([*blocks, "Host *", *(f"    {setting}" for setting in settings), ""])


def _start(lab: Lab, spec: Mapping[str, Any]) -> None:
    _spec_file(lab).write_text(json.dumps(spec, indent=1, ensure_ascii=False), encoding="utf-8")
    _spec_file(lab).chmod(0o600)  # it holds the enable secret
    with _log_file(lab).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, "--spec", str(_spec_file(lab))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not is_up(lab):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            said = _log_file(lab).read_text(encoding="utf-8", errors="replace").strip()
            raise LabError(
                tr(vi=f"trình mô phỏng không khởi động được: {said}", en=f"the simulators did not start: {said}")
            )
        time.sleep(0.05)


def _stop(lab: Lab) -> None:
    pid = _pid(lab)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _pid(lab) is not None:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.05)
    _pid_file(lab).unlink(missing_ok=True)


def _pid(lab: Lab) -> int | None:
    """The simulators' process, if it runs: a recorded number that belongs to another program by now does not count."""
    try:
        pid = int(_pid_file(lab).read_text(encoding="utf-8"))
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if _MODULE.encode() in words and str(_spec_file(lab)).encode() in words else None


def _running_spec(lab: Lab) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_spec_file(lab).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _ports(lab: Lab) -> dict[str, int]:
    """Each router's port, as the simulators wrote it beside its host key; LabError when none run."""
    if not is_up(lab):
        raise LabError(
            tr(vi="chưa có phòng lab nào: chạy hntt lab up trước", en="there is no lab: run hntt lab up first")
        )
    routers = _running_spec(lab)["routers"]
    found: dict[str, int] = {}
    for line in lab.known_hosts.read_text(encoding="utf-8").splitlines():
        for place in line.split()[0].split(","):
            name, _, port = place.removeprefix("[").partition("]:")
            if name in routers:
                found[name] = int(port)
    return found


async def _log_in_everywhere(lab: Lab, ports: Mapping[str, int]) -> dict[str, bool]:
    answers = await asyncio.gather(*(_can_log_in(lab, port) for port in ports.values()))
    return dict(zip(ports, answers, strict=True))


async def _can_log_in(lab: Lab, port: int) -> bool:
    try:
        async with _connection(lab, port, SSH_USER):
            return True
    except (OSError, asyncssh.Error):
        return False


async def _type(lab: Lab, port: int, user: str, lines: Sequence[str]) -> str:
    async with _connection(lab, port, user) as connection:
        done = await connection.run(input="".join(f"{line}\n" for line in (*lines, "exit")), check=False, timeout=30)
    return str(done.stdout or "")


def _connection(lab: Lab, port: int, user: str) -> Any:
    return asyncssh.connect(
        ADDRESS,
        port,
        username=user,
        client_keys=[str(lab.identity)],
        known_hosts=str(lab.known_hosts),
        config=None,
        agent_path=None,
        connect_timeout=10,
    )


def _spec_file(lab: Lab) -> Path:
    return lab.state_dir / "simulators.json"


def _pid_file(lab: Lab) -> Path:
    return lab.state_dir / "simulators.pid"


def _log_file(lab: Lab) -> Path:
    return lab.state_dir / "simulators.log"
