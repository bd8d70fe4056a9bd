"""The register behind an inventory, with the network derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hntt.network.build import build
from hntt.network.model import Network
from hntt.register.loader import load
from hntt.register.models import Register


@dataclass(frozen=True)
class Source:
    """A register without errors and its network."""

    register: Register
    network: Network


def read_source(register_dir: Path) -> Source:
    """Read and derive."""
    register = load(register_dir)
    return Source(register, build(register))
