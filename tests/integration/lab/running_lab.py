"""A lab under test and how to do things in it."""

from __future__ import annotations

from dataclasses import dataclass

from hntt.lab.capability import capability
from hntt.lab.day0 import DEAD_INTERVAL_S
from hntt.lab.engine import Engine
from hntt.lab.names import Lab
from hntt.lab.reach import reachable
from hntt.lab.shell import run
from hntt.lab.topology import Topology
from hntt.lab.up import UpResult, up
from hntt.lab.waiting import until

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
        """Put the lab in order and wait for its routes, if there was anything to do."""
        result = up(self.lab, self.topology, renew=renew)
        if result.actions:
            self.await_routes()
        return result

    def await_routes(self) -> None:
        """Wait until every host can be reached, and for longer than a neighbour is believed in.

        A router that came back within the dead interval is reached at once over what its neighbour still remembers
        of it, then not, while the two begin anew, then for good.
        """
        looks_in_a_row = 0

        def settled() -> bool:
            nonlocal looks_in_a_row
            everyone = all(reachable(self.lab, self.topology, self.topology.containers).values())
            looks_in_a_row = looks_in_a_row + 1 if everyone else 0
            return looks_in_a_row > DEAD_INTERVAL_S

        assert until(settled, ROUTES_SECONDS, 1), "not every host of the lab can be reached"

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
