"""A manifest has one form, and an image is trusted as a whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from image_samples import VERSION, small_image

from hntt.image.errors import ImageError
from hntt.image.manifest import (
    BUNDLE,
    LOCK,
    NAME,
    ROOT,
    SIGNATURE,
    bundle_version,
    parse,
    read_manifest,
    verify,
    version_numbers,
)
from hntt.image.signing import KeyFolder, make_keys, sign


def test_an_image_that_nobody_touched_is_good(keys: KeyFolder, tmp_path: Path) -> None:
    manifest = small_image(tmp_path / "image", keys)
    assert verify(tmp_path / "image", keys.image_public, min_version=VERSION) == manifest


def test_the_text_is_the_one_that_pcs_read(keys: KeyFolder, tmp_path: Path) -> None:
    manifest = small_image(tmp_path / "image", keys)
    text = (tmp_path / "image" / NAME).read_bytes()
    document = json.loads(text)
    assert text == json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert document["format"] == 1
    assert document["compatible"] == "hntt-pc"
    assert set(document) == {
        "format", "compatible", "version", "slot_size", "root", "packages_sha256", "content_sha256", "installer",
    }  # fmt: skip
    assert set(document["root"]) == {"file", "size", "sha256", "compressed_size", "compressed_sha256"}
    assert parse(text) == manifest


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def resigned(folder: Path, keys: KeyFolder, change: Callable[[dict[str, object]], object], **dump: object) -> None:
    """A manifest that its own key has signed, but that is not as it must be."""
    document = json.loads((folder / NAME).read_bytes())
    change(document)
    options: dict[str, object] = {"sort_keys": True, "separators": (",", ":"), **dump}
    content = json.dumps(document, **options).encode() + b"\n"  # type: ignore[arg-type]
    (folder / NAME).write_bytes(content)
    (folder / SIGNATURE).write_bytes(sign(keys, content))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (NAME, "signature is wrong"),
        (SIGNATURE, "signature is wrong"),
        (ROOT, "SHA-256"),
        (LOCK, "SHA-256"),
        ("installer/vmlinuz", "SHA-256"),
        ("installer/installer.img", "SHA-256"),
        ("installer/BOOTX64.EFI", "SHA-256"),
    ],
)
def test_one_bit_changed_anywhere_is_found(name: str, said: str, keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    flip(folder / name)
    with pytest.raises(ImageError, match=said):
        verify(folder, keys.image_public)


@pytest.mark.parametrize("name", [NAME, SIGNATURE, ROOT, LOCK, "installer/vmlinuz"])
def test_a_missing_file_is_named(name: str, keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    (folder / name).unlink()
    with pytest.raises(ImageError, match=f"{name}: missing"):
        verify(folder, keys.image_public)


def test_a_payload_cut_short_is_found_by_its_size(keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    (folder / ROOT).write_bytes((folder / ROOT).read_bytes()[:-1])
    with pytest.raises(ImageError, match="byte"):
        verify(folder, keys.image_public)


def test_another_key_is_not_trusted(keys: KeyFolder, tmp_path: Path) -> None:
    small_image(tmp_path / "image", make_keys(tmp_path / "other", "Somebody"))
    with pytest.raises(ImageError, match="signature is wrong"):
        read_manifest(tmp_path / "image", keys.image_public)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(format=2),
        lambda d: d.update(compatible="other"),
        lambda d: d.update(version="new"),
        lambda d: d.update(extra=1),
        lambda d: d.pop("slot_size"),
        lambda d: d["root"].update(file="../root"),
        lambda d: d["root"].update(sha256="0"),
        lambda d: d["root"].update(size=d["slot_size"] + 4096),
        lambda d: d["root"].update(size=4097),
        lambda d: d["installer"].update(vmlinuz="0"),
        lambda d: d["installer"].update({"../vmlinuz": "0" * 64}),
        lambda d: d.update(installer=None),
    ],
)
def test_a_signature_does_not_make_nonsense_good(
    change: Callable[[dict[str, object]], object], keys: KeyFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    resigned(folder, keys, change)
    with pytest.raises(ImageError, match=r"no manifest of format 1|no version"):
        read_manifest(folder, keys.image_public)


def test_a_manifest_in_another_form_is_none(keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    resigned(folder, keys, lambda d: None, indent=1)
    with pytest.raises(ImageError, match="not in canonical form"):
        read_manifest(folder, keys.image_public)


def test_a_wrong_hash_of_the_content_is_found_after_decompression(keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    resigned(folder, keys, lambda d: d["root"].update(sha256="0" * 64))  # type: ignore[attr-defined]
    with pytest.raises(ImageError, match="decompresses"):
        verify(folder, keys.image_public)


def test_an_older_version_is_refused(keys: KeyFolder, tmp_path: Path) -> None:
    small_image(tmp_path / "image", keys)
    with pytest.raises(ImageError, match=r"2026\.11\.28\.1 is older than 2026\.11\.28\.2"):
        verify(tmp_path / "image", keys.image_public, min_version="2026.11.28.2")


def test_an_image_from_before_the_installer_was_kept_is_still_good(keys: KeyFolder, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    small_image(folder, keys)
    resigned(folder, keys, lambda d: d.pop("installer"))
    assert verify(folder, keys.image_public).installer is None


def test_versions_are_compared_as_numbers() -> None:
    ordered = ["2025.12.31.9", "2026.2.1.1", "2026.11.28.2", "2026.11.28.10", "2026.11.29"]
    assert sorted(ordered, key=version_numbers) == ordered


@pytest.mark.parametrize("text", ["", "1.", "v1", "1.2 ", "1.-2", "1" * 10, "１", ".".join("1" * 9)])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ImageError, match="no version"):
        version_numbers(text)


def test_rauc_is_told_versions_in_its_own_form() -> None:
    given = ["2026.11.28", "2026.11.28.1", "2026.11.28.10", "2026.12.1.1", "2026", "2026.1.2.3.4"]
    assert [bundle_version(one) for one in given] == [
        "2026.11.28-0", "2026.11.28-1", "2026.11.28-10", "2026.12.1-1", "2026-0", "2026.1.2-3.4",
    ]  # fmt: skip


def test_the_bundle_is_part_of_the_folder_but_signed_by_itself(keys: KeyFolder, tmp_path: Path) -> None:
    manifest = small_image(tmp_path / "image", keys)
    assert BUNDLE.encode() not in manifest.to_bytes()
