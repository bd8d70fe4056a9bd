"""``./run setup``: system packages, the interpreter, ``.venv``; nothing twice; clear words when it cannot go on."""

from __future__ import annotations

import pytest
from toolchain_sandbox import ROOT, Sandbox

PYTHONS = ("python3", "python3.13", "python3.12", "python3.11")
VENV = """
case "$*" in
*-m\\ venv*)
    for folder; do :; done
    mkdir -p "$folder/bin"
    cp "$0" "$folder/bin/python"
    printf '#!%s/bin/python\\n' "$folder" >"$folder/bin/pip"
    ;;
esac
exit 0"""


def packages() -> list[str]:
    """Every system package, in the order of the file."""
    lines = (ROOT / "scripts/system-packages.txt").read_text().splitlines()
    return [line.split()[1] for line in lines if line and not line.startswith("#")]


@pytest.fixture
def fresh(sandbox: Sandbox) -> Sandbox:
    """A machine with root, apt and Python, on which every system package is installed."""
    listed = "".join(f"installed {name}\\n" for name in packages())
    sandbox.stand_in("id", "echo 0")
    sandbox.stand_in("dpkg-query", f"printf '{listed}'")
    sandbox.stand_in("apt-get")
    sandbox.stand_in("python3", VENV)
    return sandbox


def apt_installs(sandbox: Sandbox) -> list[str]:
    return [call for call in sandbox.calls if call.startswith("apt-get") and " install " in call]


def test_makes_the_environment_from_the_lock_with_hashes(fresh: Sandbox, shell: str) -> None:
    done = fresh.run("scripts/setup.sh", shell=shell)
    assert done.returncode == 0, done.stderr
    installs = [call for call in fresh.calls if "pip install" in call]
    assert len(installs) == 2
    assert f"--require-hashes -r {fresh.root}/requirements.lock" in installs[0]
    assert "--no-deps --no-index --no-build-isolation -e" in installs[1]
    assert apt_installs(fresh) == []
    assert (fresh.root / "build/reports").is_dir(), "made by the user, before the demo goes on as root"


def test_a_second_run_does_nothing(fresh: Sandbox) -> None:
    fresh.run("scripts/setup.sh")
    first = len(fresh.calls)
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0
    assert "ready" in done.stdout
    programs = [call.split()[0] for call in fresh.calls[first:]]
    assert programs == ["dpkg-query", "python3"], "looks, and imports hntt once"


def test_only_missing_packages_are_installed(fresh: Sandbox) -> None:
    listed = "".join(f"installed {name}\\n" for name in packages() if name not in ("podman", "jq"))
    fresh.stand_in("dpkg-query", f"printf '{listed}config-files podman\\n'\nexit 1")
    assert fresh.run("scripts/setup.sh").returncode == 0
    (install,) = apt_installs(fresh)
    assert sorted(install.split("--no-install-recommends ")[1].split()) == ["jq", "podman"]


def test_no_system_leaves_apt_alone(fresh: Sandbox) -> None:
    fresh.stand_in("dpkg-query", "exit 1")
    assert fresh.run("scripts/setup.sh", "--no-system").returncode == 0
    assert apt_installs(fresh) == []
    assert "system no" in (fresh.root / ".venv/.hntt-setup").read_text()


def test_without_root_goes_on_and_says_what_is_not_shown(fresh: Sandbox) -> None:
    fresh.stand_in("id", "echo 1000")
    fresh.stand_in("sudo", "exit 1")
    fresh.stand_in("dpkg-query", "exit 1")
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0
    assert apt_installs(fresh) == []
    assert len([line for line in done.stdout.splitlines() if "this is not shown" in line]) == 1


def test_uses_sudo_when_not_root(fresh: Sandbox) -> None:
    fresh.stand_in("id", "echo 1000")
    fresh.stand_in("sudo", '[ "$1" = -n ] || exec "$@"')
    fresh.stand_in("dpkg-query", "exit 1")
    assert fresh.run("scripts/setup.sh").returncode == 0
    assert [call for call in fresh.calls if call.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get")]


def test_a_lab_package_that_cannot_be_had_does_not_stop_setup(fresh: Sandbox) -> None:
    fresh.stand_in("dpkg-query", "exit 1")
    fresh.stand_in("apt-get", 'case "$*" in *podman*) echo "no candidate"; exit 100 ;; esac')
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0
    assert "podman" in done.stdout
    assert "this is not shown" in done.stdout


def test_a_browser_that_cannot_be_had_does_not_cost_the_lab(fresh: Sandbox) -> None:
    fresh.stand_in("dpkg-query", "exit 1")
    fresh.stand_in("apt-get", 'case "$*" in *chromium*) echo "no candidate"; exit 100 ;; esac')
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0
    assert "meeting page is neither built nor tested" in done.stdout
    assert "this is not shown" not in done.stdout
    assert any("podman" in call and "chromium" not in call for call in apt_installs(fresh))


def test_a_package_that_another_provides_is_not_missing(fresh: Sandbox) -> None:
    listed = "".join(f"installed {name}, \\n" for name in packages() if name not in ("nodejs", "npm"))
    provided = "installed nodejs, nodejs-dev, npm (= 10.8.2)\\n"
    fresh.stand_in("dpkg-query", f"printf '{listed}{provided}'")
    assert fresh.run("scripts/setup.sh").returncode == 0
    assert apt_installs(fresh) == []


def test_a_base_package_that_cannot_be_had_stops_setup(fresh: Sandbox) -> None:
    fresh.stand_in("dpkg-query", "exit 1")
    fresh.stand_in("apt-get", 'case "$*" in *install*) echo "no candidate for git"; exit 100 ;; esac')
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 1
    assert "no candidate for git" in done.stderr
    assert "error: system packages could not be installed" in done.stderr


def test_no_python_is_one_clear_message(fresh: Sandbox, shell: str) -> None:
    for name in PYTHONS:
        fresh.stand_in(name, "exit 127")
    done = fresh.run("scripts/setup.sh", "--no-system", shell=shell)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_an_older_python3_is_passed_over(fresh: Sandbox) -> None:
    fresh.stand_in("python3", "exit 1")
    fresh.stand_in("python3.13", "exit 127")
    fresh.stand_in("python3.12", VENV)
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0, done.stderr
    assert "bin/python3.12" in done.stdout


def test_a_python_without_venv_names_the_package(fresh: Sandbox) -> None:
    for name in PYTHONS:
        fresh.stand_in(name, 'case "$*" in *ensurepip*) exit 1 ;; esac\nexit 0')
    done = fresh.run("scripts/setup.sh", "--no-system", HNTT_LANG="vi")
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
    assert done.stderr.startswith("lỗi: ")


def test_a_failed_download_shows_the_log_and_leaves_no_stamp(fresh: Sandbox) -> None:
    fresh.stand_in("python3", VENV.replace("exit 0", 'case "$*" in *-m\\ pip*) echo "no route"; exit 1 ;; esac'))
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 1
    assert "no route" in done.stderr
    assert "failed while installing the Python packages" in done.stderr
    assert not (fresh.root / ".venv/.hntt-setup").exists()


def test_an_environment_that_was_moved_is_made_anew(fresh: Sandbox) -> None:
    fresh.run("scripts/setup.sh")
    fresh.root = fresh.root.rename(fresh.root.with_name("moved"))
    done = fresh.run("scripts/setup.sh")
    assert done.returncode == 0
    assert f"python3 -m venv --clear {fresh.root}/.venv" in fresh.calls


def test_an_unknown_option_is_a_usage_error(fresh: Sandbox) -> None:
    done = fresh.run("scripts/setup.sh", "--system")
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_every_package_has_a_group_and_a_reason() -> None:
    for line in (ROOT / "scripts/system-packages.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        group, _name, reason = line.split(maxsplit=2)
        assert group in ("base", "lab", "page", "pc")
        assert len(reason) > 10
    assert len(packages()) == len(set(packages()))
