"""One small lab for all tests of this folder; it is taken down at the end, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import small_lab

from hntt.i18n import set_language
from hntt.lab.capability import capability
from hntt.lab.down import down
from hntt.lab.engine import Engine
from hntt.lab.names import Lab
from hntt.lab.shell import run
from hntt.lab.topology import Topology
from hntt.lab.up import UpResult, up


@dataclass
class Running:
    """The lab under test and how to do things in it."""

    lab: Lab
    topology: Topology
    first: UpResult

    @property
    def engine(self) -> Engine:
        return Engine(self.lab, capability())

    def up(self) -> UpResult:
        return up(self.lab, self.topology)

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


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    set_language("en")
    state_dir: Path = tmp_path_factory.mktemp("lab") / ".lab"
    state_dir.mkdir()
    lab = small_lab.lab_for_tests(state_dir)
    down(lab)
    topology = small_lab.build(lab)
    try:
        yield Running(lab, topology, up(lab, topology))
    finally:
        down(lab)
        set_language(None)


@pytest.fixture
def whole(running: Running) -> Iterator[Running]:
    """The lab in order, and put in order again afterwards."""
    yield running
    running.up()
