"""A host's answer against its declared state: what differs, and what nobody declared."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hntt.audit.linux.request import PathFacts, ProbeResult, SocketFacts, UserFacts
from hntt.intent.linux.model import (
    DeclaredState,
    Directory,
    File,
    Link,
    ListeningPort,
    Service,
    User,
)
from hntt.intent.linux.programs import NotBuiltError, built_content
from hntt.intent.linux.secrets import MissingSecretError, is_offline, reveal, secret_names
from hntt.intent.secrets import Placeholders, SecretSource

Severity = Literal["error", "warning"]
Cause = Literal["missing", "changed", "undeclared", "left_over", "runtime", "pending", "unknown"]

_REPAIRABLE_KINDS = {"package", "user", "file", "directory", "sysctl", "service"}
IN_FORCE = " in the kernel"
"""Ends the subject of the drift of a unit that runs while what it loaded is gone; see ``Service.holds``."""
_UNIT_ENABLED = {"enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "linked"}
_ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - addresses reported by a host, nothing is bound
_EPHEMERAL = range(32768, 61000)


@dataclass(frozen=True, order=True)
class Drift:
    """One difference. ``cause`` says how: a declared thing ``missing`` or ``changed``; ``undeclared``: nobody wants it;
    ``left_over``: nobody wants it and apply removes it; ``runtime``: declared right but not working; ``pending``: a
    change of files is not finished; ``unknown``: could not be compared.
    """

    kind: str
    subject: str
    expected: str
    actual: str
    severity: Severity
    cause: Cause

    @property
    def repairable(self) -> bool:
        """Whether applying the declared state puts it right."""
        return self.cause == "left_over" or (self.cause in ("missing", "changed") and self.kind in _REPAIRABLE_KINDS)


def compare(state: DeclaredState, found: ProbeResult, secrets: SecretSource | None = None) -> list[Drift]:
    """Every drift of a host, sorted; empty when it is as declared.

    ``secrets`` gives the values for files that hold secrets; without a value the content is not compared, which is
    itself reported (``unknown``).
    """
    source = secrets or Placeholders()
    return sorted(
        [
            *_packages(state, found),
            *(drift for file in state.files for drift in _file(file, found.paths.get(file.dest), source)),
            *(drift for folder in state.directories for drift in _directory(folder, found.paths.get(folder.path))),
            *(drift for link in state.links for drift in _link(link, found.paths.get(link.path))),
            *_left_overs(state, found),
            *(drift for user in state.users for drift in _user(user, found)),
            *_undeclared_users(state, found),
            *_sudo(state, found),
            *_sysctls(state, found),
            *(drift for service in state.services for drift in _service(service, found)),
            *_undeclared_units(state, found),
            *_listening(state, found),
            *_runtime(state, found),
        ]
    )


def _packages(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    for package in state.packages:
        version = found.packages.get(package.name)
        if package.state == "present" and version is None:
            yield Drift("package", package.name, "installed", "not installed", "error", "missing")
        elif package.state == "absent" and version is not None:
            yield Drift("package", package.name, "not installed", version, "error", "changed")


def _file(file: File, facts: PathFacts | None, secrets: SecretSource) -> Iterator[Drift]:
    if facts is None:
        yield Drift("file", file.dest, "present", "absent", "error", "missing")
        return
    if facts.kind != "file":
        yield Drift("file", file.dest, "file", facts.kind, "error", "changed")
        return
    yield from _owner_and_mode("file", file.dest, file, facts)
    if secret_names(file.content) and is_offline(secrets):
        yield Drift("file", file.dest, "content with secrets", "not compared: no secrets here", "warning", "unknown")
        return
    try:
        content = built_content(reveal(file.content, secrets))
    except MissingSecretError as error:
        yield Drift("file", file.dest, "content with secrets", str(error), "warning", "unknown")
        return
    except NotBuiltError as error:
        yield Drift("file", file.dest, "a built file", str(error), "warning", "unknown")
        return
    if hashlib.sha256(content.encode("utf-8")).hexdigest() != facts.hash:
        yield Drift("file", file.dest, "declared content", "other content", "error", "changed")


def _directory(folder: Directory, facts: PathFacts | None) -> Iterator[Drift]:
    if facts is None or facts.kind != "directory":
        actual = "absent" if facts is None else facts.kind
        yield Drift("directory", folder.path, "directory", actual, "error", "missing")
        return
    yield from _owner_and_mode("directory", folder.path, folder, facts)


def _link(link: Link, facts: PathFacts | None) -> Iterator[Drift]:
    actual = "absent" if facts is None else facts.target or facts.kind
    if actual != link.target:
        yield Drift(
            "file", link.path, f"link to {link.target}", actual, "error", "missing" if facts is None else "changed"
        )


def _owner_and_mode(kind: str, path: str, wanted: File | Directory, facts: PathFacts) -> Iterator[Drift]:
    expected = f"{wanted.owner}:{wanted.group} {int(wanted.mode, 8):04o}"
    actual = f"{facts.owner}:{facts.group} {facts.mode}"
    if expected != actual:
        yield Drift(kind, path, expected, actual, "error", "changed")


def _left_overs(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    declared = {file.dest for file in state.files}
    purged = {(folder.path, folder.pattern): folder.purge for folder in state.managed_directories}
    for folder, pattern, paths in found.managed:
        for path in paths:
            if path not in declared:
                removed = purged.get((folder, pattern), False)
                yield Drift("file", path, "absent", "present", "error", "left_over" if removed else "undeclared")


def _user(user: User, found: ProbeResult) -> Iterator[Drift]:
    facts = next((entry for entry in found.users if entry.name == user.name), None)
    if facts is None:
        yield Drift("user", user.name, f"login with {user.shell}", "no such login", "error", "missing")
        return
    for what, expected, actual in _user_fields(user, facts):
        if expected != actual:
            yield Drift("user", f"{user.name} {what}", expected, actual, "error", "changed")
    for group in sorted(set(facts.groups) - set(user.groups)):
        yield Drift("user", f"{user.name} group {group}", "not a member", "member", "error", "undeclared")
    wanted_keys = {_key(key) for key in user.authorized_keys}
    for key in sorted(set(facts.keys) - wanted_keys):
        yield Drift("key", f"{user.name} {_shown(key)}", "not accepted", "accepted", "error", "undeclared")
    for key in sorted(wanted_keys - set(facts.keys)):
        yield Drift("key", f"{user.name} {_shown(key)}", "accepted", "not accepted", "error", "missing")


def _user_fields(user: User, facts: UserFacts) -> Iterator[tuple[str, str, str]]:
    yield "shell", user.shell, facts.shell
    yield "password", _locked(user.locked), _locked(facts.locked)
    missing = sorted(set(user.groups) - set(facts.groups))
    yield "groups", ", ".join(missing), ""
    if user.home is not None:
        yield "home", user.home, facts.home


def _locked(locked: bool) -> str:
    return "locked" if locked else "usable"


def _key(line: str) -> str:
    parts = line.split()
    start = next((i for i, part in enumerate(parts) if part.startswith(("ssh-", "ecdsa-", "sk-"))), 0)
    return " ".join(parts[start : start + 2])


def _shown(key: str) -> str:
    kind, _, data = key.partition(" ")
    return f"{kind} …{data[-12:]}"


def _undeclared_users(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    known = {user.name for user in state.users} | set(state.allowed_users)
    for entry in found.users:
        if entry.name not in known:
            yield Drift("user", entry.name, "no login", f"login with {entry.shell}", "error", "undeclared")
        if entry.name in state.allowed_users and entry.keys:
            for key in entry.keys:
                yield Drift("key", f"{entry.name} {_shown(key)}", "not accepted", "accepted", "error", "undeclared")
        if entry.name in state.allowed_users and not entry.locked:
            yield Drift("user", f"{entry.name} password", "locked", "usable", "warning", "undeclared")


def _sudo(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    declared = {" ".join(f"{user.name} {rule}".split()) for user in state.users for rule in user.sudo}
    allowed = declared | {" ".join(rule.split()) for rule in state.allowed_sudo}
    for rule in sorted(set(found.sudo) - allowed):
        yield Drift("sudo", rule, "no such rule", "in force", "error", "undeclared")


def _sysctls(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    for sysctl in state.sysctls:
        actual = found.sysctls.get(sysctl.name)
        if actual != sysctl.value:
            cause: Cause = "missing" if actual is None else "changed"
            yield Drift("sysctl", sysctl.name, sysctl.value, actual or "no such setting", "error", cause)


def _service(service: Service, found: ProbeResult) -> Iterator[Drift]:
    facts = found.units.get(service.unit)
    if facts is None or facts.load in ("not-found", ""):
        if not service.optional:
            yield Drift("service", service.unit, "present", "no such unit", "error", "missing")
        return
    is_enabled = facts.enabled in _UNIT_ENABLED
    if service.enabled != is_enabled and not (facts.enabled == "static" and not service.enabled):
        expected = "enabled" if service.enabled else "disabled"
        yield Drift("service", f"{service.unit} at boot", expected, facts.enabled or "disabled", "error", "changed")
    is_active = facts.active in ("active", "activating", "reloading")
    if (service.state == "started") != is_active:
        yield Drift("service", service.unit, service.state, facts.active, "error", "changed")
    elif is_active and not found.holds.get(service.unit, True):
        yield Drift("service", f"{service.unit}{IN_FORCE}", "in force", "not in force", "error", "changed")


def _undeclared_units(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    declared = {service.unit for service in state.services}
    for unit in found.enabled_units:
        if unit not in declared and not any(fnmatch.fnmatchcase(unit, glob) for glob in state.allowed_units):
            yield Drift("unit", unit, "not enabled", "enabled", "error", "undeclared")


def _listening(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    daemons = {port.process for port in state.listening}
    for entry in sorted({_socket_key(s): s for s in found.listening}.items()):
        socket = entry[1]
        # A daemon's outgoing UDP queries look like listeners on a port of the moment.
        if socket.proto == "udp" and socket.port in _EPHEMERAL and socket.process in daemons:
            continue
        if not any(_covers(port, socket) for port in state.listening):
            subject = f"{socket.proto}/{socket.port} on {socket.address}"
            yield Drift("listening", subject, "closed", socket.process or "unknown process", "error", "undeclared")
    for port in state.listening:
        if port.required and not any(_covers(port, socket) for socket in found.listening):
            subject = f"{port.proto}/{port.port} on {port.address}"
            yield Drift("listening", subject, port.process, "nobody listens", "error", "runtime")


def _socket_key(socket: SocketFacts) -> tuple[str, int, str, str]:
    return socket.proto, socket.port, socket.address, socket.process


def _covers(port: ListeningPort, socket: SocketFacts) -> bool:
    if not port.port <= socket.port <= (port.last_port or port.port):
        return False
    # The kernel keeps 15 characters of a process name.
    return (port.proto, port.process[:15]) == (socket.proto, socket.process) and (
        port.address == "*" or port.address == socket.address or _same_any(port.address, socket.address)
    )


def _same_any(one: str, other: str) -> bool:
    return one in _ANY_ADDRESS and other in _ANY_ADDRESS


def _runtime(state: DeclaredState, found: ProbeResult) -> Iterator[Drift]:
    for unit in found.failed_units:
        yield Drift("unit", unit, "not failed", "failed", "error", "runtime")
    for change in found.open_changes:
        yield Drift("transaction", change["id"], "finished", change["state"], "error", "pending")
    uses_chrony = any(package.name == "chrony" for package in state.packages)
    if uses_chrony and found.clock is not None and found.clock.leap != "Normal":
        yield Drift("clock", "chrony", "synchronised", found.clock.leap, "warning", "runtime")
