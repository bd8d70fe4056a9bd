"""A token that was spent is worth nothing, and no longer on the PC; the seed stays one that was signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from signing_pair import Pair

from hntt.image.files import canonical
from hntt.image.seed import read_seed, write_seed
from hntt.image.signing import KeyFolder
from hntt.image.target import first_boot, reports
from hntt.image.target.enrol import enrol_once
from hntt.image.target.send import CentreError, Places, report_key
from hntt.image.target.signed import is_signed_seed

HOST, SECRET, KEY = "pc.a.b", "the secret of this token", "ab" * 32
SEED: dict[str, Any] = {
    "format": 1, "host": HOST, "code": "19132", "commune": "An Thủy", "district": "Lệ Thủy", "disk_serial": None,
    "issued": "2026-11-28T01:00:00+00:00", "min_version": "1", "image_version": "1", "files": [], "centre": {},
    "token": {"id": "t1", "secret": SECRET, "expires": "2999-01-01T00:00:00+00:00"},
}  # fmt: skip


class Centre:
    """Gives what a centre gives; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body["token_secret"])
        return {"certificate": "ssh-ed25519-cert-v01@openssh.com AAAA", "report_key": KEY}


@pytest.fixture
def pc(tmp_path: Path) -> Places:
    """A PC that was installed with a seed from the controller."""
    places = Places(tmp_path)
    places.image_key.parent.mkdir(parents=True)
    pair = Pair(places.image_key.parent)
    keys = KeyFolder(tmp_path / "keys")
    keys.folder.mkdir()
    keys.image_key.write_bytes(
        pair.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    seed = write_seed(tmp_path / "seeds", SEED, keys)
    assert read_seed(seed, places.image_key) == SEED
    places.identity.mkdir(parents=True)
    places.seed.write_bytes(seed.read_bytes())
    places.seed.with_name("seed.json.sig").write_bytes(seed.with_name(f"{seed.name}.sig").read_bytes())
    (places.identity / "ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAA")
    return places


def test_the_secret_leaves_the_pc_once_it_is_spent(pc: Places) -> None:
    centre = Centre()
    assert enrol_once(pc, centre)
    assert centre.asked == [SECRET]
    assert SECRET not in pc.seed.read_text()
    assert first_boot.read_seed(pc.identity, pc.image_key) == {**SEED, "token": {**SEED["token"], "secret": ""}}
    assert report_key(pc) == bytes.fromhex(KEY)
    assert not enrol_once(pc, centre)
    assert len(centre.asked) == 1


def test_a_power_cut_before_it_has_left_is_made_up_for(pc: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutError(Exception):
        """The power is gone."""

    def cut(path: Path, content: bytes, mode: int = 0o600) -> None:
        if path == pc.seed:
            raise CutError
        whole(path, content, mode)

    whole, centre = reports.write_whole, Centre()
    monkeypatch.setattr(reports, "write_whole", cut)
    with pytest.raises(CutError):
        enrol_once(pc, centre)
    monkeypatch.setattr(reports, "write_whole", whole)
    assert first_boot.read_seed(pc.identity, pc.image_key) == SEED
    assert not enrol_once(pc, centre)
    assert len(centre.asked) == 1
    assert SECRET not in pc.seed.read_text()


def test_a_seed_of_before_keeps_its_signature_and_its_secret(pc: Places) -> None:
    signature = pc.seed.with_name("seed.json.sig")
    signature.write_bytes(signature.read_bytes()[:64])
    enrol_once(pc, Centre())
    assert first_boot.read_seed(pc.identity, pc.image_key) == SEED


def test_a_refused_token_stays(pc: Places) -> None:
    class Refuses:
        def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
            raise CentreError(403, "token_spent", "", "")

    with pytest.raises(CentreError):
        enrol_once(pc, Refuses())
    assert SECRET in pc.seed.read_text()


def test_neither_signature_is_good_for_anything_else(pc: Places) -> None:
    content, signatures = pc.seed.read_bytes(), pc.seed.with_name("seed.json.sig").read_bytes()
    assert is_signed_seed(content, signatures, pc.image_key)
    assert is_signed_seed(canonical({**SEED, "token": {**SEED["token"], "secret": ""}}), signatures, pc.image_key)
    assert not is_signed_seed(canonical({**SEED, "token": {**SEED["token"], "secret": "x"}}), signatures, pc.image_key)
    assert not is_signed_seed(content.replace(b"19132", b"19133"), signatures, pc.image_key)
    assert not is_signed_seed(content, signatures + signatures[:64], pc.image_key)
    assert not is_signed_seed(content, b"", pc.image_key)
    assert json.loads(content)["token"]["secret"] == SECRET
