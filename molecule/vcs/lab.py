"""A district's video unit with day-0 only, and beside it what it finds at the centre: names and a SIP server.

usage: python lab.py up|down

The operator's station is the unit's gateway here and has the addresses of the controller and the district's MCU
server; ``centre.py`` answers on them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hntt.intent.secrets import SecretValues
from hntt.intent.vcs.facts import registrar_of
from hntt.inventory.source import Source, read_source
from hntt.lab.access import ensure_operator_key
from hntt.lab.down import down
from hntt.lab.engine import namespace_path
from hntt.lab.names import Lab
from hntt.lab.netns import ip_batch
from hntt.lab.secrets import ensure_secrets
from hntt.lab.topology import LabHost, LabSegment, Topology
from hntt.lab.unit_day0 import INTERFACE, write_unit_day0
from hntt.lab.up import up

PROJECT = Path(__file__).resolve().parents[2]
UNIT = "vcs.quang-ninh"
_READY_S = 20


def lab() -> Lab:
    """The scenario's lab; ``inventory/group_vars`` names the same folder."""
    return Lab("mvcs", PROJECT / ".lab" / "molecule" / "vcs")


@dataclass(frozen=True)
class Centre:
    """Where the unit expects its name server and its SIP server, and what it calls the latter."""

    names: str
    server: str
    server_name: str


def centre_of(source: Source) -> Centre:
    """The addresses that the register gives them."""
    devices = source.network.devices
    server = registrar_of(source.register, devices[UNIT])
    return Centre(str(devices["noc.tinh"].address), str(devices[server].address), f"{server}.{source.network.domain}")


def main() -> None:
    """Entry of create.yml and destroy.yml."""
    _stop_centre()
    if sys.argv[1] == "down":
        down(lab())
        return
    lab().state_dir.mkdir(parents=True, exist_ok=True)
    source = read_source(PROJECT / "inventories/quang_binh/register")
    secrets = SecretValues(ensure_secrets(lab().secrets))
    device = source.network.devices[UNIT]
    day0 = write_unit_day0(device, lab().day0_dir(UNIT), ensure_operator_key(lab()), secrets)
    not_ready = up(lab(), _topology(source, day0)).not_ready
    if not_ready:
        sys.exit(f"did not come up: {dict(not_ready)}")
    _start_centre(centre_of(source), str(device.extension), secrets.get(f"sip/{UNIT}"))


def _topology(source: Source, day0: Path) -> Topology:
    device = source.network.devices[UNIT]
    lan = device.site.conference
    unit = LabHost(UNIT, "vcs", day0=day0, interfaces=(INTERFACE,), address=str(device.address))
    station = LabHost("station", "admin", interfaces=("lan",), address=str(lan[1]), prefix_length=lan.prefixlen)
    return Topology((unit, station), segments=(LabSegment("lan", ((UNIT, INTERFACE), ("station", "lan"))),))


def _start_centre(centre: Centre, user: str, password: str) -> None:
    namespace = lab().namespace("station")
    ip_batch(namespace, [f"addr replace {address}/32 dev lo" for address in (centre.names, centre.server)])
    program = str(Path(__file__).with_name("centre.py"))
    enter = ["nsenter", f"--net={namespace_path(namespace)}", sys.executable, program]
    words = [*enter, centre.names, centre.server, centre.server_name, user, str(lab().state_dir)]
    with (lab().state_dir / "centre.log").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write(f"{password}\n".encode())
    process.stdin.close()
    _pid_file().write_text(f"{process.pid}\n", encoding="utf-8")
    deadline = time.monotonic() + _READY_S
    while not (lab().state_dir / "centre.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit((lab().state_dir / "centre.log").read_text(encoding="utf-8"))
        time.sleep(0.1)


def _stop_centre() -> None:
    """End the servers of an earlier run, if that process is still one of ours."""
    (lab().state_dir / "centre.json").unlink(missing_ok=True)
    try:
        pid = int(_pid_file().read_text(encoding="utf-8"))
        if b"centre.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        pass
    _pid_file().unlink(missing_ok=True)


def _pid_file() -> Path:
    return lab().state_dir / "centre.pid"


if __name__ == "__main__":
    main()
