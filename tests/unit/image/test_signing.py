"""Keys are made once, stay private, and what they sign is verified by the programs that PCs have."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hntt.image.errors import ImageError
from hntt.image.signing import KeyFolder, is_signed, make_keys, sign


def test_private_keys_are_the_owners_alone(keys: KeyFolder) -> None:
    for path in (keys.image_key, keys.bundle_key):
        assert path.stat().st_mode & 0o777 == 0o600
    assert keys.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("left", ["image.key.pem", "image.pub.pem", "bundle.key.pem", "bundle.crt.pem"])
def test_no_key_is_ever_overwritten(left: str, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / left).write_text("precious")
    with pytest.raises(ImageError, match="not overwritten"):
        make_keys(folder, "HNTT test")
    assert [path.name for path in folder.iterdir()] == [left]
    assert (folder / left).read_text() == "precious"


def test_a_signature_is_good_for_openssl(keys: KeyFolder, tmp_path: Path) -> None:
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(b"{}\n")
    signature.write_bytes(sign(keys, b"{}\n"))
    assert signature.stat().st_size == 64
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", str(keys.image_public)]
    command += ["-in", str(message), "-sigfile", str(signature)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    message.write_bytes(b"{ }\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_what_another_key_signed_is_not_signed(keys: KeyFolder, tmp_path: Path) -> None:
    other = make_keys(tmp_path / "other", "Somebody")
    assert is_signed(b"x", sign(keys, b"x"), keys.image_public)
    assert not is_signed(b"x", sign(other, b"x"), keys.image_public)
    assert not is_signed(b"y", sign(keys, b"x"), keys.image_public)


def test_the_bundles_certificate_signs_code_and_nothing_else(keys: KeyFolder) -> None:
    certificate = x509.load_pem_x509_certificate(keys.bundle_certificate.read_bytes())
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_without_a_key_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="hntt image key"):
        sign(KeyFolder(tmp_path), b"x")


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_said_to_be_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "image.pub.pem"
    path.write_text(text)
    with pytest.raises(ImageError, match="no Ed25519 key"):
        is_signed(b"x", b"x" * 64, path)
