"""Runs of the reimaging: real tokens, seeds and signatures; the centre and the PCs answer as they are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "image"))
from image_samples import VERSION, small_image

from hntt.audit.scope import Scope
from hntt.audit.shells import Said
from hntt.errors import HnttError, UsageError
from hntt.i18n import set_language
from hntt.image.seed import read_seed
from hntt.image.signing import make_keys
from hntt.image.vault import Vault
from hntt.intent import pki
from hntt.intent.secrets import SecretValues
from hntt.inventory.source import read_source
from hntt.play import reimage
from hntt.play.centre_link import CentreLinkError
from hntt.play.meeting_guard import Guard
from hntt.play.reimage import Fleet, Request, action_result, follow, prepare_sticks, update

PROJECT = Path(__file__).resolve().parents[3]
SOURCE = read_source(PROJECT / "inventories/quang_binh/register")
PCS = ("pc.an-thuy.le-thuy", "pc.son-thuy.le-thuy", "pc.hong-thuy.le-thuy")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB operator"


class PretendedCentre:
    """Keeps what it is given; ``heard`` is what PCs report, by host."""

    def __init__(self) -> None:
        self.tokens: list[bytes] = []
        self.published: list[str] = []
        self.heard: dict[str, list[dict[str, Any]]] = {}
        self.spent: list[str] = []
        self.is_down = False

    def put_tokens(self, content: bytes) -> int:
        self.tokens.append(content)
        return len(json.loads(content)["tokens"])

    def stages(self, since: datetime | None = None) -> Mapping[str, Any]:
        del since
        if self.is_down:
            raise CentreLinkError("down")
        return {"now": datetime.now(UTC).isoformat(), "reports": self.heard, "enrolled": {}, "spent": self.spent}

    def publish(self, file: Path, version: str, sha256: str) -> bool:
        del sha256
        self.published.append(f"{version}/{file.name}")
        return True

    def hear(self, host: str, stage: str, version: str = VERSION) -> None:
        at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        report = {"run": "run-0001", "seq": 0, "stage": stage, "at": at, "received": at, "version": version}
        self.heard.setdefault(host, []).append(report)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(reimage, "LOOK_S", 0.01)
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def centre() -> PretendedCentre:
    return PretendedCentre()


@pytest.fixture
def fleet(tmp_path: Path, centre: PretendedCentre) -> Fleet:
    authority = pki.new_authority("HNTT test")
    secrets = SecretValues({pki.AUTHORITY: authority.certificate, **pki.new_host_authority()})
    vault = Vault(tmp_path / "vault" / "secrets.yml")
    make_keys(vault.keys.folder, "HNTT test")
    variables = {"hntt_known_hosts": str(tmp_path / "known_hosts"), "linux_base_admin_keys": [KEY]}
    everybody = dict.fromkeys(PCS, variables)
    scope = Scope(everybody, SOURCE.register, SOURCE.network, secrets, PROJECT / "roles")
    return Fleet(scope, PCS, vault, centre)


@pytest.fixture
def image(tmp_path: Path, fleet: Fleet) -> Path:
    small_image(tmp_path / "image", fleet.vault.keys)
    return tmp_path / "image"


def nothing(found: Sequence[Any], now: datetime) -> None:
    del found, now


def test_a_stick_s_seeds_are_signed_and_the_centre_has_their_tokens(
    fleet: Fleet, centre: PretendedCentre, image: Path, tmp_path: Path
) -> None:
    outcome = prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    seeds = [read_seed(path, fleet.vault.keys.image_public) for path in (tmp_path / "seeds").glob("*.seed.json")]
    assert {seed["host"] for seed in seeds} == set(PCS)
    listed = json.loads(centre.tokens[-1])["tokens"]
    assert {token["id"] for token in listed} == {seed["token"]["id"] for seed in seeds}
    assert not any(seed["token"]["secret"] in centre.tokens[-1].decode() for seed in seeds)
    assert outcome.changed
    assert any("hntt image stick" in line for line in outcome.lines)


def test_the_controller_trusts_the_host_authority_for_pcs_and_for_nobody_else(
    fleet: Fleet, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_text("rt.tinh ssh-ed25519 AAAA\n")
    for _ in range(2):
        prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    lines = (tmp_path / "known_hosts").read_text().splitlines()
    assert lines[0] == "rt.tinh ssh-ed25519 AAAA"
    assert len(lines) == 2
    marker, names, *_ = lines[1].split()
    assert marker == "@cert-authority"
    assert PCS[0] in names.split(",")
    assert not any(name.startswith(("rt.", "mcu-", "noc.", "vcs.")) for name in names.split(","))


def test_a_centre_that_is_down_revokes_no_token(
    fleet: Fleet, centre: PretendedCentre, image: Path, tmp_path: Path
) -> None:
    prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    before = fleet.vault.ledger.tokens()
    centre.is_down = True
    with pytest.raises(CentreLinkError):
        prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    assert fleet.vault.ledger.tokens() == before


def test_a_rehearsal_changes_nothing(fleet: Fleet, centre: PretendedCentre, image: Path, tmp_path: Path) -> None:
    prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds", check=True))
    update(fleet, Request("update", image, check=True), Guard(), nothing)
    assert not (tmp_path / "seeds").exists()
    assert (centre.tokens, centre.published, fleet.vault.ledger.tokens()) == ([], [], ())


def test_an_image_that_was_changed_is_prepared_for_nobody(fleet: Fleet, image: Path, tmp_path: Path) -> None:
    (image / "root.ext4.zst").write_bytes(b"other")
    for work in (prepare_sticks, lambda *words: update(*words, Guard(), nothing)):
        with pytest.raises(HnttError):
            work(fleet, Request("stick", image, tmp_path / "seeds"))
    assert fleet.vault.ledger.tokens() == ()


def test_following_needs_something_to_follow(fleet: Fleet) -> None:
    with pytest.raises(UsageError):
        follow(fleet, Request("follow"), nothing)


def test_following_ends_when_all_are_well_and_notes_what_was_spent(
    fleet: Fleet, centre: PretendedCentre, image: Path, tmp_path: Path
) -> None:
    prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    for host in PCS:
        centre.hear(host, "healthy")
    centre.spent = [token.id for token in fleet.vault.ledger.tokens()]
    outcome = follow(fleet, Request("follow"), nothing)
    assert all(item.is_good for item in outcome.standings)
    assert {token.end for token in fleet.vault.ledger.tokens()} == {"spent"}
    assert "failed" not in action_result(Request("follow"), outcome)


def test_following_tells_who_needs_somebody(fleet: Fleet, centre: PretendedCentre, image: Path, tmp_path: Path) -> None:
    prepare_sticks(fleet, Request("stick", image, tmp_path / "seeds"))
    centre.hear(PCS[0], "failed")
    outcome = follow(fleet, Request("follow", hours=0.00001), nothing)
    told = action_result(Request("follow"), outcome)
    assert told["failed"]
    assert PCS[0] in told["msg"]
    assert [row["stage"] for row in told["hntt_report"]["extra"]["reimage"]["pcs"]] == ["failed", "waiting", "waiting"]


def versions_of(wanted: Mapping[str, tuple[Any, Sequence[str]]]) -> dict[str, Said] | None:
    """The answer where PCs are asked for their version: an older one."""
    if not all("image.json" in lines[0] for _, lines in wanted.values()):
        return None
    return {host: Said((json.dumps({"version": "2026.11.1.1"}),)) for host in wanted}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, centre: PretendedCentre) -> list[str]:
    """PCs that were told to update, in order; each is well at once with the new version."""
    commands: list[str] = []

    def run(wanted: Mapping[str, tuple[Any, Sequence[str]]]) -> dict[str, Said]:
        if (old := versions_of(wanted)) is not None:
            return old
        for host, (_, lines) in wanted.items():
            commands.append(f"{host} {lines[0]}")
            centre.hear(host, "healthy")
        return {host: Said(("hntt-started\n",)) for host in wanted}

    monkeypatch.setattr(reimage, "run_everywhere", run)
    return commands


def test_an_update_goes_through_the_district_s_relay_one_pc_first(
    fleet: Fleet, centre: PretendedCentre, image: Path, started: list[str]
) -> None:
    outcome = update(fleet, Request("update", image), Guard(), nothing)
    assert [line.split()[0] for line in started] == list(PCS)
    assert all(f"http://10.44.1.192:8080/images/{VERSION}/root.raucb" in line for line in started)
    assert all("python3 -s -B -m target.update http" in line and "root.raucb" in line for line in started)
    assert centre.published == [f"{VERSION}/root.raucb"]
    assert not outcome.problems
    assert all(item.is_good for item in outcome.standings)


def test_a_pc_in_a_meeting_is_left_alone_unless_there_is_a_reason(
    fleet: Fleet, image: Path, started: list[str]
) -> None:
    busy = {PCS[0]: "room 2007 is in a meeting"}
    outcome = update(fleet, Request("update", image), Guard(busy), nothing)
    assert [line.split()[0] for line in started] == list(PCS[1:]), "the others are updated all the same"
    assert "room 2007" in outcome.problems[0]
    started.clear()
    update(fleet, Request("update", image), Guard(busy, "must be today"), nothing)
    assert PCS[0] in started[0]


def test_after_one_that_fell_back_no_other_is_begun(
    fleet: Fleet, centre: PretendedCentre, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(wanted: Mapping[str, Any]) -> dict[str, Said]:
        if (old := versions_of(wanted)) is not None:
            return old
        for host in wanted:
            asked.append(host)
            centre.hear(host, "fell_back", "2026.11.1.1")
        return {host: Said(("hntt-started\n",)) for host in wanted}

    monkeypatch.setattr(reimage, "run_everywhere", run)
    outcome = update(fleet, Request("update", image), Guard(), nothing)
    assert asked == [PCS[0]]
    assert any("2 PCs were not begun" in text for text in outcome.problems)
    assert action_result(Request("update"), outcome)["failed"]


def test_a_pc_that_can_not_be_asked_is_named(fleet: Fleet, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dark(wanted: Mapping[str, Any]) -> dict[str, Said]:
        return {host: Said(error=OSError("no route")) for host in wanted}

    monkeypatch.setattr(reimage, "run_everywhere", dark)
    outcome = update(fleet, Request("update", image), Guard(), nothing)
    assert outcome.problems[0].startswith(f"{PCS[0]}: ")
    assert "no route" in outcome.problems[0]


def test_nothing_older_is_put_on_a_pc_and_nothing_twice(
    fleet: Fleet, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = dict(zip(PCS, (VERSION, "2027.1.1.1", "2026.11.28.0"), strict=True))
    asked: list[str] = []

    def run(wanted: Mapping[str, Any]) -> dict[str, Said]:
        if any("image.json" in lines[0] for _, lines in wanted.values()):
            return {host: Said((json.dumps({"version": versions[host]}),)) for host in wanted}
        asked.extend(wanted)
        return {host: Said(error=OSError("stop here")) for host in wanted}

    monkeypatch.setattr(reimage, "run_everywhere", run)
    outcome = update(fleet, Request("update", image), Guard(), nothing)
    assert asked == [PCS[2]]
    assert outcome.extra["had_it"] == [PCS[0]]
    assert any(PCS[1] in text and "newer" in text for text in outcome.problems)
