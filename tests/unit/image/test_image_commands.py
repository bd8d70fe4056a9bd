"""``hntt image …`` from outside: what it says, what it leaves alone when something is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from image_samples import VERSION, small_image
from tests_province import AUTHORITY

from hntt.cli import run
from hntt.image import stick_cli
from hntt.image.signing import KeyFolder

ROOT = Path(__file__).parents[3]
OPERATOR = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEoperator-of-the-tests operator"
PC = "pc.an-thuy.le-thuy"


class World:
    """An inventory of its own, and the command on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inventory"
        for name in ("register", "data"):
            shutil.copytree(ROOT / "inventories/quang_binh" / name, self.folder / name)
        shutil.copyfile(ROOT / "inventories/quang_binh/hntt.yml", self.folder / "hntt.yml")
        (self.folder / "group_vars/all").mkdir(parents=True)
        (self.folder / "group_vars/all/access.yml").write_text(f'linux_base_admin_keys: ["{OPERATOR}"]\n')
        (self.folder / "vault").mkdir()
        self.secrets(authority=AUTHORITY, host_authority="ssh-ed25519 AAAAhost ca")
        self.seeds, self.image = folder / "seeds", folder / "image"

    def secrets(self, **values: str) -> None:
        (self.folder / "vault/secrets.yml").write_text(json.dumps(values))

    @property
    def keys(self) -> KeyFolder:
        return KeyFolder(self.folder / "vault/image")

    def __call__(self, *arguments: str | Path) -> int:
        return run(["--lang", "en", "-i", str(self.folder), "image", *map(str, arguments)])

    def seed(self, pattern: str = PC) -> int:
        return self("seed", pattern, "--out", self.seeds, "--version", VERSION)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_from_a_key_to_a_seed_that_is_verified(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world("key") == 0
    small_image(world.image, world.keys)
    (world.image / "root.raucb").unlink()
    assert world("seed", "pc.*.le-thuy", "--out", world.seeds, "--image", world.image) == 0
    assert world("verify", world.image, "--seeds", world.seeds) == 0
    assert "28 seeds are good" in capsys.readouterr().out
    assert world("tokens", "export", "--out", world.folder / "tokens") == 0
    assert len(json.loads((world.folder / "tokens").read_text())["tokens"]) == 28


def test_a_second_key_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world("key") == 0
    before = world.keys.image_key.read_text()
    assert world("key") == 3
    assert "not overwritten" in capsys.readouterr().err
    assert world.keys.image_key.read_text() == before


def test_what_is_missing_is_said_before_any_token_is_revoked(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.seed() == 3
    assert "hntt image key" in capsys.readouterr().err
    world("key")
    assert world.seed() == 0
    ledger = (world.folder / "vault/image/tokens.json").read_text()
    world.secrets(authority=AUTHORITY)
    assert world.seed() == 2
    assert "'host_authority' is missing" in capsys.readouterr().err
    assert (world.folder / "vault/image/tokens.json").read_text() == ledger


def test_only_pcs_get_seeds(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world("key")
    assert world.seed("rt.*.le-thuy") == 2
    assert "no commune PC" in capsys.readouterr().err


LAB_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEoperator-of-the-lab lab"


def test_a_lab_s_seeds_are_what_its_overlay_makes_of_them(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world("key")
    with (world.folder / "hntt.yml").open("a") as options:
        options.write("overlay: overlay.yml\n")
    (world.folder / "group_vars/all/access.yml").write_text("linux_base_admin_keys: []\n")
    assert world.seed("commune_pc") == 3
    assert "the lab is not up" in capsys.readouterr().err
    overlay = {"only": {"districts": ["quang-ninh"]}, "all": {"linux_base_admin_keys": [LAB_KEY]}}
    (world.folder / "overlay.yml").write_text(json.dumps(overlay))
    assert world.seed() == 2, "that PC is not in the lab"
    assert world.seed("commune_pc") == 0, capsys.readouterr().err
    seeds = [json.loads(path.read_text()) for path in world.seeds.glob("*.seed.json")]
    assert {seed["host"].rpartition(".")[2] for seed in seeds} == {"quang-ninh"}
    assert all(LAB_KEY in json.dumps(seed["files"]) for seed in seeds)


def test_a_revoked_token_is_shown_and_not_exported(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world("key")
    world.seed()
    assert world("tokens", "revoke", PC) == 0
    assert world("tokens", "list") == 0
    assert "revoked" in capsys.readouterr().out
    assert world("tokens", "export") == 0
    assert json.loads(capsys.readouterr().out)["tokens"] == []


@pytest.fixture
def written(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where a stick was written to; nothing is."""
    world("key")
    small_image(world.image, world.keys)
    world.seed()
    calls: list[Path] = []
    monkeypatch.setattr(stick_cli, "make_stick", lambda _image, _seeds, out: calls.append(out) or 1)
    monkeypatch.setattr(stick_cli, "_about", lambda _device: {"serial": "STICK01", "model": "x", "size": 8e9})
    monkeypatch.setattr(Path, "is_block_device", lambda path: path == Path("/dev/sdz"))
    return calls


def stick(world: World, out: str | Path, *more: str) -> int:
    return world("stick", "--image", world.image, "--seeds", world.seeds, "--out", out, *more)


def test_a_stick_is_named_by_its_serial(world: World, written: list[Path]) -> None:
    assert stick(world, "/dev/sdz", "--erase", "OTHER01") == 2
    assert written == []
    assert stick(world, "/dev/sdz", "--erase", "STICK01") == 0
    assert written == [Path("/dev/sdz")]


def test_a_file_that_is_there_is_left_alone(world: World, written: list[Path]) -> None:
    assert stick(world, world.folder / "hntt.yml") == 2
    assert stick(world, "/dev/not-there") == 2
    assert written == []


@pytest.mark.parametrize(
    "name",
    ["image/manifest.json", "image/root.ext4.zst", "image/installer/vmlinuz", "seeds/19264.seed.json"],
)
def test_nothing_changed_gets_onto_a_stick(name: str, world: World, written: list[Path], tmp_path: Path) -> None:
    path = tmp_path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert stick(world, tmp_path / "stick.img") == 3
    assert written == []


def test_a_seed_that_wants_a_newer_image_gets_onto_no_stick(
    world: World, written: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world("seed", PC, "--out", world.seeds, "--version", "2026.12.1.1")
    assert stick(world, tmp_path / "stick.img") == 3
    assert "2026.12.1.1 or newer" in capsys.readouterr().err
    assert written == []
