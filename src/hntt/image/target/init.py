"""The first process of the installer: mounts what every system has, loads drivers, runs the installer, restarts.

No shell is in the installer, so nobody gets one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

_FONT, _LARGE_FONT = "/usr/lib/hntt/Vietnamese-Fixed16.psf", "/usr/lib/hntt/Vietnamese-TerminusBold32x16.psf"
_LARGE_SCREEN = 1600  # pixels across, from which the small letters are hard to read
_DRIVERS = (
    "ext4", "vfat", "nls_cp437", "nls_utf8", "nls_ascii", "usbhid", "hid_generic", "usb_storage", "uas", "sd_mod",
)  # fmt: skip


def _font() -> str:
    try:
        width = int(Path("/sys/class/graphics/fb0/virtual_size").read_text().split(",")[0])
    except (OSError, ValueError):
        return _FONT
    return _LARGE_FONT if width >= _LARGE_SCREEN else _FONT


def main() -> None:
    """Never returns."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin"
    for kind, folder in (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/run")):
        subprocess.run(["mount", "-t", kind, kind, folder], check=False)
    try:
        from .installer import load_drivers
        from .installer import main as install
        from .screen import Screen

        subprocess.run(["modprobe", "-aq", *_DRIVERS], check=False)
        load_drivers()
        subprocess.run(["setfont", "-C", "/dev/tty1", _font()], check=False)
        install(Screen())
    except BaseException:  # the first process must not end
        traceback.print_exc()
        sys.stderr.flush()
        time.sleep(30)
    os.sync()
    Path("/proc/sysrq-trigger").write_text("b")
    time.sleep(3600)


if __name__ == "__main__":
    main()
