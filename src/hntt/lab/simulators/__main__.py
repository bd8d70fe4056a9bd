"""Run a fleet of simulated routers as a process of its own: ``python -m hntt.lab.simulators --spec FILE.json``.

The file says per router which platform it is and where its configuration text, host key and authorised keys are:

    {"address": "127.0.0.1", "pid_file": "…", "known_hosts": "…",
     "routers": {"rt.tinh": {"platform": "frr", "config": "…/frr.conf", "port": 2201, "host_key": "…/key",
                             "authorized_keys": "…/id.pub", "password": "…", "secret": "…", "names": ["10.44.0.0"],
                             "minute_s": 60, "faults": {"slow_s": 0.1}}}}

``config`` and ``host_key`` are paths; a missing host key file is made. The pid file appears when all routers
listen. SIGTERM and SIGINT end the process and remove the pid file.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import asyncssh

from hntt.i18n import tr
from hntt.lab.simulators.device import Settings
from hntt.lab.simulators.faults import Faults
from hntt.lab.simulators.fleet import Fleet, Simulated
from hntt.lab.simulators.tree import RejectedError


def main(arguments: list[str] | None = None) -> int:
    """Serve the fleet until told to stop; 0, or 2 when the file is not usable."""
    parser = argparse.ArgumentParser(prog="hntt.lab.simulators", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--spec", required=True, type=Path, help="fleet file (JSON)")
    spec_path: Path = parser.parse_args(arguments).spec
    try:
        spec: dict[str, Any] = json.loads(spec_path.read_text(encoding="utf-8"))
        fleet = Fleet(
            {name: _router(router) for name, router in spec["routers"].items()},
            address=spec.get("address", "127.0.0.1"),
        )
        with fleet:
            _serve(fleet, spec)
    except (OSError, ValueError, KeyError, RejectedError, asyncssh.KeyImportError) as error:
        what = f"{type(error).__name__}: {error}"
        print(tr(vi=f"{spec_path}: không dùng được: {what}", en=f"{spec_path}: not usable: {what}"), file=sys.stderr)
        return 2
    return 0


def _serve(fleet: Fleet, spec: dict[str, Any]) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if "known_hosts" in spec:
        fleet.write_known_hosts(Path(spec["known_hosts"]))
    pid_file = Path(spec["pid_file"])
    pid_file.write_text(f"{os.getpid()}\n", encoding="utf-8")
    try:
        stop.wait()
    finally:
        pid_file.unlink(missing_ok=True)


def _router(spec: dict[str, Any]) -> Simulated:
    keys = Path(spec["authorized_keys"]).read_text(encoding="utf-8").splitlines() if "authorized_keys" in spec else []
    return Simulated(
        platform=spec["platform"],
        config=Path(spec["config"]).read_text(encoding="utf-8"),
        settings=Settings(
            password=spec.get("password"),
            secret=spec.get("secret"),
            authorized_keys=[line for line in keys if line.strip()],
            faults=Faults.from_mapping(spec.get("faults", {})),
            minute_s=float(spec.get("minute_s", 60.0)),
        ),
        port=int(spec.get("port", 0)),
        host_key=_host_key(Path(spec["host_key"])) if "host_key" in spec else None,
        names=tuple(spec.get("names", ())),
    )


def _host_key(path: Path) -> asyncssh.SSHKey:
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.parent.mkdir(parents=True, exist_ok=True)
    key.write_private_key(path)
    path.chmod(0o600)
    return key


if __name__ == "__main__":
    sys.exit(main())
