"""The centre's store of images: what the script that fills it leaves behind, run by a real shell."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from hntt.play.centre_link import store_script

CONTENT = b"image" * 1000


def stored(folder: Path, version: str, size: int = len(CONTENT)) -> subprocess.CompletedProcess[bytes]:
    script = store_script(str(folder), version, "root.raucb", size)
    return subprocess.run(["sh", "-c", script], input=CONTENT, capture_output=True, check=False)


def versions(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_image_is_stored_and_its_hash_is_said(tmp_path: Path) -> None:
    done = stored(tmp_path, "2026.11.28.1")
    assert done.stdout.decode().split() == [hashlib.sha256(CONTENT).hexdigest(), "2026.11.28.1/root.raucb"]
    assert (tmp_path / "2026.11.28.1/root.raucb").read_bytes() == CONTENT


def test_of_the_older_ones_the_newest_stays_since_pcs_may_be_fetching_it(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    for version in ("2026.11.28.9", "2026.11.28.10", "2026.10.1.1", "2026.12.1.1"):
        assert stored(tmp_path, version).returncode == 0
    assert versions(tmp_path) == ["2026.11.28.10", "2026.12.1.1", "lost+found"]
    assert stored(tmp_path, "2026.12.1.1").returncode == 0
    assert versions(tmp_path) == ["2026.11.28.10", "2026.12.1.1", "lost+found"]


def test_what_an_upload_that_was_cut_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "2026.11.28.1/root.raucb.part"
    left.parent.mkdir()
    left.write_bytes(b"x")
    assert stored(tmp_path, "2026.12.1.1").returncode == 0
    assert not left.exists()


def test_without_room_nothing_is_copied_and_the_text_says_how_much_is_missing(tmp_path: Path) -> None:
    assert stored(tmp_path, "2026.11.28.1").returncode == 0
    done = stored(tmp_path, "2026.12.1.1", size=1 << 50)
    assert done.returncode == 28
    assert f"{(1 << 30) + 64} MB" in done.stderr.decode()
    assert versions(tmp_path) == ["2026.11.28.1"]
