"""Run one simulated video unit: ``python -m hntt.lab.simulators.xapi --unit FILE.json``.

    {"software": "roomos11", "address": "0.0.0.0", "port": 22, "user": "hntt", "serial": "…",
     "authorized_keys": "/etc/hntt-vcs/authorized_keys", "host_key": "/etc/ssh/ssh_host_ed25519_key",
     "state": "/var/lib/hntt-vcs", "resolver_file": "/etc/resolv.conf",
     "control_port": 4444, "media": {"video_source": "…"}, "faults": {}}

``password`` may stand beside or instead of ``authorized_keys``. SIGTERM and SIGINT end it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import asyncssh

from hntt.lab.simulators.xapi.baresip import BaresipClient
from hntt.lab.simulators.xapi.baresip_files import Media
from hntt.lab.simulators.xapi.faults import UnitFaults
from hntt.lab.simulators.xapi.server import Access, listen
from hntt.lab.simulators.xapi.unit import Unit


def main(arguments: list[str] | None = None) -> int:
    """Serve the unit until told to stop; 0, or 2 when the file is not usable."""
    parser = argparse.ArgumentParser(prog="hntt.lab.simulators.xapi", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--unit", required=True, type=Path, help="the unit's file (JSON)")
    path: Path = parser.parse_args(arguments).unit
    try:
        spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        asyncio.run(_serve(spec))
    except (OSError, ValueError, KeyError, TypeError, asyncssh.KeyImportError) as error:
        print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


async def _serve(spec: dict[str, Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    unit = _unit(spec)
    host_key = asyncssh.read_private_key(spec["host_key"])
    acceptor = await listen(unit, _access(spec), spec.get("address", "0.0.0.0"), int(spec.get("port", 22)), host_key)  # noqa: S104
    await unit.start()
    try:
        await stop.wait()
    finally:
        acceptor.close()
        await unit.stop()


def _unit(spec: dict[str, Any]) -> Unit:
    state = Path(spec["state"])
    media: dict[str, Any] = spec.get("media", {})
    if "rtp_ports" in media:
        media["rtp_ports"] = tuple(media["rtp_ports"])
    return Unit(
        spec.get("software", "roomos11"),
        file=state / "configuration.json",
        authorities=Path(media.setdefault("ca_file", str(state / "authorities.pem"))),
        resolver_file=Path(spec["resolver_file"]) if "resolver_file" in spec else None,
        sip=BaresipClient(state / "baresip", int(spec.get("control_port", 4444)), Media(**media)),
        faults=UnitFaults.from_mapping(spec.get("faults", {})),
        serial=spec.get("serial", "SIMULATED0001"),
    )


def _access(spec: dict[str, Any]) -> Access:
    keys = Path(spec["authorized_keys"]).read_text(encoding="utf-8").splitlines() if "authorized_keys" in spec else []
    return Access(spec.get("user", "admin"), spec.get("password"), [line for line in keys if line.strip()])


if __name__ == "__main__":
    sys.exit(main())
