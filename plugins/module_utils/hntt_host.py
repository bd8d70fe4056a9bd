"""What a transaction needs from the host: files, their attributes, systemd. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time

COMMAND_TIMEOUT = 90
SETTLE_SECONDS = 1.0


class Systemd:
    """The calls to systemd, in one place so that tests can stand in for them."""

    def run(self, *argv):
        """(exit code, output) of a command; a command that hangs counts as failed."""
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, f"no answer after {COMMAND_TIMEOUT} s"
        except OSError as error:
            return 127, str(error)
        return done.returncode, done.stdout.decode("utf-8", "replace").strip()

    def restart(self, verb, units):
        """Restart or reload units in order; the first one that fails raises RuntimeError with its last log lines."""
        for unit in units:
            code, output = self.run("systemctl", verb, unit)
            if code != 0:
                raise RuntimeError("\n".join(filter(None, [f"{verb} {unit}: {output}", self.last_lines(unit)])))
        if units:
            time.sleep(SETTLE_SECONDS)
        for unit in units:
            # A unit that dies right after its start has answered "restarted" all the same.
            _code, state = self.run("systemctl", "is-active", unit)
            if state not in ("active", "inactive", "reloading"):
                raise RuntimeError(f"{unit} is {state} after {verb}: {self.last_lines(unit)}")

    def last_lines(self, unit):
        """The last log lines of a unit."""
        return self.run("journalctl", "--unit", unit, "--lines=5", "--no-pager", "--output=cat")[1]


def sha256(data):
    """Hex digest of bytes."""
    return hashlib.sha256(data).hexdigest()


def snapshot(path):
    """What is at ``path`` now: None, or kind, hash, mode, uid, gid (and target for a link)."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = {"mode": status.st_mode & 0o7777, "uid": status.st_uid, "gid": status.st_gid}
    if os.path.islink(path):
        return dict(found, kind="link", target=os.readlink(path), hash=None)
    if os.path.isdir(path):
        return dict(found, kind="directory", hash=None)
    with open(path, "rb") as handle:
        return dict(found, kind="file", hash=sha256(handle.read()))


def is_mount_point(path):
    """Whether something is mounted on the file ``path``: it can be written but not replaced."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as handle:
            return any(line.split()[4] == path for line in handle)
    except OSError:
        return False


def fsync_directory(path):
    """Make renames in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path, data, mode, uid, gid):
    """Write a new file durably, never readable wider than ``mode`` in between."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.chown(path, uid, gid)
    os.chmod(path, mode)
