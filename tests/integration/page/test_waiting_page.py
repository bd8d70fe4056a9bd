"""The page that a PC shows until its room answers, in a real Chromium: what its own screen says of an enrolment."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hntt.image.target import notice
from hntt.image.target.send import CentreError, Places

pytestmark = pytest.mark.page

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests/golden/commune_pc/pc.an-thuy.le-thuy/etc/hntt-pc"
SEED = {"commune": "An <b>Thủy</b>", "district": "Lệ Thủy", "code": "19132"}
PATIENCE = "Đang chờ máy chủ phòng họp trả lời…"


class Pc:
    """A PC's waiting page in a folder; ``shown`` is what its screen has at once, tag by tag."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.page = folder / "etc"
        shutil.copytree(FOLDER, self.page)
        script = self.page / "waiting.js"
        script.write_text(script.read_text().replace("file:///run/", f"file://{folder}/run/"))
        self._profile = folder / "profile"

    def shown(self) -> dict[str, str]:
        words = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self._profile}",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--timeout=3000", "--dump-dom", f"file://{self.page}/waiting.html",
        ]  # fmt: skip
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=True)
        parts = re.findall(r'<(?:h1|p|div) id="(\w+)"([^>]*)>(.*?)</(?:h1|p|div)>', done.stdout, re.S)
        assert {name for name, _, _ in parts} == {"name", "notice", "waiting", "help"}, done.stdout
        return {name: " ".join(text.split()) for name, more, text in parts if "hidden" not in more}


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    return Pc(tmp_path)


def test_a_pc_that_is_not_enrolled_says_why_and_one_that_is_waits_for_its_room(pc: Pc) -> None:
    (pc.page / "page.js").unlink()  # only a converge brings it, and that comes after the enrolment
    notice.show(pc.places, SEED, CentreError(403, "token_expired", "", ""))
    shown = pc.shown()
    assert set(shown) == {"name", "notice"}, shown
    assert shown["notice"].startswith(
        "Máy của xã An &lt;b&gt;Thủy&lt;/b&gt;, Lệ Thủy (mã 19132) bị trung tâm từ chối vì"
    )
    notice.clear(pc.places)
    shown = pc.shown()
    assert set(shown) == {"name", "waiting"}, shown
    assert PATIENCE in shown["waiting"]


def test_a_pc_that_is_well_says_its_name_and_waits(pc: Pc) -> None:
    shown = pc.shown()
    assert set(shown) == {"name", "waiting"}, shown
    assert shown["name"] == "An Thủy"
