"""What the installer believes: signatures, formats, versions, the PC's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from signing_pair import Pair

from hntt.image.target.seed import Manifest, best_clock, check_seed, codes, read_manifest, read_seed
from hntt.image.target.stop import StopError

NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
MANIFEST = {
    "format": 1,
    "compatible": "hntt-pc",
    "version": "2026.11.28.10",
    "slot_size": 8192,
    "root": {
        "file": "root.ext4.zst",
        "size": 4096,
        "sha256": "0" * 64,
        "compressed_size": 10,
        "compressed_sha256": "1" * 64,
    },
}


def seed(**changes: Any) -> dict[str, Any]:
    return {
        "format": 1, "host": "pc.a.b", "code": "19132", "commune": "A", "district": "B", "files": [],
        "issued": (NOW - timedelta(days=1)).isoformat(), "min_version": "2026.11.28.9",
        "token": {"id": "t", "secret": "s", "expires": (NOW + timedelta(days=30)).isoformat()}, **changes,
    }  # fmt: skip


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def manifest(tmp_path: Path, pair: Pair) -> Manifest:
    pair.signed(tmp_path / "manifest.json", MANIFEST)
    return read_manifest(tmp_path, pair.public)


def refused(code: str, function: Any, *arguments: Any) -> StopError:
    with pytest.raises(StopError) as stop:
        function(*arguments)
    assert stop.value.code == code
    assert stop.value.vi
    return stop.value


def test_what_is_signed_is_read(tmp_path: Path, pair: Pair) -> None:
    assert manifest(tmp_path, pair).version == "2026.11.28.10"
    pair.signed(tmp_path / "19132.seed.json", seed())
    assert read_seed(tmp_path, "19132", pair.public)["host"] == "pc.a.b"
    assert codes(tmp_path) == ["19132"]


def test_a_changed_manifest_is_refused(tmp_path: Path, pair: Pair) -> None:
    path = pair.signed(tmp_path / "manifest.json", MANIFEST)
    path.write_bytes(path.read_bytes().replace(b"8192", b"8193"))
    refused("ANH-KY", read_manifest, tmp_path, pair.public)


def test_another_key_or_no_signature_is_refused(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "other").mkdir()
    Pair(tmp_path / "other").signed(tmp_path / "manifest.json", MANIFEST)
    refused("ANH-KY", read_manifest, tmp_path, pair.public)
    (tmp_path / "manifest.json.sig").unlink()
    refused("ANH-KY", read_manifest, tmp_path, pair.public)
    refused("ANH-KY", read_manifest, tmp_path / "nothing", pair.public)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"compatible": "other"},
        {"slot_size": 4095},
        {"version": "new"},
        {"root": {**MANIFEST["root"], "file": "../root"}},  # type: ignore[dict-item]
    ],
)
def test_a_signed_manifest_of_another_kind_is_refused(tmp_path: Path, pair: Pair, change: dict[str, Any]) -> None:
    pair.signed(tmp_path / "manifest.json", {**MANIFEST, **change})
    refused("ANH-LOAI", read_manifest, tmp_path, pair.public)


def test_wrong_codes(tmp_path: Path, pair: Pair) -> None:
    for code in ("", "1913", "191322", "../19", "1913x"):
        refused("MA-SAI", read_seed, tmp_path, code, pair.public)
    refused("MA-LA", read_seed, tmp_path, "19133", pair.public)


def test_a_seed_under_another_communes_name_is_refused(tmp_path: Path, pair: Pair) -> None:
    pair.signed(tmp_path / "19133.seed.json", seed())
    refused("SEED-LOAI", read_seed, tmp_path, "19133", pair.public)


def test_a_changed_seed_is_refused(tmp_path: Path, pair: Pair) -> None:
    path = pair.signed(tmp_path / "19132.seed.json", seed())
    path.write_bytes(path.read_bytes() + b" ")
    refused("SEED-KY", read_seed, tmp_path, "19132", pair.public)


def test_versions_compare_as_numbers(tmp_path: Path, pair: Pair) -> None:
    image = manifest(tmp_path, pair)
    check_seed(seed(), image, NOW)
    refused("ANH-CU", check_seed, seed(min_version="2026.11.28.11"), image, NOW)


def test_an_expired_token_says_what_the_clock_says(tmp_path: Path, pair: Pair) -> None:
    late = NOW + timedelta(days=31)
    stop = refused("SEED-HAN", check_seed, seed(), manifest(tmp_path, pair), late)
    assert f"{late:%d/%m/%Y %H:%M}" in stop.vi


def test_a_clock_that_is_surely_behind_decides_nothing(tmp_path: Path, pair: Pair) -> None:
    behind = datetime(2011, 1, 1, tzinfo=UTC)
    check_seed(seed(), manifest(tmp_path, pair), behind)
    assert best_clock(seed(), behind) == NOW - timedelta(days=1)
    assert best_clock(seed(), NOW) == NOW
