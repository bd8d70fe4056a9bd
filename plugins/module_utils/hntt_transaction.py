"""Several files changed together or not at all, on the host, with a journal that survives a crash.

Standard library only: a guarded change copies this file (as engine.py) and hntt_host.py beside its journal and runs it
from a systemd timer, when neither Ansible nor the controller may be there any more::

    python3 engine.py apply|revert|confirm ID     (directory of journals: where engine.py's directory lies)

Life of a transaction (``state`` in its journal)::

    staging -> ready -> swapping -> swapped -> done                a plain change
                                           -> guarded -> done      confirmed by the controller in time
                                                      -> reverted  not confirmed
    staging | ready            -> refused     nothing was changed
    swapping | swapped         -> rolled_back restart failed, or the process died and the next run found it
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import shutil
import sys
import time

try:
    from ansible.module_utils.hntt_host import Systemd, fsync_directory, is_mount_point, sha256, snapshot, write_file
except ImportError:  # on the host, beside a journal: no Ansible there
    from hntt_host import Systemd, fsync_directory, is_mount_point, sha256, snapshot, write_file

JOURNALS = "/var/lib/hntt/transactions"
KEPT_TRANSACTIONS = 20
BOOT_UNIT = "hntt-recover.service"
SYSTEMD_DIR = "/etc/systemd/system"
BOOT_OWNER = (0, 0)
OPEN_STATES = ("staging", "ready", "swapping", "swapped", "guarded")


class TransactionError(Exception):
    """A change that was not made; ``state`` is the journal's state after cleaning up."""

    def __init__(self, message, state="refused"):
        super().__init__(message)
        self.state = state


@contextlib.contextmanager
def locked(base, wait=120):
    """One transaction at a time on a host; the kernel drops the lock of a killed process."""
    os.makedirs(base, mode=0o700, exist_ok=True)
    with open(os.path.join(base, ".lock"), "w", encoding="ascii") as handle:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES) or time.monotonic() > deadline:
                    raise TransactionError("another change of this host is still running") from error
                time.sleep(0.2)
        yield


class AtBoot(Systemd):
    """systemd before the units have started: they will read the old files, and waiting for them would dead-lock."""

    def restart(self, verb, units):
        """Nothing to do."""


class Transaction:
    """One change of several files; every method leaves the journal telling the truth about the disk."""

    def __init__(self, base, identity, systemd=None, step=None):
        self.base = base
        self.identity = identity
        self.folder = os.path.join(base, identity)
        self.systemd = systemd or Systemd()
        self._step = step or (lambda name: None)
        self.journal = {}

    @classmethod
    def load(cls, base, identity, systemd=None):
        """A transaction from its journal."""
        found = cls(base, identity, systemd)
        with open(os.path.join(found.folder, "journal.json"), encoding="utf-8") as handle:
            found.journal = json.load(handle)
        return found

    @property
    def state(self):
        """Where the transaction is in its life."""
        return self.journal["state"]

    def record(self, state, **more):
        """Write the journal durably, the old one staying whole until the new one is."""
        self.journal.update(more, state=state)
        path = os.path.join(self.folder, "journal.json")
        write_file(path + ".new", json.dumps(self.journal, indent=1).encode(), 0o600, os.geteuid(), os.getegid())
        os.rename(path + ".new", path)
        fsync_directory(self.folder)

    def stage(self, entries, directories=(), sysctls=(), restart=(), reload=()):
        """Write everything aside and keep the originals; on any failure nothing is left and TransactionError is raised.

        ``entries``: dicts with dest, data (bytes; None removes), mode, uid, gid, old (its snapshot).
        ``directories``: dicts with path, mode, uid, gid, old. ``sysctls``: dicts with name, new, old.
        """
        try:
            os.makedirs(os.path.join(self.folder, "old"), mode=0o700)
            self.journal = {
                "id": self.identity,
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "directories": list(directories),
                "sysctls": list(sysctls),
                "restart": list(restart),
                "reload": list(reload),
                "entries": [self._entry(number, entry) for number, entry in enumerate(entries)],
            }
            self.record("staging")
            for folder in directories:
                self._step("directory")
                self._make_directory(folder)
            for entry, wanted in zip(self.journal["entries"], entries, strict=True):
                self._step("stage")
                self._stage_entry(entry, wanted)
            self.record("ready")
        except OSError as error:
            self.discard(f"staging failed: {error}")
            raise TransactionError(f"nothing was changed: {error}") from error

    def _entry(self, number, wanted):
        folder, name = os.path.split(wanted["dest"])
        mark = f".{name}.hntt-{self.identity}"
        return {
            "dest": wanted["dest"],
            "old": wanted["old"],
            "new": None if wanted["data"] is None else sha256(wanted["data"]),
            "target": wanted.get("target"),
            "mode": wanted.get("mode"),
            "uid": wanted.get("uid"),
            "gid": wanted.get("gid"),
            "staged": os.path.join(folder, mark + ".new"),
            "kept": os.path.join(folder, mark + ".old"),
            "copy": os.path.join(self.folder, "old", str(number)),
            "in_place": is_mount_point(wanted["dest"]),
        }

    def _make_directory(self, folder):
        os.makedirs(folder["path"], mode=0o755, exist_ok=True)
        os.chown(folder["path"], folder["uid"], folder["gid"])
        os.chmod(folder["path"], folder["mode"])

    def _stage_entry(self, entry, wanted):
        old = entry["old"]
        if entry["target"] is not None:
            os.symlink(entry["target"], entry["staged"])
        elif wanted["data"] is not None:
            write_file(entry["staged"], wanted["data"], entry["mode"], entry["uid"], entry["gid"])
        if old is not None and old["kind"] == "file":
            shutil.copyfile(entry["dest"], entry["copy"])
            os.chmod(entry["copy"], 0o600)
        if old is not None and not entry["in_place"]:
            # A second name for the original: putting it back is then a rename, which needs no space on a full disk.
            os.link(entry["dest"], entry["kept"], follow_symlinks=False)

    def commit(self, final="done"):
        """Swap all files, set kernel settings, restart units; on any failure the old state is put back."""
        try:
            self.record("swapping")
        except OSError as error:
            self.discard(str(error))
            raise TransactionError(f"nothing was changed: {error}") from error
        try:
            for entry in self.journal["entries"]:
                self._step("swap")
                self._swap(entry)
            self._step("swapped")
            self.record("swapped")
            self._set_sysctls("new")
            self._restart_units()
            self._step("restarted")
            if final == "done":
                self.close("done")
            else:
                self.record(final)
        except (OSError, RuntimeError) as error:
            self.roll_back("rolled_back", str(error))
            raise TransactionError(f"{error}; the old files are back", "rolled_back") from error

    def _swap(self, entry):
        if entry["new"] is None and entry["target"] is None:
            os.unlink(entry["dest"])
        elif entry["in_place"]:
            with open(entry["staged"], "rb") as handle:
                write_file(entry["dest"], handle.read(), entry["mode"], entry["uid"], entry["gid"])
            os.unlink(entry["staged"])
        else:
            os.rename(entry["staged"], entry["dest"])
        fsync_directory(os.path.dirname(entry["dest"]))

    def _set_sysctls(self, which):
        for sysctl in self.journal["sysctls"]:
            if sysctl[which] is not None:
                with open("/proc/sys/" + sysctl["name"].replace(".", "/"), "w", encoding="ascii") as handle:
                    handle.write(sysctl[which])

    def _restart_units(self):
        units = self.journal["restart"]
        self._reload_systemd()
        self.systemd.restart("restart", units)
        self.systemd.restart("reload-or-restart", [unit for unit in self.journal["reload"] if unit not in units])

    def _reload_systemd(self):
        if any(entry["dest"].startswith(SYSTEMD_DIR) for entry in self.journal["entries"]):
            self.systemd.run("systemctl", "daemon-reload")

    def roll_back(self, state, reason):
        """Put every original back, restart what read the new files, and say why in the journal. Safe to repeat."""
        for entry in self.journal["entries"]:
            self._restore(entry)
        self.remove_left_overs()
        self._undo_directories()
        with contextlib.suppress(OSError):
            self._set_sysctls("old")
        problems = self._restart_old()
        with contextlib.suppress(OSError):  # a full disk: the next run finds the old files in place and records it
            self.record(state, error=reason, restart_problems=problems)

    def _restart_old(self):
        """Have every unit that may have read a new file read the old one; a failure does not keep the others from it.

        What was to be reloaded is reloaded: it goes on with whoever it serves, and is restarted only where that fails.
        """
        self._reload_systemd()
        verbs = dict.fromkeys(self.journal["restart"], ("restart",))
        verbs.update({unit: ("reload-or-restart", "restart") for unit in self.journal["reload"] if unit not in verbs})
        found = [self._first_that_works(unit, tried) for unit, tried in verbs.items()]
        return [problem for problem in found if problem]

    def _first_that_works(self, unit, verbs):
        problem = ""
        for verb in verbs:
            try:
                self.systemd.restart(verb, [unit])
            except RuntimeError as error:
                problem = str(error)
            else:
                return ""
        return problem

    def _restore(self, entry):
        old, now = entry["old"], snapshot(entry["dest"])
        if old is None:
            if now is not None and (now["hash"], now.get("target")) == (entry["new"], entry["target"]):
                os.unlink(entry["dest"])
        elif entry["in_place"]:
            if os.path.exists(entry["copy"]) and now is not None and now["hash"] != old["hash"]:
                with open(entry["copy"], "rb") as handle:
                    write_file(entry["dest"], handle.read(), old["mode"], old["uid"], old["gid"])
        elif os.path.lexists(entry["kept"]):
            self._rename_back(entry)

    def _rename_back(self, entry):
        # rename(2) does nothing when both names are the same file: the swap had not come to this entry.
        os.rename(entry["kept"], entry["dest"])
        if os.path.lexists(entry["kept"]):
            os.unlink(entry["kept"])
        fsync_directory(os.path.dirname(entry["dest"]))

    def _undo_directories(self):
        for folder in reversed(self.journal["directories"]):
            if not os.path.isdir(folder["path"]):
                continue
            if folder["old"] is None:
                with contextlib.suppress(OSError):  # no longer empty: somebody else uses it
                    os.rmdir(folder["path"])
            else:
                os.chown(folder["path"], folder["old"]["uid"], folder["old"]["gid"])
                os.chmod(folder["path"], folder["old"]["mode"])

    def discard(self, reason):
        """Forget a staged change of which nothing is in place yet."""
        self.remove_left_overs()
        with contextlib.suppress(OSError):
            self._undo_directories()
        try:
            self.record("refused", error=reason)
        except OSError:
            shutil.rmtree(self.folder, ignore_errors=True)  # a full disk: leave nothing rather than half a journal

    def close(self, state):
        """End a transaction whose new files stay."""
        self.record(state)
        self.remove_left_overs()
        prune(self.base)

    def remove_left_overs(self):
        """Remove what the transaction wrote beside the files."""
        for entry in self.journal.get("entries", ()):
            for name in ("staged", "kept"):
                with contextlib.suppress(OSError):
                    os.unlink(entry[name])

    def guard_unit(self):
        """Name of the systemd timer that reverts this transaction, without suffix."""
        return "hntt-guard-" + self.identity

    def hand_over(self, seconds, sources):
        """Let systemd make the change, independent of the connection that asked for it.

        ``sources``: text of engine.py and of hntt_host.py, by file name.
        """
        engine = os.path.join(self.folder, "engine.py")
        try:
            for name, text in sources.items():
                write_file(os.path.join(self.folder, name), text.encode(), 0o600, os.geteuid(), os.getegid())
            self.record("ready", guard_seconds=seconds)
        except OSError as error:
            self.discard(str(error))
            raise TransactionError(f"nothing was changed: {error}") from error
        code, output = self.systemd.run(
            "systemd-run",
            "--collect",
            "--unit=hntt-apply-" + self.identity,
            sys.executable,
            engine,
            "apply",
            self.identity,
        )
        if code != 0:
            self.discard("systemd-run: " + output)
            raise TransactionError("nothing was changed: systemd-run: " + output)

    def apply_guarded(self):
        """Arm the revert, then commit; afterwards the change waits for :meth:`confirm`."""
        engine = os.path.join(self.folder, "engine.py")
        timer = f"--on-active={self.journal['guard_seconds']}s"
        code, output = self.systemd.run(
            "systemd-run", "--collect", "--unit=" + self.guard_unit(), timer, "--timer-property=AccuracySec=1s",
            sys.executable, engine, "revert", self.identity,
        )  # fmt: skip
        if code != 0:
            self.discard("systemd-run: " + output)
            raise TransactionError("nothing was changed: the revert could not be armed: " + output)
        try:
            self._arm_boot_unit(engine)
            self.commit("guarded")
        except (TransactionError, OSError):
            self._disarm()
            raise

    def _arm_boot_unit(self, engine):
        # The timer is transient: a host that is switched off meanwhile must go back when it starts.
        text = (
            "[Unit]\nDescription=Go back to the files before an unconfirmed change\nDefaultDependencies=no\n"
            "After=local-fs.target\nBefore=network-pre.target sysinit.target\n"
            f"[Service]\nType=oneshot\nExecStart={sys.executable} {engine} recover all\n"
        )
        unit = os.path.join(SYSTEMD_DIR, BOOT_UNIT)
        write_file(unit, text.encode(), 0o644, *BOOT_OWNER)
        wants = os.path.join(SYSTEMD_DIR, "sysinit.target.wants")
        os.makedirs(wants, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink(unit, os.path.join(wants, BOOT_UNIT))

    def _disarm(self):
        self.systemd.run("systemctl", "stop", self.guard_unit() + ".timer")
        for path in (
            os.path.join(SYSTEMD_DIR, "sysinit.target.wants", BOOT_UNIT),
            os.path.join(SYSTEMD_DIR, BOOT_UNIT),
        ):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def confirm(self):
        """Keep the change: the controller has come back over a new connection."""
        if self.state == "guarded":
            self._disarm()
            self.close("done")

    def revert(self, reason):
        """Go back from a guarded change."""
        if self.state == "guarded":
            self.roll_back("reverted", reason)
            self._disarm()

    def guard_is_running(self):
        """Whether the timer that would revert this transaction still runs."""
        return self.systemd.run("systemctl", "is-active", self.guard_unit() + ".timer")[1] == "active"


def identities(base):
    """Transactions on this host, oldest first."""
    return sorted(name for name in os.listdir(base) if os.path.exists(os.path.join(base, name, "journal.json")))


def recover(base, systemd=None):
    """Clean up after processes that died in the middle; returns what was done as (id, state) pairs.

    Raises TransactionError when a guarded change still waits for its confirmation.
    """
    done = []
    for identity in reversed(identities(base)):
        found = Transaction.load(base, identity, systemd)
        if found.state not in OPEN_STATES:
            found.remove_left_overs()  # its process may have died between the last journal entry and tidying up
            continue
        if found.state == "guarded" and found.guard_is_running():
            raise TransactionError(f"guarded change {identity} still waits for its confirmation", "guarded")
        if found.state in ("staging", "ready"):
            found.discard("interrupted before anything was changed")
        elif found.state == "guarded":
            found.revert("never confirmed")
        else:
            found.roll_back("rolled_back", "interrupted while files were being swapped")
            found._disarm()
        done.append((identity, found.state))
    return done


def prune(base):
    """Forget all but the newest transactions."""
    for identity in identities(base)[:-KEPT_TRANSACTIONS]:
        shutil.rmtree(os.path.join(base, identity), ignore_errors=True)


def main(argv=None):
    """Entry for systemd: apply, revert or confirm one transaction, or recover all, beside this file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=("apply", "revert", "confirm", "recover"))
    parser.add_argument("identity")
    arguments = parser.parse_args(argv)
    base = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with locked(base):
        if arguments.verb == "recover":
            recover(base, AtBoot())
            return
        found = Transaction.load(base, arguments.identity)
        if arguments.verb == "apply" and found.state == "ready":
            found.apply_guarded()
        elif arguments.verb == "revert":
            found.revert("not confirmed in time")
        elif arguments.verb == "confirm":
            found.confirm()


if __name__ == "__main__":
    main()
