"""Runs on the managed host: reports what is there, as JSON. Standard library only, changes nothing.

The controller sends this file's text, followed by a call of :func:`main` with the request, to ``python3 -`` as root
(see :func:`hntt.audit.linux.request.probe_script`). It is never imported on a host.
"""

from __future__ import annotations

import fnmatch
import glob
import grp
import hashlib
import json
import os
import pwd
import socket
import subprocess
import sys
import time
from typing import Any

COMMAND_TIMEOUT = 20
STOPPING_S = 15
NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")
LISTEN = {"tcp": "0A", "udp": "07"}


def run(*argv: str) -> str:
    """Standard output of a command, empty when it can't be run or fails."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=COMMAND_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def read(path: str) -> str:
    """Text of a file, empty when it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.read()
    except OSError:
        return ""


def path_facts(path: str) -> dict[str, Any] | None:
    """Kind, owner, group, mode and hash of what is at a path; None when nothing is."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    facts: dict[str, Any] = {
        "owner": name_of(pwd.getpwuid, status.st_uid),
        "group": name_of(grp.getgrgid, status.st_gid),
        "mode": f"{status.st_mode & 0o7777:04o}",
        "hash": None,
    }
    if os.path.islink(path):
        return {**facts, "kind": "link", "target": os.readlink(path)}
    if os.path.isdir(path):
        return {**facts, "kind": "directory"}
    with open(path, "rb") as handle:
        return {**facts, "kind": "file", "hash": hashlib.sha256(handle.read()).hexdigest()}


def name_of(lookup: Any, number: int) -> str:
    """The name of a user or group, its number when it has none."""
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def files_in(folder: str, pattern: str) -> list[str]:
    """Paths of the files in a directory whose names match."""
    if not os.path.isdir(folder):
        return []
    paths = (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if fnmatch.fnmatch(name, pattern))
    return [path for path in paths if not os.path.isdir(path)]


def packages(names: list[str]) -> dict[str, str]:
    """Installed versions of the named packages."""
    output = run("dpkg-query", "-W", "-f", "${binary:Package}\\t${db:Status-Abbrev}\\t${Version}\\n")
    rows = (line.split("\t") for line in output.splitlines())
    installed = {row[0].split(":")[0]: row[2] for row in rows if len(row) == 3 and row[1].startswith("ii")}
    return {name: installed[name] for name in names if name in installed}


def units(names: list[str]) -> dict[str, dict[str, str]]:
    """Load, active and enablement state of the named units.

    A unit that is stopping is often one that starts anew: it is given time until it is one or the other.
    """
    end = time.monotonic() + STOPPING_S
    found = units_now(names)
    while time.monotonic() < end and any(facts["active"] == "deactivating" for facts in found.values()):
        time.sleep(1)
        found = units_now(names)
    return found


def units_now(names: list[str]) -> dict[str, dict[str, str]]:
    """What systemd says at this moment."""
    if not names:
        return {}
    output = run("systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState", "--", *names)
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in output.split("\n\n")]
    # systemd answers in the order asked and with the unit's own name, which for an alias is another one.
    return {
        name: {
            "load": b.get("LoadState", ""),
            "active": b.get("ActiveState", ""),
            "enabled": b.get("UnitFileState", ""),
        }
        for name, b in zip(names, (block for block in blocks if block), strict=False)
    }


def holds(commands: dict[str, str]) -> dict[str, bool]:
    """Whether each unit's own command says that what it put in force still is; a hanging command says no."""

    def succeeds(command: str) -> bool:
        argv = ["sh", "-c", command]
        try:
            return subprocess.run(argv, capture_output=True, timeout=COMMAND_TIMEOUT, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    return {unit: succeeds(command) for unit, command in commands.items()}


def unit_names(*arguments: str) -> list[str]:
    """First column of a systemctl listing."""
    output = run("systemctl", *arguments, "--no-legend", "--plain", "--no-pager")
    return sorted(line.split()[0] for line in output.splitlines() if line.split())


def users(declared: list[str]) -> list[dict[str, Any]]:
    """Accounts that can log in, by shell, and those that somebody declared."""
    shadow = dict(line.split(":")[:2] for line in read("/etc/shadow").splitlines() if line.count(":") > 1)
    patterns = key_file_patterns()
    return [
        {
            "name": entry.pw_name,
            "shell": entry.pw_shell,
            "home": entry.pw_dir,
            "groups": sorted(group.gr_name for group in grp.getgrall() if entry.pw_name in group.gr_mem),
            "locked": shadow.get(entry.pw_name, "!")[:1] in ("!", "*"),
            "keys": authorized_keys(entry, patterns),
        }
        for entry in pwd.getpwall()
        if os.path.basename(entry.pw_shell) not in NO_LOGIN or entry.pw_name in declared
    ]


def key_file_patterns() -> list[str]:
    """Where sshd itself says it looks for keys: a key elsewhere lets nobody in."""
    for line in run("/usr/sbin/sshd", "-T").splitlines():
        if line.startswith("authorizedkeysfile "):
            return line.split()[1:]
    return [".ssh/authorized_keys", ".ssh/authorized_keys2"]


def authorized_keys(entry: pwd.struct_passwd, patterns: list[str]) -> list[str]:
    """Type and key of every key sshd accepts for a user, without comments."""
    found = set()
    for pattern in patterns:
        path = pattern.replace("%u", entry.pw_name).replace("%h", entry.pw_dir).replace("%%", "%")
        for line in read(os.path.join(entry.pw_dir, path)).splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                found.add(key_of(line))
    return sorted(found)


def key_of(line: str) -> str:
    """The type and key in an authorized_keys line, whatever options or comment it has."""
    parts = line.split()
    for position, part in enumerate(parts[:-1]):
        if part.startswith(("ssh-", "ecdsa-", "sk-")):
            return f"{part} {parts[position + 1]}"
    return line.strip()


def sudo_rules() -> list[str]:
    """Every rule in sudoers and the files it includes, white space made plain, without settings and aliases."""
    rules = []
    for path in ["/etc/sudoers", *sorted(glob.glob("/etc/sudoers.d/*"))]:
        name = os.path.basename(path)
        if path.startswith("/etc/sudoers.d/") and ("." in name or name.endswith("~")):
            continue
        for line in read(path).replace("\\\n", " ").splitlines():
            rule = " ".join(line.split("#")[0].split()) if not line.startswith("#") else ""
            if rule and not rule.startswith(("Defaults", "@include")) and not rule.split()[0].endswith("_Alias"):
                rules.append(rule)
    return rules


def sysctls(names: list[str]) -> dict[str, str]:
    """Values of kernel settings, white space made plain; absent ones left out."""
    values = {name: " ".join(read("/proc/sys/" + name.replace(".", "/")).split()) for name in names}
    return {name: value for name, value in values.items() if value}


def listening() -> list[dict[str, Any]]:
    """Sockets that wait for somebody: TCP listeners and UDP sockets bound to no peer, with their process.

    A browser that calls opens and closes sockets all the time: one whose process is not found is looked for again, and
    is left out when it is gone by then.
    """
    found = waiting_sockets()
    owners = socket_owners()
    if any(inode not in owners for inode, _ in found):
        owners.update(socket_owners())
        there = {inode for inode, _ in waiting_sockets()}
        found = [(inode, facts) for inode, facts in found if inode in owners or inode in there]
    return [{**facts, "process": owners.get(inode, "")} for inode, facts in found]


def waiting_sockets() -> list[tuple[str, dict[str, Any]]]:
    """Each such socket's inode and where it waits."""
    found = []
    for proto, state in LISTEN.items():
        for suffix in ("", "6"):
            for line in read(f"/proc/net/{proto}{suffix}").splitlines()[1:]:
                fields = line.split()
                if fields[3] == state and int(fields[2].split(":")[1], 16) == 0:
                    address, port = fields[1].split(":")
                    facts = {"proto": proto, "address": numeric_address(address), "port": int(port, 16)}
                    found.append((fields[9], facts))
    return found


def numeric_address(text: str) -> str:
    """An address of /proc/net: host-order words of four bytes in hexadecimal."""
    raw = b"".join(
        bytes.fromhex(text[i : i + 8])[:: -1 if sys.byteorder == "little" else 1] for i in range(0, len(text), 8)
    )
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def socket_owners() -> dict[str, str]:
    """Process name by socket inode."""
    owners = {}
    for descriptor in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            name = read(f"/proc/{descriptor.split('/')[2]}/comm").strip()
            # systemd holds the sockets of the services it starts: the service itself is the answer when both do.
            if name != "systemd" or target[8:-1] not in owners:
                owners[target[8:-1]] = name
    return owners


def clock() -> dict[str, Any] | None:
    """What chrony says of the clock; None without chrony."""
    fields = run("chronyc", "-n", "-c", "tracking").strip().split(",")
    if len(fields) < 14:
        return None
    return {
        "source": fields[1],
        "stratum": int(fields[2]),
        "offset": float(fields[4]),
        "leap": fields[13],
    }


def open_changes() -> list[dict[str, str]]:
    """Transactions of files that are not finished."""
    journals = (read(path) for path in sorted(glob.glob("/var/lib/hntt/transactions/*/journal.json")))
    entries = [json.loads(text) for text in journals if text]
    closed = ("done", "refused", "rolled_back", "reverted")
    return [{"id": entry["id"], "state": entry["state"]} for entry in entries if entry["state"] not in closed]


def report(request: dict[str, Any]) -> dict[str, Any]:
    """Everything the request asks for, and what nobody asks for because nobody declared it."""
    release = dict(line.split("=", 1) for line in read("/etc/os-release").splitlines() if "=" in line)
    return {
        "hostname": socket.gethostname(),
        "os": (release.get("ID", "") + " " + release.get("VERSION_ID", "").strip('"')).strip(),
        "paths": {path: path_facts(path) for path in request["paths"]},
        "managed": [[folder, pattern, files_in(folder, pattern)] for folder, pattern in request["managed"]],
        "packages": packages(request["packages"]),
        "units": units(request["units"]),
        "holds": holds(request["holds"]),
        "enabled_units": unit_names("list-unit-files", "--state=enabled"),
        "failed_units": unit_names("list-units", "--state=failed", "--all"),
        "users": users(request["users"]),
        "sudo": sudo_rules(),
        "sysctls": sysctls(request["sysctls"]),
        "listening": listening(),
        "clock": clock(),
        "open_changes": open_changes(),
    }


def main(request: dict[str, Any]) -> None:
    """Print the report as one line of JSON."""
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C.UTF-8")
    sys.stdout.write(json.dumps(report(request)) + "\n")
