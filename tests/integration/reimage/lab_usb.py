"""USB cameras of software for a PC of the lab: the kernel's own gadgets in two ports of a controller of software.

To the rest of the PC they are cameras that are plugged in: USBGuard decides about them, and the driver for USB video
drives them. They have no picture. What they stand for is lab_pc.py's test-camera.service (module dummy_hcd).
"""

from __future__ import annotations

from lab_pc import PcLab

_MAKE = """set -eu
modprobe libcomposite
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
gadget=/sys/kernel/config/usb_gadget/$1
mkdir "$gadget"
cd "$gadget"
echo 0x1d6b >idVendor
echo 0x0104 >idProduct
echo 0x0200 >bcdUSB
mkdir strings/0x409 configs/c.1 functions/uvc.0
echo "$2" >strings/0x409/serialnumber
echo HNTT >strings/0x409/manufacturer
echo "Camera $1" >strings/0x409/product
cd functions/uvc.0
mkdir -p streaming/uncompressed/u/360p streaming/header/h control/header/h
echo "Camera $1" >function_name || true
echo 640 >streaming/uncompressed/u/360p/wWidth
echo 360 >streaming/uncompressed/u/360p/wHeight
ln -s "$gadget/functions/uvc.0/streaming/uncompressed/u" streaming/header/h/
for speed in fs hs ss; do ln -s "$gadget/functions/uvc.0/streaming/header/h" "streaming/class/$speed/h"; done
for speed in fs ss; do ln -s "$gadget/functions/uvc.0/control/header/h" "control/class/$speed/h"; done
ln -s "$gadget/functions/uvc.0" "$gadget/configs/c.1/"
"""


class UsbCameras:
    """Cameras of software by their names; each must be made before it is plugged in."""

    def __init__(self, lab: PcLab) -> None:
        self.lab = lab

    def make(self, name: str, serial: str) -> None:
        """A camera in somebody's hand."""
        self.lab.ssh("sudo", "sh", "-s", "--", name, serial, says=_MAKE)

    def plug(self, name: str, port: int) -> None:
        """Plug it in; the ports are 0 and 1."""
        self._into(name, f"dummy_udc.{port}")

    def unplug(self, name: str) -> None:
        """Pull it out."""
        self._into(name, "")

    def _into(self, name: str, port: str) -> None:
        self.lab.ssh("sudo", "tee", f"/sys/kernel/config/usb_gadget/{name}/UDC", says=f"{port}\n")

    def listed(self, serial: str) -> str:
        """What USBGuard does with the device of this serial number; empty when it is not there."""
        lines = self.lab.ssh("sudo", "hntt-pc", "usb").splitlines()
        return next((line.split()[1] for line in lines if f'serial "{serial}"' in line), "")

    def seen(self) -> list[str]:
        """Which of them the driver for USB video has taken."""
        said = self.lab.ssh("cat /sys/bus/usb/drivers/uvcvideo/*/../product 2>/dev/null; true")
        return sorted({line.removeprefix("Camera ") for line in said.splitlines()})
