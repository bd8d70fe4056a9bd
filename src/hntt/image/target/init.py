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

_FONT = "/usr/share/consolefonts/Vietnamese-Fixed16.psf.gz"
_DRIVERS = (
    "ext4", "vfat", "nls_cp437", "nls_utf8", "nls_ascii", "usbhid", "hid_generic", "usb_storage", "uas", "sd_mod",
)  # fmt: skip


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
        if Path(_FONT).exists():
            subprocess.run(["setfont", "-C", "/dev/tty1", _FONT], check=False, capture_output=True)
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
