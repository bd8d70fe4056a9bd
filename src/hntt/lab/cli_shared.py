"""What the lab's commands share: messages, exit codes, the lab of the working directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from hntt.i18n import tr
from hntt.lab import simulated
from hntt.lab.capability import capability
from hntt.lab.engine import Engine
from hntt.lab.errors import LabError
from hntt.lab.names import default_lab
from hntt.lab.state import load_topology
from hntt.lab.topology import Topology

EXIT_FINDINGS, EXIT_USAGE, EXIT_FAILED = 1, 2, 3


@contextmanager
def explained() -> Iterator[None]:
    """End the command with a LabError's sentence and exit code 3 instead of a traceback."""
    try:
        yield
    except LabError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(EXIT_FAILED) from error


def usage(text: str) -> typer.Exit:
    """Say what was asked for wrongly; the exception to raise."""
    Console(stderr=True).print(text, markup=False, highlight=False)
    return typer.Exit(EXIT_USAGE)


def current() -> tuple[Topology, Engine]:
    """The container lab that is up; LabError when there is none or it is simulated."""
    lab = default_lab()
    if simulated.is_up(lab):
        raise LabError(
            tr(
                vi="phòng lab đang mô phỏng: không có container hay đường truyền để làm việc này",
                en="the lab is simulated: there are no containers and no lines to do this with",
            )
        )
    topology = load_topology(lab)
    capability().require()
    return topology, Engine(lab, capability())
