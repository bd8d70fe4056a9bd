"""After the installation: the seed applied to a slot, the verdict on a slot, the queue of reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from signing_pair import Pair

from hntt.image.target import first_boot, reports, slots
from hntt.image.target.trial import judge

SEED = {
    "host": "pc.a.b",
    "issued": "2026-11-28T01:00:00+00:00",
    "files": [{"path": "/etc/hntt/room", "mode": "0640", "content": "2007\n"}],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A slot with the data partition in it."""
    (tmp_path / "usr/lib/hntt").mkdir(parents=True)
    pair = Pair(tmp_path / "usr/lib/hntt")
    (tmp_path / "usr/lib/hntt/image.json").write_text('{"version": "2026.11.28.1"}')
    pair.signed(tmp_path / "data/hntt/identity/seed.json", SEED)
    (tmp_path / "data/hntt/identity/machine-id").write_text("0" * 32 + "\n")
    return tmp_path


def stages(root: Path) -> list[tuple[str, int]]:
    found = [json.loads(path.read_text()) for path in reports.pending(root / "data/hntt/reports")]
    return [(one["stage"], one["seq"]) for one in found]


def test_a_slot_becomes_the_pc_once(root: Path) -> None:
    assert first_boot.main(root) == 0
    room = root / "etc/hntt/room"
    assert (room.read_text(), room.stat().st_mode & 0o777) == ("2007\n", 0o640)
    assert (root / "etc/machine-id").read_text() == "0" * 32 + "\n"
    assert stages(root) == [("first_boot", 0)]
    room.write_text("changed by a converge\n")
    assert first_boot.main(root) == 0
    assert room.read_text() == "changed by a converge\n"
    assert stages(root) == [("first_boot", 0)]


def test_the_host_key_comes_along_into_the_next_slot(root: Path) -> None:
    first_boot.main(root)
    key = root / "etc/ssh/ssh_host_ed25519_key"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    (root / first_boot.MARK).unlink()
    first_boot.main(root)
    assert key.read_bytes() == before
    assert stages(root) == [("first_boot", 0), ("first_boot", 1)]


def test_a_seed_that_was_changed_on_the_disk_is_not_applied(root: Path) -> None:
    seed = root / "data/hntt/identity/seed.json"
    seed.write_text(seed.read_text().replace("2007", "1000"))
    assert first_boot.main(root) == 1
    assert not (root / "etc/hntt/room").exists()


def test_a_path_out_of_the_slot_is_not_written(root: Path) -> None:
    pair = Pair(root / "usr/lib/hntt")
    files = [{"path": "/etc/../../outside", "mode": "0644", "content": ""}]
    pair.signed(root / "data/hntt/identity/seed.json", {**SEED, "files": files})
    with pytest.raises(first_boot.SeedError):
        first_boot.main(root)
    assert not (root.parent / "outside").exists()


TRYING_B = {"ORDER": "B A", "A_OK": "1", "A_TRY": "0", "B_OK": "1", "B_TRY": "1"}


def test_a_healthy_slot_is_kept_and_reported() -> None:
    verdict = judge(TRYING_B, "B", settled=False, healthy=True, late=False)
    assert verdict is not None
    assert (verdict.stage, verdict.restart, verdict.good) == ("healthy", False, True)
    assert verdict.variables == {**TRYING_B, "B_TRY": "0"}


def test_there_is_time_until_the_deadline() -> None:
    assert judge(TRYING_B, "B", settled=False, healthy=False, late=False) is None


def test_a_slot_on_trial_is_left_when_it_is_late() -> None:
    verdict = judge(TRYING_B, "B", settled=False, healthy=False, late=True)
    assert verdict is not None
    assert (verdict.stage, verdict.restart, verdict.good) == ("failed", True, False)
    assert slots.chosen(verdict.variables)[0] == "A"


def test_a_settled_slot_is_kept_whatever_the_check_says() -> None:
    verdict = judge({**TRYING_B, "ORDER": "A B"}, "A", settled=True, healthy=False, late=True)
    assert verdict is not None
    assert (verdict.stage, verdict.restart) == (None, False)


def test_the_only_slot_waits_for_its_first_converge_however_long_that_takes() -> None:
    variables = {**slots.first_variables(), "A_TRY": "1"}
    assert judge(variables, "A", settled=False, healthy=False, late=True) is None
    verdict = judge(variables, "A", settled=False, healthy=True, late=True)
    assert verdict is not None
    assert (verdict.stage, verdict.restart, verdict.variables["A_TRY"]) == ("healthy", False, "0")


def test_the_old_slot_tells_that_the_new_one_was_lost() -> None:
    verdict = judge({**TRYING_B, "A_TRY": "1"}, "A", settled=True, healthy=False, late=False)
    assert verdict is not None
    assert verdict.stage == "fell_back"
    assert verdict.variables == {"ORDER": "A B", "A_OK": "1", "A_TRY": "0", "B_OK": "0", "B_TRY": "0"}


def test_reports_wait_in_memory_and_then_in_files(tmp_path: Path) -> None:
    queue = reports.Queue("pc.a.b", "1.2")
    queue.add("booted")
    queue.add("disk", {"code": "DIA", "vi": "x" * 900, "en": ""})
    queue.keep(tmp_path / "reports")
    queue.add("written")
    found = [json.loads(path.read_text()) for path in reports.pending(tmp_path / "reports")]
    assert [(one["stage"], one["seq"], one["run"]) for one in found] == [
        ("booted", 0, queue.run), ("disk", 1, queue.run), ("written", 2, queue.run),
    ]  # fmt: skip
    assert len(found[1]["detail"]["vi"]) == 500
    again = reports.Queue("pc.a.b", "1.2", tmp_path / "reports")
    again.add("first_boot")
    assert (again.run, again.next) == (queue.run, 4)


def test_runs_of_one_second_are_told_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter(["ffff", "aaaa", "bbbb", "0000"])
    monkeypatch.setattr(reports.secrets, "token_hex", lambda _size: next(runs))
    reports.Queue("pc.a.b", "1.2", tmp_path).add("healthy")
    (tmp_path / "run.json").unlink()
    reports.Queue("pc.a.b", "1.3", tmp_path).add("booted")
    (tmp_path / "run.json").write_text("{")
    reports.Queue("pc.a.b", "1.4", tmp_path).add("disk")
    assert stages_in(tmp_path) == ["healthy", "booted", "disk"]


def test_a_power_cut_gives_no_number_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutError(Exception):
        """The power is gone."""

    def cut(path: Path, content: bytes, mode: int = 0o600) -> None:
        if path.name == "run.json" and writes:
            raise CutError
        writes.append(path.name)
        whole(path, content, mode)

    writes: list[str] = []
    whole = reports.write_whole
    queue = reports.Queue("pc.a.b", "1.2", tmp_path)
    monkeypatch.setattr(reports, "write_whole", cut)
    queue.add("first_boot")
    with pytest.raises(CutError):
        queue.add("enrolled")
    monkeypatch.setattr(reports, "write_whole", whole)
    reports.Queue("pc.a.b", "1.2", tmp_path).add("healthy")
    found = [json.loads(path.read_text()) for path in reports.pending(tmp_path)]
    assert len({(one["run"], one["seq"]) for one in found}) == len(found) == 2
    assert stages_in(tmp_path) == ["first_boot", "healthy"]


def stages_in(folder: Path) -> list[str]:
    return [json.loads(path.read_text())["stage"] for path in reports.pending(folder)]
