"""What a host is asked, and what it answers."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hntt.i18n import tr
from hntt.intent.linux.model import DeclaredState

PROBE_COMMAND = "/usr/bin/python3 -"


class ProbeError(ValueError):
    """An answer that is not a probe's."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PathFacts(_Answer):
    """What is at a path. ``hash`` (SHA-256, hexadecimal) only for files."""

    kind: str
    owner: str
    group: str
    mode: str
    hash: str | None = None
    target: str | None = None


class UnitFacts(_Answer):
    """systemd's LoadState, ActiveState and UnitFileState."""

    load: str
    active: str
    enabled: str


class UserFacts(_Answer):
    """An account with a login shell, or a declared one; ``keys`` as 'type key' without comments."""

    name: str
    shell: str
    home: str
    groups: tuple[str, ...]
    locked: bool
    keys: tuple[str, ...]


class SocketFacts(_Answer):
    """A socket somebody waits on."""

    proto: str
    address: str
    port: int
    process: str


class ClockFacts(_Answer):
    """chrony's view; ``offset`` in seconds, ``leap`` is 'Normal' when synchronised."""

    source: str
    stratum: int
    offset: float
    leap: str


class ProbeResult(_Answer):
    """A host's whole answer."""

    hostname: str
    os: str
    paths: dict[str, PathFacts | None]
    managed: tuple[tuple[str, str, tuple[str, ...]], ...]
    packages: dict[str, str]
    units: dict[str, UnitFacts]
    enabled_units: tuple[str, ...]
    failed_units: tuple[str, ...]
    holds: dict[str, bool] = Field(default_factory=dict)
    users: tuple[UserFacts, ...]
    sudo: tuple[str, ...]
    sysctls: dict[str, str]
    listening: tuple[SocketFacts, ...]
    clock: ClockFacts | None
    open_changes: tuple[dict[str, str], ...]


def probe_request(state: DeclaredState) -> dict[str, Any]:
    """The request that asks for everything ``state`` names."""
    return {
        "paths": [
            *(file.dest for file in state.files),
            *(folder.path for folder in state.directories),
            *(link.path for link in state.links),
        ],
        "managed": [[folder.path, folder.pattern] for folder in state.managed_directories],
        "packages": [package.name for package in state.packages],
        "units": [service.unit for service in state.services],
        "holds": {service.unit: service.holds for service in state.services if service.holds},
        "users": [user.name for user in state.users],
        "sysctls": [sysctl.name for sysctl in state.sysctls],
    }


def probe_script(state: DeclaredState) -> str:
    """The program to send to ``PROBE_COMMAND`` as root: it prints the answer to ``state``'s request."""
    return f"{_probe_source()}\n\nmain(json.loads({json.dumps(probe_request(state))!r}))\n"


def parse_answer(text: str) -> ProbeResult:
    """The answer out of a host's output; raises :class:`ProbeError`. Lines around it (a banner) are passed over."""
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                return ProbeResult.model_validate_json(line)
            except ValidationError as error:
                raise ProbeError(str(error)) from error
    shown = text.strip()[-200:]
    raise ProbeError(tr(vi=f"máy không trả lời bài dò: {shown!r}", en=f"the host did not answer the probe: {shown!r}"))


@functools.cache
def _probe_source() -> str:
    return (Path(__file__).parent / "probe.py").read_text(encoding="utf-8")
