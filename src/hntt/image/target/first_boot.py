"""Makes the generic image in this slot the PC that its seed names. Runs before the network at every boot, once a slot.

What is the PC's own lies in /data/hntt/identity and comes along into every slot: the seed, the machine id, the SSH
host keys.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import keep, reports
from .signed import KEY, is_signed_seed

IDENTITY = "data/hntt/identity"
MARK = "var/lib/hntt/first-boot.json"
IMAGE = "usr/lib/hntt/image.json"
HOST_KEY = "ssh_host_ed25519_key"


class SeedError(Exception):
    """The seed on the disk is not one that was signed."""


def main(root: Path = Path("/")) -> int:
    """Apply the seed if this slot has not yet seen this one. Exit code 1 when the seed can't be trusted."""
    identity = root / IDENTITY
    try:
        seed = read_seed(identity, root / str(KEY).lstrip("/"))
    except (OSError, SeedError) as error:
        print(f"hntt-first-boot: {error}", file=sys.stderr)
        return 1
    mark = root / MARK
    wanted = json.dumps({"host": seed["host"], "issued": seed["issued"]})
    if not mark.is_file() or mark.read_text() != wanted:
        apply(seed, identity, root)
        # Before the mark: said twice after a power cut is better than never.
        reports.Queue(seed["host"], version(root), root / "data/hntt/reports").add("first_boot")
        reports.write_whole(mark, wanted.encode(), 0o644)
        _settle(seed, root)
    _enrol(root)
    return 0


def read_seed(identity: Path, key: Path) -> dict[str, Any]:
    """The seed that was installed; SeedError when its signature is not good."""
    content = (identity / "seed.json").read_bytes()
    if not is_signed_seed(content, (identity / "seed.json.sig").read_bytes(), key):
        raise SeedError("the signature of /data/hntt/identity/seed.json is wrong")
    return dict(json.loads(content))


def version(root: Path) -> str:
    """The version of the image in the running slot; empty when the image does not say."""
    try:
        return str(json.loads((root / IMAGE).read_text())["version"])
    except (OSError, ValueError, KeyError):
        return ""


def own_reports(root: Path) -> reports.Queue:
    """The queue of the installed PC, in its seed's name and its slot's version; SeedError as for the seed."""
    seed = read_seed(root / IDENTITY, root / str(KEY).lstrip("/"))
    return reports.Queue(seed["host"], version(root), root / "data/hntt/reports")


def apply(seed: dict[str, Any], identity: Path, root: Path) -> None:
    """Write the seed's files, the machine id and the host keys into the slot at ``root``."""
    for file in seed["files"]:
        path = root / str(file["path"]).lstrip("/")
        if ".." in path.parts:
            raise SeedError(f"a path that leaves the root: {file['path']}")
        reports.write_whole(path, str(file["content"]).encode(), int(str(file["mode"]), 8))
    machine_id = identity / "machine-id"
    if machine_id.is_file():
        reports.write_whole(root / "etc/machine-id", machine_id.read_bytes(), 0o444)
    _host_keys(identity, root)
    keep.put_back(identity, root)
    keep.renew_sums(root)


def _host_keys(identity: Path, root: Path) -> None:
    kept = identity / HOST_KEY
    if not kept.is_file():
        scratch = identity / ".making"
        scratch.unlink(missing_ok=True)
        scratch.with_name(".making.pub").unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(scratch)], check=True)
        reports.write_whole(identity / f"{HOST_KEY}.pub", scratch.with_name(".making.pub").read_bytes(), 0o644)
        reports.write_whole(kept, scratch.read_bytes(), 0o600)
        scratch.unlink()
        scratch.with_name(".making.pub").unlink()
    for path in sorted(identity.glob(f"{HOST_KEY}*")):
        mode = 0o600 if path.name == HOST_KEY else 0o644
        reports.write_whole(root / "etc/ssh" / path.name, path.read_bytes(), mode)


def _settle(seed: dict[str, Any], root: Path) -> None:
    """What systemd read before the files were there is read again."""
    if root != Path("/"):
        return
    name = (root / "etc/hostname").read_text().strip() if (root / "etc/hostname").is_file() else ""
    if name:
        subprocess.run(["hostname", name], check=False)
    if any(str(file["path"]).startswith("/etc/systemd/system/") for file in seed["files"]):
        subprocess.run(["systemctl", "daemon-reload"], check=False)
        # Timers that had no file when the start was planned.
        subprocess.run(["systemctl", "--no-block", "start", "timers.target"], check=False)


def _enrol(root: Path) -> None:
    """Let the enrolment's own module prepare itself, where the image has one; it does its work when there is a line."""
    try:
        module = importlib.import_module(".enrol", __package__)
    except ImportError:
        return
    prepare = getattr(module, "prepare", None)
    if prepare is not None:
        prepare(root)


if __name__ == "__main__":
    sys.exit(main())
