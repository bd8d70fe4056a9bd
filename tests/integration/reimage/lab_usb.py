"""USB devices of software for a PC of the lab: the kernel's own gadgets in two ports of a controller of software.

To the rest of the PC they are devices that are plugged in: USBGuard decides about them, and a driver takes those that
may be used. They are serial ports (CDC-ACM), not cameras: the controller (dummy_hcd) knows no isochronous transfer. To
USBGuard a camera is as much a device with a serial number as they are.
"""

from __future__ import annotations

from lab_pc import PcLab

_GADGETS = "/sys/kernel/config/usb_gadget"
_MAKE = f"""set -eu
modprobe libcomposite
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
mkdir "{_GADGETS}/$1"
cd "{_GADGETS}/$1"
echo 0x1d6b >idVendor
echo 0x0104 >idProduct
echo 0x0200 >bcdUSB
mkdir strings/0x409 configs/c.1 functions/acm.0
echo "$2" >strings/0x409/serialnumber
echo HNTT >strings/0x409/manufacturer
echo "Device $1" >strings/0x409/product
ln -s "{_GADGETS}/$1/functions/acm.0" configs/c.1/
"""


class UsbDevices:
    """Devices of software by their names; each must be made before it is plugged in."""

    def __init__(self, lab: PcLab) -> None:
        self.lab = lab

    def make(self, name: str, serial: str) -> None:
        """A device in somebody's hand."""
        self.lab.ssh("sudo", "sh", "-s", "--", name, serial, says=_MAKE)

    def plug(self, name: str, port: int) -> None:
        """Plug it in; the ports are 0 and 1."""
        self._into(name, f"dummy_udc.{port}")

    def unplug(self, name: str) -> None:
        """Pull it out."""
        self._into(name, "")

    def _into(self, name: str, port: str) -> None:
        self.lab.ssh("sudo", "tee", f"{_GADGETS}/{name}/UDC", says=f"{port}\n")

    def listed(self, serial: str) -> str:
        """What USBGuard does with the device of this serial number; empty when it is not there."""
        lines = self.lab.ssh("sudo", "hntt-pc", "usb").splitlines()
        return next((line.split()[1] for line in lines if f'serial "{serial}"' in line), "")

    def used(self) -> list[str]:
        """Which of them a driver has taken."""
        said = self.lab.ssh("cat /sys/bus/usb/drivers/cdc_acm/*/../product 2>/dev/null; true")
        return sorted({line.removeprefix("Device ") for line in said.splitlines()})
