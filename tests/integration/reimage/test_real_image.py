"""A commune PC's life with the whole image and a real centre: stick, code, enrolment, converge, page, camera, updates.

The image has all its packages, Chromium and the compositor too, and the screen is looked at from outside. Emulated on
two cores a start takes five minutes and an audit a minute. ``HNTT_REIMAGE_IMAGES`` names a folder with the images
``first``, ``following`` and ``bad`` and their ``keys``: those that are there are not built.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_pc import HOSTS, NUMBER, PC, ROOM, SERVER, TRIAL_S, LabMachine, PcLab
from lab_usb import UsbDevices
from reimage_bench import KEPT, make_disk
from reimage_pc import ASK, DONE, PLAN, STOPPED

from hntt.lab.picture import Picture

pytestmark = pytest.mark.reimage

CODE = "19264"
VERSIONS = {"first": "2026.11.28.11", "following": "2026.11.28.12", "bad": "2026.11.28.13"}
BAD = "commune_pc_browser_flags: ['--host-resolver-rules=MAP * ~NOTFOUND']\n"
"""A browser that finds no server: the image boots and answers, and nobody in the room sees a page."""
BAD_TRIAL_S = 900
DISK_SIZE = 12 << 30
HEADER, BODY = (18, 40, 58), (11, 23, 34)
"""Colours of the room's page above and below its head."""
KEYS_OUT = (
    "alt-f4", "ctrl-w", "ctrl-t", "ctrl-l", "ctrl-alt-f2", "ctrl-alt-f3", "ctrl-alt-delete", "alt-sysrq-b", "f11",
    "f12", "ctrl-shift-i", "ctrl-o", "meta_l", "ctrl-alt-t",
)  # fmt: skip
SLOW_S = 3600
STAGES = ["booted", "disk", "written", "verified", "first_boot", "enrolled", "healthy"]


class Life:
    """One PC from its empty disk on, and the lab whose commune it stands in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = PcLab(folder / "lab", "hnttpc")
        self.disk = make_disk(folder / "disk.img", DISK_SIZE)
        self.pc: LabMachine | None = None
        self.trial_s = TRIAL_S

    def switch_on(self, stick: Path | None = None) -> LabMachine:
        """A PC that runs; the one before is switched off."""
        self.switch_off()
        self.pc = LabMachine(self.lab, self.folder, self.disk, stick, self.trial_s)
        self.pc.on()
        return self.pc

    def switch_off(self) -> None:
        """Without a word: the power is gone."""
        if self.pc is not None:
            self.pc.cut()

    def slot_and_version(self) -> tuple[str, str]:
        """What the PC runs from and which image that is; empty while it does not answer."""
        said = self.lab.ssh("cat", "/proc/cmdline", "/usr/lib/hntt/image.json", check=False)
        slot, version = re.search(r"rauc\.slot=(\w)", said), re.search(r'"version": *"([\d.]+)"', said)
        return (slot[1], version[1]) if slot and version else ("", "")

    def shows_the_page(self) -> bool:
        """Whether the room's page is on the screen."""
        picture = self._screen()
        return [picture.at(0.5, 0.04), picture.at(0.5, 0.2)] == [HEADER, BODY]

    def shows_its_camera(self) -> bool:
        """Whether the page has the camera's picture in its corner: a green bar of the kernel's test picture."""
        red, green, blue = self._screen().at(0.888, 0.65)
        return green > 150 and red < 50 and blue < 50

    def _screen(self) -> Picture:
        assert self.pc is not None
        return self.pc.picture(self.folder / "screen.png")

    def stages(self) -> list[str]:
        """What the centre has heard of the PC, oldest first."""
        said = json.loads(self.lab.on("noc.tinh", "hntt-centre", "stages", "--json"))
        return [report["stage"] for report in said["reports"].get(PC, [])]


def until(holds: Callable[[], object], what: str, seconds: float = SLOW_S) -> float:
    """Wait until something holds; how many seconds that took."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < seconds, f"{what}: not after {seconds} s"
        time.sleep(5)
    return time.monotonic() - begin


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    folder = KEPT / "lab-pc"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = Life(folder)
    made.lab.down()
    try:
        made.lab.up()
        done = made.lab.playbook("site", limit=HOSTS)
        assert done.returncode == 0, done.stdout[-4000:]
        yield made
    finally:
        made.switch_off()
        made.lab.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def images(life: Life) -> Path:
    """The three images in one folder, and their keys in the inventory's vault."""
    folder = Path(os.environ.get("HNTT_REIMAGE_IMAGES") or life.folder / "images")
    if (folder / "keys").exists():
        shutil.copytree(folder / "keys", life.lab.folder / "image")
    else:
        life.lab.hntt("image", "key", "-i", str(life.lab.inventory))
    bad = life.lab.inventory_beside("bad-inventory", BAD)
    for name, version in VERSIONS.items():
        if not (folder / name).exists():
            out = ("--out", str(folder / name), "--version", version)
            inventory = bad if name == "bad" else life.lab.inventory
            life.lab.hntt("image", "build", *out, "-i", str(inventory), timeout=3000)
    return folder


@pytest.fixture(scope="module")
def stick(life: Life, images: Path) -> Path:
    """As docs/vi/cai-lai-may.md says."""
    seeds, out, image = life.folder / "seeds", life.folder / "stick.img", images / "first"
    done = life.lab.playbook("reimage", "-e", "mode=stick", "-e", f"image={image}", "-e", f"out={seeds}")
    assert done.returncode == 0, done.stdout[-4000:]
    life.lab.hntt(
        "image", "stick", "--image", str(image), "--seeds", str(seeds), "--out", str(out), "-i", str(life.lab.inventory)
    )
    return out


def test_a_code_typed_makes_it_the_commune_s_pc(life: Life, stick: Path) -> None:
    pc = life.switch_on(stick)
    pc.expect(ASK, timeout=SLOW_S)
    pc.type(CODE)
    pc.expect(PLAN, timeout=SLOW_S)
    assert "An Thủy" in pc.text
    pc.type(CODE)
    assert pc.expect(DONE, STOPPED, timeout=SLOW_S).group(0) == "XONG"
    life.switch_off()


def test_it_enrols_by_itself_and_its_key_is_trusted(life: Life) -> None:
    life.switch_on()
    until(lambda: "enrolled" in life.stages(), "enrolled")
    assert life.stages() == STAGES[:-1]
    assert life.lab.ssh("hostname").strip() == PC


def test_a_pc_from_the_image_lacks_its_password_and_nothing_else(life: Life) -> None:
    done = life.lab.playbook("audit", "-e", "fail_on_drift=true")
    assert done.returncode != 0
    assert life.lab.drift() == ["/etc/hntt-pc/page.js"]


def test_the_first_converge_leaves_no_drift(life: Life) -> None:
    done = life.lab.playbook("site")
    assert done.returncode == 0, done.stdout[-4000:]
    seen = life.lab.playbook("audit", "-e", "fail_on_drift=true")
    assert seen.returncode == 0, seen.stdout[-4000:]


def test_its_browser_is_in_the_district_s_room(life: Life) -> None:
    until(life.lab.registered, "registered at the room's server")
    assert life.lab.address in life.lab.registered()[0]
    until(life.shows_the_page, "the room's page on the screen")
    life.lab.on(SERVER, "hntt-meetings", "open", ROOM, "district_commune", "1200")
    try:
        until(lambda: NUMBER in life.lab.on(SERVER, "asterisk", "-rx", f"confbridge list {ROOM}"), "in the room", 600)
    finally:
        life.lab.on(SERVER, "hntt-meetings", "close", ROOM)


def test_the_operator_sees_all_stages_and_that_it_is_well(life: Life) -> None:
    until(lambda: life.stages()[-1:] == ["healthy"], "healthy")
    assert life.stages() == STAGES
    done = life.lab.playbook("reimage", "-e", "mode=follow", "-e", "hours=0.2")
    assert done.returncode == 0, done.stdout[-4000:]


def test_after_a_power_cut_the_page_is_there_by_itself(life: Life) -> None:
    life.switch_on()
    until(lambda: not life.lab.registered() or life.shows_the_page(), "a new start")
    until(life.shows_the_page, "the room's page on the screen")
    until(lambda: "healthy" in life.lab.ssh("sudo", "hntt-pc", "check", "--json", check=False), "an answer")
    assert life.lab.ssh("cat", "/proc/cmdline").count("rauc.slot=A") == 1


def test_no_key_leads_out_of_the_page(life: Life) -> None:
    assert life.pc is not None
    boot = life.lab.ssh("cat", "/proc/sys/kernel/random/boot_id")
    for keys in KEYS_OUT:
        life.pc.press(*keys.split("-"))
        time.sleep(2)
    until(life.shows_the_page, "the room's page on the screen", 120)
    assert life.lab.ssh("cat", "/sys/class/tty/tty0/active").strip() == "tty1"
    assert life.lab.ssh("cat", "/proc/sys/kernel/random/boot_id") == boot


def test_a_camera_may_be_unplugged_and_comes_back_by_itself(life: Life) -> None:
    def is_well() -> bool:
        said = json.loads(life.lab.ssh("sudo", "hntt-pc", "check", "--json", check=False))
        return bool(next(item for item in said["checks"] if item["name"] == "camera")["ok"])

    until(life.shows_its_camera, "the camera's picture on the page")
    life.lab.ssh("echo vivid.0 | sudo tee /sys/bus/platform/drivers/vivid/unbind")
    until(lambda: not is_well(), "the PC misses its camera", 120)
    until(lambda: not life.shows_its_camera(), "no picture on the page", 600)
    assert life.shows_the_page()
    life.lab.ssh("echo vivid.0 | sudo tee /sys/bus/platform/drivers/vivid/bind")
    until(is_well, "the camera is there", 120)
    until(life.shows_its_camera, "the camera's picture on the page", 600)


def test_usb_takes_what_was_accepted_and_nothing_else(life: Life) -> None:
    assert life.pc is not None
    usb = UsbDevices(life.lab)
    usb.make("one", "SERIAL-1")
    usb.make("two", "SERIAL-2")
    usb.plug("one", 0)
    until(lambda: usb.listed("SERIAL-1") == "block", "an unknown device is blocked", 120)
    assert usb.used() == []
    life.lab.ssh("sudo", "hntt-pc", "usb", "accept")
    until(lambda: usb.used() == ["one"], "the accepted device is used", 120)
    usb.plug("two", 1)
    until(lambda: usb.listed("SERIAL-2") == "block", "a second one is blocked", 120)
    assert usb.used() == ["one"]
    usb.unplug("one")
    until(lambda: usb.used() == [], "the device is gone", 120)
    usb.plug("one", 0)
    until(lambda: usb.used() == ["one"], "the device came back", 120)
    life.pc.plug_in_a_usb_disk("SOMEBODYS-DISK")
    until(lambda: usb.listed("SOMEBODYS-DISK") == "block", "a disk is blocked", 120)
    assert "sda" not in life.lab.ssh("ls", "/sys/block")


def test_the_next_image_comes_over_the_line_and_is_kept(life: Life, images: Path) -> None:
    assert life.pc is not None
    machine, before = life.lab.ssh("cat", "/etc/machine-id"), life.lab.bytes_of_the_pc()
    whole = (images / "following/root.raucb").stat().st_size
    done = update(life, images / "following")
    assert done.returncode == 0, done.stdout[-4000:]
    assert life.slot_and_version() == ("B", VERSIONS["following"])
    assert life.lab.bytes_of_the_pc() - before < whole / 5
    assert life.lab.ssh("cat", "/etc/machine-id") == machine
    assert int(life.lab.ssh("journalctl --list-boots --no-pager -q | grep -c .")) >= 3
    until(life.shows_the_page, "the room's page on the screen")
    seen = life.lab.playbook("audit", "-e", "fail_on_drift=true")
    assert seen.returncode == 0, seen.stdout[-4000:]


def test_a_bad_image_is_left_by_itself(life: Life, images: Path) -> None:
    life.trial_s = BAD_TRIAL_S
    life.switch_on()
    until(lambda: life.slot_and_version()[0] == "B" and life.lab.registered(), "a new start")
    done = update(life, images / "bad")
    assert done.returncode != 0
    assert life.stages()[-2:] == ["first_boot", "failed"]
    until(lambda: life.slot_and_version()[0], "an answer")
    assert life.slot_and_version() == ("B", VERSIONS["following"])
    until(life.shows_the_page, "the room's page on the screen")


def update(life: Life, image: Path) -> subprocess.CompletedProcess[str]:
    """As docs/vi/cai-lai-may.md says."""
    return life.lab.playbook("reimage", "-e", "mode=update", "-e", f"image={image}", "-e", "hours=3", timeout=3 * 3600)
