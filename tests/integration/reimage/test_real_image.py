"""A commune PC's life with the whole image and a real centre: stick, code, first start, enrolment, converge, page.

The image has all its packages, Chromium and the compositor too, and the screen is looked at from outside. Emulated on
two cores a start takes five minutes and an audit 90 s; nobody has seen the whole of this file through yet (the
tables of the READMEs say what was seen). ``HNTT_REIMAGE_IMAGE`` names a folder with an image and, beside it, ``keys``:
then nothing is built.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab_pc import HOSTS, PC, LabMachine, PcLab
from reimage_bench import KEPT, make_disk
from reimage_pc import ASK, DONE, PLAN, STOPPED

pytestmark = [
    pytest.mark.reimage,
    pytest.mark.skipif(
        "HNTT_REIMAGE_IMAGE" not in os.environ,
        reason="nobody has seen this through yet, and it takes hours; HNTT_REIMAGE_IMAGE=DIR runs it",
    ),
]

CODE, VERSION = "19264", "2026.11.28.1"
DISK_SIZE = 12 << 30
HEADER, BODY = (20, 39, 57), (11, 23, 34)
"""Colours of the room's page above and below its head."""
SLOW_S = 3600
STAGES = ["booted", "disk", "written", "verified", "first_boot", "enrolled", "healthy"]


class Life:
    """One PC from its empty disk on, and the lab whose commune it stands in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = PcLab(folder / "lab", "hnttpc")
        self.disk = make_disk(folder / "disk.img", DISK_SIZE)
        self.pc: LabMachine | None = None

    def switch_on(self, stick: Path | None = None) -> LabMachine:
        """A PC that runs; the one before is switched off."""
        self.switch_off()
        self.pc = LabMachine(self.lab, self.folder, self.disk, stick)
        self.pc.on()
        return self.pc

    def switch_off(self) -> None:
        """Without a word: the power is gone."""
        if self.pc is not None:
            self.pc.cut()

    def shows_the_page(self) -> bool:
        """Whether the room's page is on the screen."""
        assert self.pc is not None
        picture = self.pc.picture(self.folder / "screen.png")
        return [picture.at(0.5, 0.04), picture.at(0.5, 0.2)] == [HEADER, BODY]

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
def image(life: Life) -> Path:
    """An image, and its keys in the inventory's vault."""
    given = os.environ.get("HNTT_REIMAGE_IMAGE")
    inventory = ("-i", str(life.lab.inventory))
    if given:
        shutil.copytree(Path(given).parent / "keys", life.lab.folder / "image")
        return Path(given)
    life.lab.hntt("image", "key", *inventory)
    out = life.folder / "image"
    life.lab.hntt("image", "build", "--out", str(out), "--version", VERSION, *inventory, timeout=3000)
    return out


@pytest.fixture(scope="module")
def stick(life: Life, image: Path) -> Path:
    """As docs/vi/cai-lai-may.md says."""
    seeds, out = life.folder / "seeds", life.folder / "stick.img"
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
