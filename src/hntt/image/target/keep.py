"""What a converge made this PC's own comes along into the other slot, so that an update needs nobody to converge it.

RAUC calls this before it writes an update (``keep.sh``); ``first_boot`` puts it back in the new slot, over the seed.
"""

from __future__ import annotations

import grp
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from . import reports

IDENTITY = "data/hntt/identity"
KEPT = "own.json"
MORE = ("/etc/hntt-pc/page.js", "/etc/usbguard/rules.conf")
"""Not in the seed: the number's password comes with the first converge, the list of devices is what was plugged in."""
SUMS = "etc/hntt-pc/declared.sums"
ROLE_FILES = "usr/lib/hntt/role-files"
"""What the roles declare on every PC alike, a path on each line; the image's."""


def main(root: Path = Path("/")) -> int:
    """Keep the seed's files, as they are now, and what came later."""
    identity = root / IDENTITY
    seed = json.loads((identity / "seed.json").read_bytes())
    paths = dict.fromkeys([*(str(file["path"]) for file in seed["files"]), *MORE])
    found = [_read(root, path) for path in paths if (root / path.lstrip("/")).is_file()]
    reports.write_whole(identity / KEPT, json.dumps(found, ensure_ascii=False).encode())
    return 0


def put_back(identity: Path, root: Path) -> None:
    """Write what was kept into the slot at ``root``; nothing when nothing was."""
    try:
        kept: list[dict[str, Any]] = json.loads((identity / KEPT).read_bytes())
    except (OSError, ValueError):
        return
    for file in kept:
        path = root / str(file["path"]).lstrip("/")
        reports.write_whole(path, str(file["content"]).encode(), int(str(file["mode"]), 8))
        try:
            shutil.chown(path, group=str(file["group"]))
        except LookupError:
            continue  # the new image has no such group: its first converge says what is right


def renew_sums(root: Path) -> None:
    """Let what ``hntt-pc check`` compares with be this slot's own files, which are what was signed.

    Files that only a newer image's roles declare are listed too, so that an audit after an update finds what it would
    after a converge.
    """
    sums = root / SUMS
    if not sums.is_file():
        return
    listed = {line.partition("  ")[2] for line in sums.read_text().splitlines()}
    if (root / ROLE_FILES).is_file():
        listed.update((root / ROLE_FILES).read_text().splitlines())
    lines = []
    for path in sorted(listed - {"", f"/{SUMS}"}):
        file = root / path.lstrip("/")
        if file.is_file():
            lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {path}\n")
    mode = sums.stat().st_mode & 0o777
    reports.write_whole(sums, "".join(lines).encode(), mode)


def _read(root: Path, path: str) -> dict[str, str]:
    file = root / path.lstrip("/")
    status = file.stat()
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = "root"
    return {"path": path, "mode": f"{status.st_mode & 0o7777:04o}", "group": group, "content": file.read_text()}


if __name__ == "__main__":
    sys.exit(main())
