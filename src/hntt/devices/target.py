"""A device to talk to, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """One device: address, platform and credentials. Secrets never show in ``repr``.

    ``host`` is what SSH connects to (a name when ``ssh_config`` maps it, else an address); ``known_hosts`` is
    the only source of host keys. ``user`` is the management user (on ``frr`` the one with a shell and sudo);
    ``cli_user`` is the one whose login shell is the router's CLI, where the two differ. Times are in seconds.
    """

    name: str
    platform: str
    host: str
    user: str
    known_hosts: Path
    port: int = 22
    cli_user: str | None = None
    password: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    key_file: Path | None = None
    ssh_config: Path | None = None
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0

    @property
    def login(self) -> str:
        """The user whose session speaks the router's CLI."""
        return self.cli_user or self.user
