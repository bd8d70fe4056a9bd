"""What a converge made a PC's own, in the next slot."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from signing_pair import Pair

from hntt.image.target import first_boot, keep

SEED = {
    "host": "pc.a.b",
    "issued": "2026-11-28T01:00:00+00:00",
    "files": [
        {"path": "/etc/hntt/room", "mode": "0640", "content": "2007\n"},
        {"path": "/etc/hntt-pc/declared.sums", "mode": "0644", "content": f"{'0' * 64}  /etc/hntt/room\n"},
    ],
}


def slot(root: Path) -> Path:
    """A slot whose data partition is that of the other one."""
    (root / "usr/lib/hntt").mkdir(parents=True)
    pair = Pair(root / "usr/lib/hntt")
    pair.signed(root / "data/hntt/identity/seed.json", SEED)
    return root


def test_what_came_with_a_converge_is_in_the_next_slot_over_the_seed(tmp_path: Path) -> None:
    one = slot(tmp_path / "one")
    assert first_boot.main(one) == 0
    (one / "etc/hntt/room").write_text("2008\n")
    page = one / "etc/hntt-pc/page.js"
    page.write_text('const hntt = {"secret": "x"};\n')
    page.chmod(0o640)
    assert keep.main(one) == 0
    kept = one / "data/hntt/identity" / keep.KEPT
    assert kept.stat().st_mode & 0o777 == 0o600

    two = slot(tmp_path / "two")
    (two / "data/hntt/identity" / keep.KEPT).write_bytes(kept.read_bytes())
    assert first_boot.main(two) == 0
    assert (two / "etc/hntt/room").read_text() == "2008\n"
    there = two / "etc/hntt-pc/page.js"
    assert (there.read_text(), there.stat().st_mode & 0o777) == (page.read_text(), 0o640)


def test_the_sums_are_those_of_the_slot_that_was_signed(tmp_path: Path) -> None:
    root = slot(tmp_path / "one")
    (root / "etc/hntt-pc").mkdir(parents=True)
    assert first_boot.main(root) == 0
    digest = hashlib.sha256(b"2007\n").hexdigest()
    assert (root / "etc/hntt-pc/declared.sums").read_text() == f"{digest}  /etc/hntt/room\n"


def test_what_only_a_newer_image_declares_is_listed_as_a_converge_would(tmp_path: Path) -> None:
    root = slot(tmp_path / "one")
    (root / "etc/hntt-pc").mkdir(parents=True)
    (root / "etc/hntt/a_new_one").parent.mkdir(parents=True)
    (root / "etc/hntt/a_new_one").write_text("new\n")
    (root / keep.ROLE_FILES).write_text("/etc/hntt/a_new_one\n/etc/hntt/room\n/etc/hntt/gone\n")
    assert first_boot.main(root) == 0
    digests = [hashlib.sha256(content).hexdigest() for content in (b"new\n", b"2007\n")]
    assert (root / "etc/hntt-pc/declared.sums").read_text() == (
        f"{digests[0]}  /etc/hntt/a_new_one\n{digests[1]}  /etc/hntt/room\n"
    )


def test_a_group_that_the_new_image_lacks_is_no_reason_to_stop(tmp_path: Path) -> None:
    root = slot(tmp_path / "one")
    entry = {"path": "/etc/x", "mode": "0640", "group": "no-such-group", "content": "x"}
    (root / "data/hntt/identity" / keep.KEPT).write_text(json.dumps([entry]))
    assert first_boot.main(root) == 0
    assert (root / "etc/x").read_text() == "x"
