"""A view of /etc as it will be, for validators whose file refers to other files that change with it.

The view is an overlay in a mount namespace of the validator's own: nothing on the host is touched and nothing is
left when it ends. Where the host does not allow that (an unprivileged container), each file is validated by itself.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile

from ansible.module_utils.hntt_host import write_file

SHOWN = "/etc/"
# $1: private directory with tree/ (new files) and removed (names to leave out); the rest is the validator.
ENTER = r"""
mount -t tmpfs -o mode=0700 hntt "$1/memory"
mkdir "$1/memory/upper" "$1/memory/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$1/memory/upper,workdir=$1/memory/work" hntt /etc
cp -a --remove-destination "$1/tree/etc/." /etc/
xargs -0 -r rm -f -- < "$1/removed"
shift
exec "$@"
"""


class Preview:
    """New files laid out in a private directory, and commands that see them in place. Use as a context manager."""

    def __init__(self, entries, systemd):
        self._entries = entries
        self._systemd = systemd
        self._folder = ""
        self._in_place = False

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="hntt-")
        try:
            self._lay_out()
            self._in_place = self._systemd.run(*self._wrapped(["true"]))[0] == 0
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_error):
        shutil.rmtree(self._folder, ignore_errors=True)

    def _lay_out(self):
        os.mkdir(os.path.join(self._folder, "memory"))
        os.makedirs(os.path.join(self._folder, "tree", "etc"))
        for entry in self._entries:
            path = self._staged(entry)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if entry.get("target") is not None:
                os.symlink(entry["target"], path)
            elif entry["data"] is not None:
                write_file(path, entry["data"], entry["mode"], entry["uid"], entry["gid"])
        # Only what the view covers: elsewhere a name is the host's own file, which nobody may take away here.
        gone = [e["dest"] for e in self._entries if e["data"] is None and e.get("target") is None]
        removed = [path for path in gone if path.startswith(SHOWN)]
        write_file(os.path.join(self._folder, "removed"), "\0".join(removed).encode(), 0o600, -1, -1)

    def _staged(self, entry):
        return os.path.join(self._folder, "tree", entry["dest"].lstrip("/"))

    def _wrapped(self, command):
        return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", ENTER, "sh", self._folder, *command]

    def command_for(self, entry):
        """(words of the validator, path it is given) for an entry."""
        in_place = self._in_place and entry["dest"].startswith(SHOWN)
        path = entry["dest"] if in_place else self._staged(entry)
        words = [part.replace("%s", path) for part in shlex.split(entry["validate"])]
        return (self._wrapped(words) if in_place else words), path
