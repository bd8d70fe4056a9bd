"""Installs a commune PC from the stick: asks, checks, writes, reads back; the disk boots last."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import disks, layout, reports, slots, texts, writer
from .disks import Disk
from .screen import Screen
from .seed import Manifest, best_clock, check_seed, read_manifest, read_seed, stick_lost
from .stop import StopError

STICK, WORK = Path("/mnt/stick"), Path("/mnt/work")
HERE = Path(__file__).parent
LOADER = Path("/usr/lib/hntt/boot/BOOTX64.EFI")
STICK_WAIT_S = 30
_LABEL_FILE = "image/manifest.json"


def main(screen: Screen) -> None:
    """Until an installation is done: the dialogue again and again. Returns when the PC is to be restarted."""
    note = ""
    while True:
        try:
            note = _dialogue(screen, note)
            if not note:
                return
        except StopError as stop:
            print(f"hntt-installer: {stop.code}: {stop.en}", file=sys.stderr, flush=True)
            _unmount()
            screen.page(texts.TITLE, texts.stopped(stop.code, stop.vi))
            screen.ask(texts.AGAIN)
            note = ""
        except OSError as error:
            _unmount()
            problem = writer.disk_failed(error)
            screen.page(texts.TITLE, texts.stopped(problem.code, problem.vi))
            screen.ask(texts.AGAIN)
            note = ""


def _dialogue(screen: Screen, note: str) -> str:
    """One pass. Empty when a PC was installed, else what to say before the next pass."""
    screen.page(texts.TITLE, texts.LOOKING)
    boot = find_stick()
    try:
        return _with_stick(screen, note, boot)
    except StopError as stop:
        # Whatever looks missing or damaged on a stick that is gone is not damaged.
        require_stick(boot)
        raise stop


def _with_stick(screen: Screen, note: str, boot: str) -> str:
    manifest = read_manifest(STICK / "image")
    screen.page(texts.TITLE, *([note] if note else []), texts.welcome(manifest))
    code = screen.ask(texts.ASK_CODE)
    if not code:
        return texts.not_agreed()
    seed = read_seed(STICK / "seeds", code)
    check_seed(seed, manifest, datetime.now(UTC))
    disk = disks.choose(disks.scan(boot), seed.get("disk_serial"), layout.needed(manifest.slot_size))
    screen.page(texts.TITLE, texts.plan(seed, disk))
    if screen.ask(texts.ASK_AGAIN) != code:
        return texts.not_agreed()
    screen.page(texts.TITLE, texts.working(seed))
    install(screen, seed, manifest, disk, boot)
    _unmount()
    screen.page(texts.TITLE, texts.done(seed))
    screen.ask("")
    return ""


def install(screen: Screen, seed: dict[str, Any], manifest: Manifest, disk: Disk, boot: str) -> None:
    """Check the stick's image, then erase and write the disk. StopError at whatever fails.

    ``boot`` is the stick's name. What is on it may be in memory, but who pulls it out wants to stop.
    """

    def shown(label: str) -> writer.Progress:
        def progress(done: int, total: int) -> None:
            require_stick(boot)
            screen.progress(label, done, total)

        return progress

    source = STICK / "image" / manifest.file
    writer.check_source(source, manifest, shown(texts.CHECKING))
    require_stick(boot)
    queue = reports.Queue(seed["host"], manifest.version)
    queue.add("booted")
    queue.add("disk", {"code": "DIA", "vi": f"{disk.model} {disk.serial}", "en": f"{disk.model} {disk.serial}"})
    layout.partition(disk, manifest.slot_size)
    layout.make_data(disk)
    screen.progress(texts.PREPARING, 1, 1)
    slot = Path(disk.part(layout.SLOT_A))
    writer.write(source, slot, manifest, shown(texts.WRITING))
    queue.add("written")
    writer.read_back(slot, manifest, shown(texts.READING))
    queue.add("verified")
    machine_id = uuid.uuid4().hex
    _fill_data(seed["code"], disk, machine_id, queue)
    require_stick(boot)
    _fill_efi(disk, machine_id)
    layout.make_bootable(disk)
    subprocess.run(["sync"], check=False)
    _set_clock(best_clock(seed, datetime.now(UTC)))


def require_stick(boot: str, sys_block: Path = Path("/sys/block")) -> None:
    """StopError when the stick is no longer in the PC."""
    if not (sys_block / boot).exists():
        raise stick_lost()


def _fill_data(code: str, disk: Disk, machine_id: str, queue: reports.Queue) -> None:
    with _Mounted(disk.part(layout.DATA), "ext4") as folder:
        identity = folder / "hntt/identity"
        identity.mkdir(parents=True)
        identity.chmod(0o700)
        for suffix in ("", ".sig"):
            try:
                content = (STICK / "seeds" / f"{code}.seed.json{suffix}").read_bytes()
            except OSError as error:
                raise stick_lost() from error
            reports.write_whole(identity / f"seed.json{suffix}", content)
        reports.write_whole(identity / "machine-id", f"{machine_id}\n".encode(), 0o444)
        (folder / "journal").mkdir()
        queue.keep(folder / "hntt/reports")


def _fill_efi(disk: Disk, machine_id: str) -> None:
    """The boot files; the loader itself last, under the name that the firmware looks for."""
    variables = layout.boot_variables(disk, machine_id)
    layout.make_efi(disk)
    with _Mounted(disk.part(layout.EFI), "vfat") as folder:
        settings = "".join(f'set {name}="{value}"\n' for name, value in variables.items())
        debian = folder / "EFI/debian"
        reports.write_whole(debian / "disk-variables.cfg", settings.encode())
        reports.write_whole(debian / "grubenv", slots.encode(slots.first_variables()))
        reports.write_whole(debian / "grub.cfg", (HERE / "grub/disk.cfg").read_bytes())
        reports.write_whole(folder / "EFI/BOOT/BOOTX64.EFI", LOADER.read_bytes())


class _Mounted:
    """A partition that is mounted while something is done in it."""

    def __init__(self, device: str, kind: str) -> None:
        self.device, self.kind = device, kind

    def __enter__(self) -> Path:
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", self.kind, self.device, str(WORK)], check=False)
        if not WORK.is_mount():
            raise writer.disk_failed(OSError(5, f"mount {self.device}"))
        return WORK

    def __exit__(self, *_: object) -> None:
        subprocess.run(["sync"], check=False)
        subprocess.run(["umount", str(WORK)], check=False)


def find_stick(wait: float = STICK_WAIT_S) -> str:
    """Mount the stick, read only; the name of its disk. StopError when none appears."""
    _unmount()
    STICK.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + wait
    while True:
        load_drivers()
        for device in _partitions():
            done = subprocess.run(
                ["mount", "-t", "vfat", "-o", "ro,iocharset=utf8", device, str(STICK)], capture_output=True
            )
            if done.returncode == 0:
                if (STICK / _LABEL_FILE).is_file():
                    return disks.disk_of(device)
                _unmount()
        if time.monotonic() > end:
            raise stick_lost()
        time.sleep(1)


def _partitions() -> list[str]:
    names = [part.parent.name for part in Path("/sys/class/block").glob("*/partition")]
    # The stick before any disk: an old disk may hold a folder of the same name.
    return [f"/dev/{name}" for name in sorted(names, key=lambda name: (not _on_usb(name), name))]


def _on_usb(name: str) -> bool:
    return "/usb" in str((Path("/sys/class/block") / name).resolve())


def _unmount() -> None:
    for folder in (WORK, STICK):
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


_loaded: set[str] = set()


def load_drivers() -> None:
    """Load what the hardware that is there asks for; called again, for what has appeared since."""
    for _ in range(3):
        wanted = set()
        for file in Path("/sys/devices").rglob("modalias"):
            try:
                wanted.add(file.read_text().strip())
            except OSError:
                continue
        new = sorted(alias for alias in wanted - _loaded if alias)
        if not new:
            return
        _loaded.update(new)
        subprocess.run(["modprobe", "-abq", *new], check=False, capture_output=True)
        time.sleep(0.5)


def _set_clock(moment: datetime) -> None:
    """A clock that was behind the seed's day is set to it, so that the first boot's certificates are of its time."""
    if abs((moment - datetime.now(UTC)).total_seconds()) > 60:
        time.clock_settime(time.CLOCK_REALTIME, moment.timestamp())
        if shutil.which("hwclock"):
            subprocess.run(["hwclock", "--systohc", "--utc"], check=False, capture_output=True)
