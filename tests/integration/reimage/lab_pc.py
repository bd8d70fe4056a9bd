"""A commune PC in QEMU on the cable of its commune in a lab of the register: centre, MCU server, hub, commune's router.

The lab is made and converged by the commands of an operator. Where its probe stands for the commune's PC, the machine
takes the probe's place: its network card is a port of a bridge in the probe's network namespace.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from reimage_machine import Machine

from hntt.lab.engine import namespace_path
from hntt.lab.names import Lab
from hntt.lab.picture import Picture

ROOT = Path(__file__).parents[3]
CLI = [sys.executable, "-c", "from hntt.cli import main; main()"]
DISTRICT, COMMUNE, NUMBER, SERVER = "le-thuy", "an-thuy.le-thuy", "404552", "mcu-3.tinh"
ROOM = "2007"
PC = f"pc.{COMMUNE}"
HOSTS = ("noc.tinh", SERVER, "rt.tinh", f"rt.{DISTRICT}", f"rt.{COMMUNE}")
# A computer of the commune is no computer emulated on two busy cores: these are the test's, not the image's.
TRIAL_S, TRIAL_END = 7200, "150min"


class PcLab:
    """The lab and what an operator does in it. ``folder`` holds its state, ``name`` is the lab's."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.lab = folder, Lab(name, folder)
        self.inventory = self.inventory_beside("inventory")

    def inventory_beside(self, name: str, group_vars: str = "") -> Path:
        """The lab's inventory in a folder of this name, where ``group_vars`` hold for all besides the lab's own."""
        made = self.folder / name
        made.mkdir(parents=True, exist_ok=True)
        options = {
            "plugin": "hntt_register",
            "register": str(ROOT / "inventories/quang_binh/register"),
            "only": {
                "districts": [DISTRICT],
                "communes": [COMMUNE],
                "kinds": ["router", "noc", "mcu", "commune_pc"],
            },
            "overlay": str(self.folder / "overlay.yml"),
            "known_hosts": str(self.folder / "known_hosts"),
            "secrets_file": str(self.folder / "secrets.yml"),
        }
        shutil.copytree(ROOT / "inventories/lab/group_vars", made / "group_vars", dirs_exist_ok=True)
        (made / "group_vars/all/of_the_test.yml").write_text(f"---\n{group_vars}", encoding="utf-8")
        (made / "hntt.yml").write_text(yaml.safe_dump(options), encoding="utf-8")
        return made

    @property
    def environment(self) -> dict[str, str]:
        """What tells the commands which lab is meant."""
        return {
            **os.environ,
            "HNTT_LAB_DIR": str(self.folder), "HNTT_LAB_NAME": self.lab.name, "HNTT_LAB": "", "HNTT_LANG": "en",
            # A PC that is silent for half a minute is lost, unless it is emulated.
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=600 -o ServerAliveInterval=0",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "HNTT_REPORTS_DIR": str(self.folder / "reports"),
        }  # fmt: skip

    def hntt(self, *arguments: str, timeout: float = 600) -> str:
        """An ``hntt`` command that must succeed; what it printed."""
        return self._run([*CLI, *arguments], timeout)

    def up(self) -> None:
        """Bring the lab up, and make room for a real PC in its inventory."""
        self.hntt("lab", "up", "-i", str(self.inventory), "--pcs", "none")
        overlay = self.folder / "overlay.yml"
        data = yaml.safe_load(overlay.read_text(encoding="utf-8"))
        data["only"]["without"].remove(PC)  # it is there, if not as a container
        # A machine has a kernel of its own, which the containers have not.
        data["hosts"][PC] = {
            "linux_base_own_kernel": True,
            # An emulated PC takes minutes for what a real one does in a second.
            "hntt_connect_timeout_s": 600, "hntt_read_timeout_s": 900, "declared_state_guard_seconds": 600,
            "ansible_timeout": 600,
        }  # fmt: skip
        overlay.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def down(self) -> None:
        """Remove the lab."""
        self.hntt("lab", "down")

    def playbook(
        self, name: str, *more: str, limit: Sequence[str] = (PC,), timeout: float = 1800
    ) -> subprocess.CompletedProcess[str]:
        """A playbook, as an operator calls it."""
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.run(
            [str(program), "-i", str(self.inventory), str(ROOT / f"playbooks/{name}.yml"), "--limit", ",".join(limit),
             *more],
            capture_output=True, text=True, cwd=ROOT, env=self.environment, timeout=timeout, check=False,
        )  # fmt: skip

    def record(self, playbook: str) -> dict[str, Any]:
        """The JSON record of a playbook's last run."""
        return dict(json.loads((self.folder / f"reports/{playbook}-latest.json").read_text(encoding="utf-8")))

    def drift(self) -> list[str]:
        """What the last audit found, by subject."""
        return [item["subject"] for item in self.record("audit")["differences"]]

    def on(self, host: str, *command: str, timeout: float = 60) -> str:
        """A command on a container of the lab, as root; what it printed."""
        return self._run([*CLI, "lab", "exec", host, "--", *command], timeout)

    def ssh(self, *command: str, timeout: float = 900, check: bool = True, says: str = "") -> str:
        """A command on the PC, over the network, as an operator; the host's certificate is verified.

        ``says`` is what the command reads.
        """
        address = self.address
        words = ["ssh", "-F", str(self.lab.ssh_config), "-o", "BatchMode=yes", "-o", "ConnectTimeout=600"]
        words += [f"hntt@{address}", *command]
        return self._run(words, timeout, check=check, says=says)

    def bytes_of_the_pc(self) -> int:
        """What went to the PC over its cable since its network card is there."""
        said = self._run(["ip", "-n", self.lab.namespace(PC), "-s", "-j", "link", "show", "tap0"], 20)
        return int(json.loads(said)[0]["stats64"]["tx"]["bytes"])

    @property
    def address(self) -> str:
        """The PC's address by the register."""
        found = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))["hosts"]
        return str(next(host["address"] for host in found if host["name"] == PC))

    def _run(self, words: Sequence[str], timeout: float, *, check: bool = True, says: str = "") -> str:
        done = subprocess.run(
            words, capture_output=True, text=True, cwd=ROOT, env=self.environment, timeout=timeout, check=False,
            input=says,
        )  # fmt: skip
        assert not check or done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    @property
    def inside(self) -> list[str]:
        """Words that run what follows in the network of the commune's PC."""
        return ["nsenter", f"--net={namespace_path(self.lab.namespace(PC))}"]

    def take_the_probes_place(self) -> None:
        """Turn the probe's interface into a port of a bridge, with a second one for the machine."""
        namespace = self.lab.namespace(PC)
        links = [link["ifname"] for link in json.loads(self._run(["ip", "-n", namespace, "-j", "link"], 20))]
        if "tap0" in links:
            return
        lines = [
            "addr flush dev eth0", "link add br0 type bridge stp_state 0 forward_delay 0", "link set eth0 master br0",
            "tuntap add dev tap0 mode tap", "link set tap0 master br0", "link set tap0 up", "link set br0 up",
        ]  # fmt: skip
        subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def registered(self) -> list[str]:
        """The contacts of the PC's number by its MCU server's word."""
        said = self.on(SERVER, "asterisk", "-rx", "pjsip show contacts")
        return re.findall(rf"Contact:\s+{NUMBER}/(\S+)", said)


class LabMachine(Machine):
    """The PC on its cable, with a screen, sound and, in place of a camera, the kernel's own test picture."""

    memory_mib = 2560
    processors = 2
    cpu = "Westmere"
    """With AVX2 emulated, what draws the screen in place of a graphics card (llvmpipe) ends by a segmentation fault."""

    def __init__(self, lab: PcLab, folder: Path, disk: Path, stick: Path | None = None, trial_s: int = TRIAL_S) -> None:
        """``trial_s``: how many seconds an image has until it must be healthy."""
        super().__init__(folder, [(disk, "DISK-0001")], stick)
        self.lab, self.trial_s = lab, trial_s

    def on(self) -> None:
        """Switch on, within the PC's network."""
        self.lab.take_the_probes_place()
        super().on()

    def words(self) -> list[str]:
        """QEMU's command line."""
        return [*self.lab.inside, *super().words()]

    def hardware(self) -> list[str]:
        """Screen, sound, network card, and units that no image has: what stands for a camera, and more time."""
        return [
            "-device", "virtio-vga,xres=1280,yres=720", "-audiodev", "none,id=sound", "-device", "intel-hda",
            "-device", "hda-duplex,audiodev=sound", "-netdev", "tap,id=cable,ifname=tap0,script=no,downscript=no",
            "-device", "virtio-net-pci,netdev=cable,mac=52:54:00:00:45:52",
            *_usb(self.stick), *_extra_units(self.trial_s),
        ]  # fmt: skip

    def press(self, *keys: str) -> None:
        """Press keys at the same time, by QEMU's names."""
        self.monitor("send-key", keys=[{"type": "qcode", "data": key} for key in keys])

    def plug_in_a_usb_disk(self, serial: str) -> None:
        """A disk of zeros, as somebody in the room would plug it in."""
        self.monitor("blockdev-add", driver="null-co", **{"node-name": "zeros", "read-zeroes": True, "size": 1 << 20})
        self.monitor("device_add", driver="usb-storage", drive="zeros", serial=serial, id="disk", bus="usb.0")

    def picture(self, path: Path) -> Picture:
        """What is on its screen, and the same as a file (PNG)."""
        self.monitor("screendump", filename=str(path), format="png")
        return Picture(path.read_bytes())


def _usb(stick: Path | None) -> list[str]:
    """A keyboard; with a stick, the machine has one already."""
    return [] if stick else ["-device", "qemu-xhci,id=usb", "-device", "usb-kbd,bus=usb.0"]


def _extra_units(trial_s: int) -> list[str]:
    """Units handed to systemd by the firmware (systemd.system-credentials(7)): the image stays as it was signed."""
    camera = (
        "[Unit]\nDescription=Test picture in place of a camera\nDefaultDependencies=no\n"
        "After=systemd-modules-load.service\nBefore=sysinit.target\n"
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/modprobe vivid n_devs=1 node_types=0x1\n"
        # Two more USB ports, into which lab_usb.py plugs devices that are made of software.
        "ExecStart=/usr/sbin/modprobe dummy_hcd num=2\n"
    )
    given = {
        "systemd.extra-unit.test-camera.service": camera,
        "systemd.unit-dropin.sysinit.target": "[Unit]\nWants=test-camera.service\n",
        # Emulated, a check takes a minute of what the page and a login need.
        "systemd.unit-dropin.hntt-trial.service": (
            f"[Service]\nEnvironment=HNTT_TRIAL_DEADLINE_S={trial_s}\nCPUSchedulingPolicy=idle\n"
        ),
        # Emulated, the page leaves nothing for what yields to it.
        "systemd.unit-dropin.rauc.service": "[Service]\nNice=0\nIOSchedulingClass=best-effort\n",
        "systemd.unit-dropin.hntt-report.service": "[Service]\nTimeoutStartSec=1800\n",
        "systemd.unit-dropin.ssh.service": '[Service]\nEnvironment="SSHD_OPTS=-oLoginGraceTime=600"\n',
        "systemd.unit-dropin.hntt-trial-end.timer": f"[Timer]\nOnBootSec=\nOnBootSec={TRIAL_END}\n",
    }
    words = []
    for name, text in given.items():
        packed = base64.b64encode(text.encode()).decode().replace(",", ",,")
        words += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={packed}"]
    return words
