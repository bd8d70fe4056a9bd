"""Running programs where the PCs stand: in the lab each site's LAN has a probe, a network namespace."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from hntt.audit.scope import Scope
from hntt.audit.verify import RoomShell
from hntt.lab.names import Lab, default_lab
from hntt.lab.netns import usable_namespaces
from hntt.play.inputs import PROJECT

_TIMEOUT_S = 60


def room_shell(scope: Scope) -> RoomShell | None:
    """A way into the rooms, when the scope is a lab of containers and this process may enter its namespaces."""
    modes = {variables.get("hntt_lab_mode") for variables in scope.variables.values()}
    if modes != {"containers"}:
        return None
    lab = default_lab(PROJECT)
    usable = usable_namespaces(lab)
    if not usable:
        return None

    def run(programs: Mapping[str, str]) -> dict[str, str]:
        reachable = {host: text for host, text in programs.items() if _namespace(lab, host) in usable}
        with ThreadPoolExecutor(max_workers=8) as pool:
            return dict(pool.map(lambda item: (item[0], _run_in(_namespace(lab, item[0]), item[1])), reachable.items()))

    return run


def _namespace(lab: Lab, router: str) -> str:
    return lab.namespace(f"pc.{router.partition('.')[2]}")


def _run_in(namespace: str, program: str) -> str:
    try:
        done = subprocess.run(
            ["ip", "netns", "exec", namespace, "sh", "-c", program],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout
