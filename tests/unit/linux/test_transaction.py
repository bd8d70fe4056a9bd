"""Files change together or not at all, whatever happens in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from linux_support import MODULE_UTILS, FakeSystemd

OLD = {"one": "old one\n", "two": "old two\n", "left-over": "nobody wants this\n"}
NEW = {"one": "new one\n", "two": "new two\n", "three": "new three\n"}
STEPS = {"directory": 1, "stage": 5, "swap": 5, "swapped": 1, "restarted": 1}


def tree(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file below ``folder`` with content and mode: what must be as before or as wanted."""
    return {
        str(path.relative_to(folder)): (
            str(path.readlink()) if path.is_symlink() else path.read_text(),
            path.lstat().st_mode & 0o7777,
        )
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    for name, text in OLD.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o640)
    return folder


def me() -> tuple[str, str]:
    import grp
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


def wanted(etc: Path, **more: Any) -> dict[str, Any]:
    owner, group = me()
    common = {"owner": owner, "group": group, "mode": "0644", "restart": ["a.service"], **more}
    return {
        "files": [
            {"dest": str(etc / "one"), "content": NEW["one"], **common},
            {"dest": str(etc / "two"), "content": NEW["two"], **common},
            {"dest": str(etc / "new.d" / "three"), "content": NEW["three"], **common},
        ],
        "links": [{"path": str(etc / "link"), "target": "one", "restart": []}],
        "directories": [],
        "purge": [{"path": str(etc), "pattern": "left-*", "restart": []}],
        "sysctls": {},
    }


def change(host: dict[str, Any], wanted_state: dict[str, Any], base: Path, systemd: FakeSystemd, **more: Any) -> Any:
    plan = host["hntt_file_plan"].Plan(wanted_state, {})
    transaction = host["hntt_transaction"].Transaction(str(base), "t1", systemd, **more)
    transaction.stage(plan.entries, plan.directories, plan.sysctls, plan.restart, plan.reload)
    transaction.commit()
    return transaction


def check_new(etc: Path) -> None:
    assert tree(etc) == {
        "link": ("one", 0o777),
        "new.d/three": (NEW["three"], 0o644),
        "one": (NEW["one"], 0o644),
        "two": (NEW["two"], 0o644),
    }


def test_all_files_are_changed_and_the_originals_kept(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd
) -> None:
    transaction = change(host, wanted(etc), tmp_path / "journals", systemd)
    check_new(etc)
    assert transaction.state == "done"
    assert ("restart", "a.service") in systemd.calls
    kept = {path.read_text() for path in (tmp_path / "journals" / "t1" / "old").iterdir()}
    assert kept == set(OLD.values())


def test_a_second_plan_is_empty(host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd) -> None:
    change(host, wanted(etc), tmp_path / "journals", systemd)
    assert host["hntt_file_plan"].Plan(wanted(etc), {}).empty


def test_only_a_mode_differs(host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd) -> None:
    change(host, wanted(etc), tmp_path / "journals", systemd)
    (etc / "one").chmod(0o600)
    plan = host["hntt_file_plan"].Plan(wanted(etc), {})
    assert [entry["dest"] for entry in plan.entries] == [str(etc / "one")]


def test_a_unit_that_does_not_start_brings_everything_back(host: Any, etc: Path, tmp_path: Path) -> None:
    before, systemd = tree(etc), FakeSystemd(failing=("a.service",))
    with pytest.raises(host["hntt_transaction"].TransactionError, match="old files are back") as caught:
        change(host, wanted(etc), tmp_path / "journals", systemd)
    assert caught.value.state == "rolled_back"
    assert tree(etc) == before
    assert not (etc / "new.d").exists()
    assert systemd.calls.count(("restart", "a.service")) == 2  # with the new files, and with the old


class RefusesNew(FakeSystemd):
    """A unit that does not take the new files, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def restart(self, verb: str, units: list[str]) -> None:
        super().restart(verb, units)
        if units and self.left:
            self.left -= 1
            raise RuntimeError(f"{units[0]} refuses")


@pytest.mark.parametrize(
    ("times", "verbs"),
    [(1, ["reload-or-restart"] * 2), (2, ["reload-or-restart"] * 2 + ["restart"])],
    ids=["old-files-taken", "old-files-refused-too"],
)
def test_a_unit_that_was_reloaded_goes_on_with_the_old_files_without_a_restart(
    host: Any, etc: Path, tmp_path: Path, times: int, verbs: list[str]
) -> None:
    before, systemd = tree(etc), RefusesNew(times)
    with pytest.raises(host["hntt_transaction"].TransactionError, match="old files are back"):
        change(host, wanted(etc, restart=[], reload=["a.service"]), tmp_path / "journals", systemd)
    assert tree(etc) == before
    assert [call[0] for call in systemd.calls if call[1] == "a.service"] == verbs


@pytest.mark.parametrize(("step", "count"), [(s, n) for s, last in STEPS.items() for n in range(1, last + 1)])
def test_killed_at_any_step_the_next_run_puts_the_old_files_back(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, step: str, count: int
) -> None:
    before = tree(etc)
    killed = run_and_kill(etc, tmp_path / "journals", step, count)
    assert killed == -signal.SIGKILL
    done = host["hntt_transaction"].recover(str(tmp_path / "journals"), systemd)
    assert tree(etc) == before
    assert not (etc / "new.d").exists()
    assert [state for _, state in done] in (["refused"], ["rolled_back"])
    # The next run is not hindered by what the dead one left.
    assert host["hntt_transaction"].recover(str(tmp_path / "journals"), systemd) == []


def run_and_kill(etc: Path, base: Path, step: str, count: int) -> int:
    """Make the change in a process of its own that is killed at the n-th occurrence of a step."""
    script = textwrap.dedent(
        f"""
        import os, signal, sys
        from pathlib import Path
        sys.path[:0] = [{str(Path(__file__).parent)!r}]
        import linux_support, test_transaction
        seen = 0
        def kill(name):
            global seen
            seen += name == {step!r}
            if seen == {count} and name == {step!r}:
                os.kill(os.getpid(), signal.SIGKILL)
        test_transaction.change(
            linux_support.load_host_modules(), test_transaction.wanted(Path({str(etc)!r})), Path({str(base)!r}),
            linux_support.FakeSystemd(), step=kill,
        )
        """
    )
    return subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode


def test_the_steps_of_the_kill_test_are_all_there_are(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd
) -> None:
    seen: list[str] = []
    change(host, wanted(etc), tmp_path / "journals", systemd, step=seen.append)
    assert {name: seen.count(name) for name in seen} == STEPS


@pytest.mark.parametrize("nth", range(1, 12))
def test_a_full_disk_changes_nothing(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Every write in turn meets a full disk: either nothing is changed or the change had been complete."""
    before, module = tree(etc), host["hntt_transaction"]
    real, writes = module.write_file, 0

    def full(path: str, data: bytes, mode: int, uid: int, gid: int) -> None:
        nonlocal writes
        writes += 1
        if writes >= nth:
            Path(path).write_bytes(data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        real(path, data, mode, uid, gid)

    monkeypatch.setattr(module, "write_file", full)
    try:
        change(host, wanted(etc), tmp_path / "journals", systemd)
    except module.TransactionError:
        assert tree(etc) == before
        assert not (etc / "new.d").exists()
    else:
        pytest.fail("a full disk went unnoticed") if writes >= nth else check_new(etc)


def test_a_refused_file_changes_nothing(host: Any, etc: Path, systemd: FakeSystemd) -> None:
    before = tree(etc)
    plan = host["hntt_file_plan"].Plan(wanted(etc, validate="refuse %s"), {})
    with pytest.raises(host["hntt_transaction"].TransactionError, match="line 1: bad"):
        plan.validate(systemd, check_only=False)
    assert tree(etc) == before


def test_a_validator_that_is_not_installed_yet_is_told_in_check_mode(
    host: Any, etc: Path, systemd: FakeSystemd
) -> None:
    plan = host["hntt_file_plan"].Plan(wanted(etc, validate="no-such-tool %s"), {})
    assert plan.validate(systemd, check_only=True) == ["no-such-tool %s"] * 3


def test_a_refusal_while_accounts_are_missing_is_final_in_a_real_run_only(
    host: Any, etc: Path, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall's rule may name a user that the same run makes first, so a check can't judge it yet."""
    module, refused = host["hntt_file_plan"], host["hntt_transaction"].TransactionError
    monkeypatch.setattr(module.shutil, "which", lambda name: name)
    whole = wanted(etc)
    whole["files"][0]["validate"] = "refuse %s"
    with pytest.raises(refused):
        module.Plan(whole, {}).validate(systemd, check_only=True)
    whole["files"][1]["group"] = "nobody-has-this-group"
    plan = module.Plan(whole, {})
    assert plan.validate(systemd, check_only=True) == ["refuse %s"]
    with pytest.raises(refused, match="line 1: bad"):
        plan.validate(systemd, check_only=False)


def test_secrets_are_put_in_and_never_shown(host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd) -> None:
    state = wanted(etc, secret=True)
    state["files"][0]["content"] = "password <secret:canary>\n"
    plan = host["hntt_file_plan"].Plan(state, {"canary": "s3cr3t-canary"})
    shown = str(plan.diffs)
    assert "s3cr3t-canary" not in shown
    assert "old one" not in shown
    transaction = host["hntt_transaction"].Transaction(str(tmp_path / "journals"), "t1", systemd)
    transaction.stage(plan.entries, plan.directories)
    transaction.commit()
    assert (etc / "one").read_text() == "password s3cr3t-canary\n"
    assert "s3cr3t-canary" not in (tmp_path / "journals" / "t1" / "journal.json").read_text()


def test_a_secret_without_value_changes_nothing(host: Any, etc: Path) -> None:
    state = wanted(etc)
    state["files"][0]["content"] = "password <secret:canary>\n"
    with pytest.raises(host["hntt_transaction"].TransactionError, match="canary"):
        host["hntt_file_plan"].Plan(state, {})


def guarded(host: Any, etc: Path, base: Path, systemd: FakeSystemd) -> Any:
    plan = host["hntt_file_plan"].Plan(wanted(etc, guard=True), {})
    assert plan.guarded
    transaction = host["hntt_transaction"].Transaction(str(base), "t1", systemd)
    transaction.stage(plan.entries, plan.directories, plan.sysctls, plan.restart, plan.reload)
    transaction.hand_over(30, {"engine.py": "", "hntt_host.py": ""})
    return transaction


@pytest.fixture
def boot_dir(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "systemd"
    folder.mkdir()
    monkeypatch.setattr(host["hntt_transaction"], "SYSTEMD_DIR", str(folder))
    monkeypatch.setattr(host["hntt_transaction"], "BOOT_OWNER", (os.geteuid(), os.getegid()))
    return folder


def test_a_guarded_change_confirmed_stays(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, boot_dir: Path
) -> None:
    transaction = guarded(host, etc, tmp_path / "journals", systemd)
    assert (etc / "one").read_text() == OLD["one"]  # handed over, not made yet
    transaction.apply_guarded()
    assert (boot_dir / "hntt-recover.service").exists()
    transaction.confirm()
    check_new(etc)
    assert list(boot_dir.rglob("*.service")) == []


def test_a_guarded_change_not_confirmed_goes_back(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, boot_dir: Path
) -> None:
    before = tree(etc)
    transaction = guarded(host, etc, tmp_path / "journals", systemd)
    transaction.apply_guarded()
    check = tree(etc)
    assert check["one"][0] == NEW["one"]
    transaction.revert("not confirmed in time")
    assert tree(etc) == before
    assert transaction.state == "reverted"
    assert list(boot_dir.rglob("*.service")) == []
    transaction.confirm()  # too late: nothing happens, and nobody is told that it did
    assert transaction.state == "reverted"
    assert tree(etc) == before


def test_while_a_guarded_change_waits_another_is_refused(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, boot_dir: Path
) -> None:
    transaction = guarded(host, etc, tmp_path / "journals", systemd)
    transaction.apply_guarded()
    systemd.running_timers.add(transaction.guard_unit() + ".timer")
    with pytest.raises(host["hntt_transaction"].TransactionError, match="waits for its confirmation"):
        host["hntt_transaction"].recover(str(tmp_path / "journals"), systemd)


def test_a_host_switched_off_while_waiting_goes_back_when_it_starts(
    host: Any, etc: Path, tmp_path: Path, systemd: FakeSystemd, boot_dir: Path
) -> None:
    before = tree(etc)
    guarded(host, etc, tmp_path / "journals", systemd).apply_guarded()
    assert host["hntt_transaction"].recover(str(tmp_path / "journals"), systemd) == [("t1", "reverted")]
    assert tree(etc) == before


def test_the_engine_runs_on_the_host_without_ansible(etc: Path, tmp_path: Path) -> None:
    folder = tmp_path / "journals" / "t1"
    folder.mkdir(parents=True)
    (folder / "engine.py").write_text((MODULE_UTILS / "hntt_transaction.py").read_text())
    (folder / "hntt_host.py").write_text((MODULE_UTILS / "hntt_host.py").read_text())
    blocked = "import sys; sys.modules['ansible'] = None; import runpy; sys.argv[:] = ['engine.py', 'recover', 'all'];"
    start = f"sys.path.insert(0, {str(folder)!r}); runpy.run_path({str(folder / 'engine.py')!r}, run_name='__main__')"
    run = blocked + start
    done = subprocess.run([sys.executable, "-I", "-c", run], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
