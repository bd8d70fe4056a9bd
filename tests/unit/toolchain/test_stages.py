"""``./run test``: which stages run, what is counted, and that nothing bad looks good."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from toolchain_sandbox import ROOT, Sandbox, pytest_body

STAGES = ["lint", "unit", "cases", "golden", "integration", "page", "reimage", "molecule", "lab", "faults"]


@pytest.fixture
def tested(ready: Sandbox) -> Sandbox:
    """A project with a molecule scenario and a fault test, on a machine that can run the lab; all is well."""
    ready.stand_in("python", pytest_body(passed=3), in_venv=True)
    (ready.root / "scripts/lint.sh").write_text(
        "#!/bin/sh\nmkdir -p build/reports\n"
        'echo \'<testsuite name="lint" errors="0" tests="6" failures="0" skipped="0">\' >build/reports/lint.xml\n'
    )
    (ready.root / "scripts/lint.sh").chmod(0o755)
    for program in ("node", "npm", "chromium", "qemu-system-x86_64", "mmdebstrap", "grub-mkimage", "mcopy", "rauc"):
        ready.stand_in(program)
    for folder in ("molecule/router", "molecule/shared", "tests/integration/faults"):
        (ready.root / folder).mkdir(parents=True)
    (ready.root / "molecule/router/molecule.yml").touch()
    (ready.root / "tests/integration/faults/test_a_fault.py").touch()
    return ready


def closing_line(output: str) -> str:
    return output.rstrip().splitlines()[-1]


def test_all_stages_run_and_are_counted(tested: Sandbox, shell: str) -> None:
    done = tested.run("scripts/test.sh", shell=shell, HNTT_TEST_LANES="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"== (\w+)", done.stdout) == STAGES
    assert closing_line(done.stdout) == "31 passed, 0 failed"


def test_molecule_has_others_beside_it_and_all_are_counted(tested: Sandbox, shell: str) -> None:
    tested.stand_in("nproc", "echo 2")
    waits = f"until grep -q reports/reimage.xml {tested.outside}/calls; do sleep 0.1; done"
    tested.stand_in("molecule", waits, in_venv=True)
    done = tested.run("scripts/test.sh", shell=shell)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"== (\w+)", done.stdout)
    assert sorted(shown) == sorted(STAGES)
    assert shown[-3:] == ["page", "lab", "faults"], "they have the machine for themselves"
    assert closing_line(done.stdout) == "31 passed, 0 failed"


def test_what_fails_beside_molecule_fails_the_whole(tested: Sandbox) -> None:
    tested.stand_in("nproc", "echo 2")
    tested.stand_in("python", pytest_body(passed=2, failed=1, status=1), in_venv=True)
    done = tested.run("scripts/test.sh", "unit", "molecule")
    assert done.returncode == 1
    assert closing_line(done.stdout) == "3 passed, 1 failed"


def test_a_lane_that_dies_counts_for_each_stage_it_owed(tested: Sandbox) -> None:
    tested.stand_in("nproc", "echo 2")
    tested.stand_in("python", 'case "$*" in *pytest*) kill -KILL $(ps -o ppid= $PPID) ;; esac', in_venv=True)
    done = tested.run("scripts/test.sh", "unit", "golden", "molecule")
    assert done.returncode == 1
    assert closing_line(done.stdout) == "1 passed, 2 failed"


@pytest.mark.parametrize(("cores", "words"), [("1", []), ("2", ["-v"])])
def test_one_core_or_verbose_is_everything_in_a_row(tested: Sandbox, cores: str, words: list[str]) -> None:
    tested.stand_in("nproc", f"echo {cores}")
    done = tested.run("scripts/test.sh", *words, "molecule", "unit", "golden")
    assert re.findall(r"== (\w+)", done.stdout) == ["molecule", "unit", "golden"]


def test_one_stage_runs_alone(tested: Sandbox) -> None:
    done = tested.run("scripts/test.sh", "unit")
    assert closing_line(done.stdout) == "3 passed, 0 failed"
    assert [call for call in tested.calls if "-m pytest" in call and "tests/unit" in call]


def test_an_unknown_stage_is_a_usage_error(tested: Sandbox) -> None:
    done = tested.run("scripts/test.sh", "uint")
    assert done.returncode == 2
    assert "unit cases golden" in done.stderr


def test_a_failing_stage_does_not_stop_the_others(tested: Sandbox) -> None:
    tested.stand_in("python", pytest_body(passed=2, failed=1, skipped=1, status=1), in_venv=True)
    done = tested.run("scripts/test.sh", "unit", "cases", "molecule")
    assert done.returncode == 1
    assert closing_line(done.stdout) == "5 passed, 2 failed, 2 skipped"


def test_a_crash_without_a_report_is_a_failure(tested: Sandbox) -> None:
    tested.stand_in("python", 'case "$*" in *pytest*) echo Segfault; exit 139 ;; esac', in_venv=True)
    done = tested.run("scripts/test.sh", "unit")
    assert done.returncode == 1
    assert "Segfault" in done.stdout
    assert closing_line(done.stdout) == "0 passed, 1 failed"


def test_the_report_of_an_earlier_run_does_not_count(tested: Sandbox) -> None:
    assert tested.run("scripts/test.sh", "unit").returncode == 0
    tested.stand_in("python", 'case "$*" in *pytest*) exit 4 ;; esac', in_venv=True)
    assert closing_line(tested.run("scripts/test.sh", "unit").stdout) == "0 passed, 1 failed"


def test_a_stage_without_a_test_is_a_failure(tested: Sandbox) -> None:
    tested.stand_in("python", pytest_body(passed=0, status=5), in_venv=True)
    done = tested.run("scripts/test.sh", "golden")
    assert done.returncode == 1
    assert "there is no test" in done.stdout
    assert closing_line(done.stdout) == "0 passed, 1 failed"


def test_a_folder_declared_empty_is_named_and_not_counted(tested: Sandbox) -> None:
    (tested.root / "tests/golden").mkdir()
    (tested.root / "tests/golden/EMPTY").write_text("nothing is rendered yet\n")
    done = tested.run("scripts/test.sh", "golden", "unit")
    assert done.returncode == 0
    assert "golden: not run: nothing is rendered yet" in done.stdout
    assert closing_line(done.stdout) == "3 passed, 0 failed"


def test_nothing_run_is_not_success(tested: Sandbox) -> None:
    tested.cannot_run_the_lab("no namespaces")
    done = tested.run("scripts/test.sh", "lab")
    assert done.returncode == 1
    assert closing_line(done.stdout) == "0 passed, 0 failed"


def test_faults_without_a_file_are_a_failure(tested: Sandbox) -> None:
    (tested.root / "tests/integration/faults/test_a_fault.py").unlink()
    assert tested.run("scripts/test.sh", "faults").returncode == 1


def test_molecule_without_a_scenario_is_a_failure(tested: Sandbox) -> None:
    (tested.root / "molecule/router/molecule.yml").unlink()
    assert tested.run("scripts/test.sh", "molecule").returncode == 1


def test_every_scenario_runs_and_a_failing_one_is_reported(tested: Sandbox) -> None:
    (tested.root / "molecule/noc").mkdir()
    (tested.root / "molecule/noc/molecule.yml").touch()
    tested.stand_in("molecule", 'case $* in *noc) echo "<&> broken"; exit 1 ;; esac', in_venv=True)
    done = tested.run("scripts/test.sh", "molecule")
    assert done.returncode == 1
    assert [call for call in tested.calls if call.startswith("molecule")] == [
        "molecule test -s noc",
        "molecule test -s router",
    ]
    assert closing_line(done.stdout) == "1 passed, 1 failed"
    report = ElementTree.parse(tested.root / "build/reports/molecule.xml").getroot()
    assert [case.get("name") for case in report] == ["noc", "router"]
    assert "<&> broken" in (report[0][0].text or "")


def test_without_containers_says_which_stages_and_what_is_not_shown(tested: Sandbox) -> None:
    tested.cannot_run_the_lab("no namespaces")
    done = tested.run("scripts/test.sh")
    assert done.returncode == 0
    for stage in ("molecule", "lab"):
        assert re.search(rf"{stage}: not run: no namespaces; not shown: real FRR", done.stdout)
    assert "faults: on simulated devices only" in done.stdout
    assert "some stages were not run" in done.stdout
    assert not [call for call in tested.calls if call.startswith("molecule")]
    faults = [call for call in tested.calls if "test_a_fault.py" in call]
    assert len(faults) == 1
    assert "-m not lab" in faults[0]


def test_not_knowing_whether_the_lab_is_possible_is_an_error(tested: Sandbox) -> None:
    tested.cannot_run_the_lab("ImportError", status=1)
    done = tested.run("scripts/test.sh", "lab")
    assert done.returncode == 1
    assert "could not find out whether this machine can run the lab" in done.stderr


def test_a_hanging_stage_is_ended_and_fails(tested: Sandbox) -> None:
    script = tested.root / "scripts/test.sh"
    shortened, count = re.subn(r"(?m)^unit \d+$", "unit 1", script.read_text())
    assert count == 1
    script.write_text(shortened)
    tested.stand_in("python", 'case "$*" in *pytest*) sleep 20 ;; esac', in_venv=True)
    done = tested.run("scripts/test.sh", "unit")
    assert done.returncode == 1
    assert "out of time: 1 seconds" in done.stdout
    assert closing_line(done.stdout) == "0 passed, 1 failed"


def test_verbose_shows_what_a_stage_prints_and_keeps_its_status(tested: Sandbox) -> None:
    tested.stand_in("python", "echo from the tests\n" + pytest_body(passed=1, failed=1, status=1), in_venv=True)
    done = tested.run("scripts/test.sh", "-v", "unit")
    assert done.returncode == 1
    assert "from the tests" in done.stdout
    assert "from the tests" in (tested.root / "build/reports/unit.log").read_text()


def test_the_slowest_are_named(tested: Sandbox) -> None:
    done = tested.run("scripts/test.sh", "unit")
    assert "7.250 s  unit: tests.a slow_one" in done.stdout


def test_lab_tests_are_kept_out_of_the_other_stages(tested: Sandbox) -> None:
    tested.run("scripts/test.sh")
    for stage in ("unit", "cases", "golden", "integration"):
        (call,) = [call for call in tested.calls if f"reports/{stage}.xml" in call]
        assert "-m not lab" in call


def test_page_tests_have_a_stage_of_their_own(tested: Sandbox) -> None:
    tested.run("scripts/test.sh", "integration", "page")
    (call,) = [call for call in tested.calls if "reports/integration.xml" in call]
    assert "not page" in call
    (call,) = [call for call in tested.calls if "reports/page.xml" in call]
    assert "-m page and not lab tests/integration/page" in call


def run_without(tested: Sandbox, missing: str, stage: str) -> subprocess.CompletedProcess[str]:
    """Run a stage where a program is missing: the machine's own count as well, so only the stand-ins can be found."""
    (tested.outside / "bin" / missing).unlink()
    for program in (
        "sh",
        "awk",
        "sed",
        "cut",
        "date",
        "mkdir",
        "rm",
        "grep",
        "head",
        "sort",
        "tr",
        "dirname",
        "cat",
        "timeout",
    ):
        real = Path(shutil.which(program) or "")
        (tested.outside / "bin" / program).symlink_to(real)
    path = str(tested.outside / "bin")
    return tested.run("scripts/test.sh", stage, PATH=path, shell=shutil.which("sh") or "sh")


def test_without_npm_the_page_is_named_and_not_counted(tested: Sandbox) -> None:
    done = run_without(tested, "npm", "page")
    assert done.returncode == 1, "nothing was run"
    assert "page: not run: there is no npm" in done.stdout


def test_without_a_browser_the_lab_runs_the_rest_and_says_so(tested: Sandbox) -> None:
    done = run_without(tested, "chromium", "lab")
    assert done.returncode == 0, done.stderr
    assert "page-in-lab: not run: there is no chromium" in done.stdout
    (call,) = [call for call in tested.calls if "reports/lab.xml" in call]
    assert "-m lab and not page" in call


def test_every_stage_has_a_limit() -> None:
    limits = re.findall(r"^(?:stage_limits=')?(\w+) \d+'?$", (ROOT / "scripts/test.sh").read_text(), flags=re.M)
    assert limits == STAGES


def test_all_stages_together_end_before_ninety_minutes(tested: Sandbox) -> None:
    (whole,) = re.findall(r"^whole_limit=(\d+)$", (ROOT / "scripts/test.sh").read_text(), flags=re.M)
    # Two stages at the most end by force, half a minute each.
    assert int(whole) + 2 * 30 + 60 < 90 * 60
    tested.stand_in("python", 'case "$*" in *pytest*) sleep 20 ;; esac', in_venv=True)
    begun = str(int(time.time()) - int(whole) + 2)
    done = tested.run("scripts/test.sh", "unit", "golden", HNTT_START=begun)
    assert done.returncode == 1
    assert re.search(r"out of time: [12] seconds", done.stdout)
    assert closing_line(done.stdout) == "0 passed, 2 failed"


def test_ci_sets_up_then_tests(tested: Sandbox) -> None:
    (tested.root / "scripts/setup.sh").write_text("#!/bin/sh\necho setup done\n")
    done = tested.run(".ci/run", "unit", shell="bash", CI="true")
    assert done.returncode == 0
    assert done.stdout.startswith("setup done")
    assert closing_line(done.stdout) == "3 passed, 0 failed"


def test_ci_fails_when_setup_fails(tested: Sandbox) -> None:
    (tested.root / "scripts/setup.sh").write_text("#!/bin/sh\nexit 1\n")
    done = tested.run(".ci/run", "unit", shell="bash", CI="true")
    assert done.returncode == 1
    assert closing_line(done.stdout) == "0 passed, 1 failed"
