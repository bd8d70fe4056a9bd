"""A lab under test and how to do things in it."""

from __future__ import annotations

from dataclasses import dataclass

from hntt.lab.capability import capability
from hntt.lab.engine import Engine
from hntt.lab.names import Lab
from hntt.lab.reach import await_reachable
from hntt.lab.shell import run
from hntt.lab.topology import Topology
from hntt.lab.up import UpResult, up

ROUTES_SECONDS = 60


@dataclass
class Running:
    """The lab under test and how to do things in it."""

    lab: Lab
    topology: Topology
    first: UpResult

    @property
    def engine(self) -> Engine:
        return Engine(self.lab, capability())

    def up(self, renew: frozenset[str] = frozenset()) -> UpResult:
        """Put the lab in order and wait for its routes."""
        result = up(self.lab, self.topology, renew=renew)
        self.await_routes()
        return result

    def await_routes(self) -> None:
        """Wait until every host can be reached: routers that have just started find each other only then."""
        await_reachable(self.lab, self.topology, self.topology.containers, ROUTES_SECONDS)

    def inside(self, host: str, *command: str, check: bool = True, timeout: float = 60) -> str:
        """Run a command on a host as root, without the network; its output."""
        words = self.engine.exec_command(self.lab.container(host), list(command))
        return run(words, check=check, timeout=timeout).stdout

    def at(self, host: str, *command: str, check: bool = True) -> str:
        """Run a command of this machine in a host's network."""
        return run(["nsenter", f"--net=/run/netns/{self.lab.namespace(host)}", *command], check=check).stdout

    def ssh_words(self, host: str, *command: str, user: str = "hntt") -> list[str]:
        return ["ssh", "-F", str(self.lab.ssh_config), "-l", user, host, *command]

    def ssh(self, host: str, *command: str, user: str = "hntt") -> str:
        return run(self.ssh_words(host, *command, user=user), timeout=30).stdout
