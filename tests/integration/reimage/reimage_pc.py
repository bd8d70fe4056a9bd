"""What a person does at a PC: plugs the stick in, types the code; and what can then be seen of the installed PC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reimage_bench import CODE, Keys
from reimage_machine import Machine

VERSION = "2026.11.28.1"
PROMPT = r"root@[\w-]+:~# "
ASK, PLAN, DONE, STOPPED = "Gõ mã xã .*:", "Gõ lại mã xã .*:", "XONG", r"DỪNG LẠI - mã ([\w-]+)"
BOOT_S, WRITE_S = 420, 420
SERIAL = "DISK-0001"


@dataclass(frozen=True)
class World:
    """The image and the stick that the tests share."""

    folder: Path
    keys: Keys
    image: Path
    seed: Path
    stick: Path


def install(pc: Machine) -> None:
    """The whole dialogue up to its end."""
    pc.expect(ASK, timeout=BOOT_S)
    pc.type(CODE)
    pc.expect(PLAN)
    pc.type(CODE)
    match = pc.expect(DONE, STOPPED, timeout=WRITE_S)
    assert match.group(0) == "XONG", pc.text[-2000:]


def logged_in(pc: Machine) -> None:
    """Wait for the installed system's shell on the console."""
    pc.expect(PROMPT, timeout=BOOT_S)


def slot_and_version(pc: Machine) -> tuple[str, str]:
    """Which slot runs, and which version is in it."""
    line = pc.shell("tr ' ' '\\n' </proc/cmdline | sed -n 's/^rauc.slot=//p'; cat /usr/lib/hntt/image.json")
    slot, _, rest = line.partition("\n")
    return slot.strip(), rest.split('"version":')[1].split('"')[1]


def identity(pc: Machine) -> tuple[str, str]:
    """What must outlive updates: machine id and SSH host key."""
    return pc.shell("cat /etc/machine-id"), pc.shell("cat /etc/ssh/ssh_host_ed25519_key.pub")


def judged(pc: Machine, timeout: float = 300) -> None:
    """Wait until the running slot has been called good or bad."""
    pc.shell("until [ -e /run/hntt/trial-done ]; do sleep 1; done", timeout=timeout)


def stages(pc: Machine) -> list[str]:
    """The stages in the queue of reports, oldest first."""
    listed = pc.shell(r"grep -ho '\"stage\": \"[a-z_]*\"' /data/hntt/reports/*.report.json")
    return [line.split('"')[3] for line in listed.splitlines()]


def update(pc: Machine, bundle: str = "/mnt/root.raucb", timeout: float = 420) -> str:
    """Let RAUC install the bundle of the second disk; what it says."""
    return pc.shell(f"mount -o ro /dev/vdb /mnt; rauc install {bundle} 2>&1 | tail -n 5; umount /mnt", timeout=timeout)
