"""The topology a lab was last brought up with, and the lock that keeps two changes apart."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from typing import IO

from hntt.i18n import tr
from hntt.lab.errors import LabError
from hntt.lab.names import Lab
from hntt.lab.topology import Topology, from_json, to_json

_PATIENCE_SECONDS = 3.0


def save_topology(lab: Lab, topology: Topology) -> None:
    """Record what the lab shall be; written before anything is built."""
    lab.state_dir.mkdir(parents=True, exist_ok=True)
    scratch = lab.state_file.with_suffix(".new")
    scratch.write_text(to_json(topology), encoding="utf-8")
    scratch.replace(lab.state_file)


def load_topology(lab: Lab) -> Topology:
    """What the lab was last brought up as; LabError when it never was."""
    try:
        text = lab.state_file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LabError(
            tr(vi="chưa có phòng lab nào: chạy hntt lab up trước", en="there is no lab yet: run hntt lab up first")
        ) from error
    return from_json(text)


@contextlib.contextmanager
def changing(lab: Lab) -> Iterator[None]:
    """Keep every other process from changing the lab meanwhile; LabError when one does.

    The lock goes with the process that holds it, killed or not.
    """
    lab.lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lab.lock_file.open("w") as handle:
        if not _lock(handle):
            raise LabError(
                tr(
                    vi="một lệnh khác đang thay đổi phòng lab (hntt lab up hoặc down)",
                    en="another command is changing the lab right now (hntt lab up or down)",
                )
            )
        yield


def _lock(handle: IO[str]) -> bool:
    # A killed process's child holds the lock for the moment between its fork and its exec.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True
