#!/bin/sh
# test [-v] [STAGE…]: the stages in order; a failing one does not stop the others. JUnit XML in build/reports.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"
# shellcheck source=scripts/stages.sh
. "$root/scripts/stages.sh"
cd "$root"
export PATH="$venv/bin:$PATH"

# Stage and its limit in seconds: half as much again as it was measured to take beside another, on a machine that has to
# make the lab's images first. Nothing hangs for longer.
stage_limits='lint 300
unit 400
cases 90
golden 90
integration 600
page 180
reimage 1000
molecule 3000
lab 2600
faults 900'
# All of them together, counted from the beginning of .ci/run: CI has ninety minutes, and the closing lines have to be
# printed in time. A stage gets what is left.
whole_limit=5200
all_stages=$(echo "$stage_limits" | cut -d' ' -f1)
scenario_limit=900
jobs=${HNTT_TEST_JOBS:-2}
# Molecule waits for machines more than it computes: these run beside it, in a lane of their own. What measures media or
# rates against real time (page, lab, faults) has the machine for itself. HNTT_TEST_LANES=1: everything in a row.
beside_molecule='lint unit cases golden integration reimage'
lane_memory_kb=8000000

usage() {
    tr_ 'cách dùng: ./run test [-v] [GIAI_ĐOẠN...]
  -v   hiện mọi thứ các kiểm thử in ra
Các giai đoạn: ' \
        'usage: ./run test [-v] [STAGE...]
  -v   show everything the tests print
Stages: '
    echo "$all_stages" | tr '\n' ' '
    echo
}

# limit_of STAGE: its own limit, or what is left of the whole.
limit_of() {
    own=$(echo "$stage_limits" | sed -n "s/^$1 //p")
    left=$((HNTT_START + whole_limit - $(date +%s)))
    [ "$left" -gt 1 ] || left=1
    if [ "$left" -lt "$own" ]; then echo "$left"; else echo "$own"; fi
}

# --- the outcome of stages -------------------------------------------------------------------------------------

summary=$root/build/reports/summary.txt

# count NAME STATUS SECONDS: adds up what the stage's JUnit XML says. A stage that ended badly without naming a
# failed test (it crashed, ran out of time, found no test) counts as one failure.
count() {
    xml=$reports/$1.xml
    failed=$(($(junit_number "$xml" failures) + $(junit_number "$xml" errors)))
    skipped=$(junit_number "$xml" skipped)
    passed=$(($(junit_number "$xml" tests) - failed - skipped))
    if [ "$2" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    if [ "$failed" -eq 0 ]; then verdict=passed; else verdict=FAILED; fi
    printf '%5d s  %-12s %-8s %d passed, %d failed, %d skipped\n' "$3" "$1" "$verdict" "$passed" "$failed" "$skipped" \
        >>"$summary"
    say "$1: $passed đạt, $failed hỏng, $skipped bỏ qua ($3 giây)" \
        "$1: $passed passed, $failed failed, $skipped skipped ($3 s)"
}

# total WORD: how many tests of all stages so far have passed, failed or were skipped.
total() {
    sed -n "/ not run /!s/.* \([0-9][0-9]*\) $1.*/\1/p" "$summary" | awk '{ sum += $1 } END { print sum + 0 }'
}

# not_run NAME VI EN: the stage is absent from the numbers, and the closing lines say so.
not_run() {
    printf '%5d s  %-12s %-8s %s\n' 0 "$1" 'not run' "$3" >>"$summary"
    say "$1: không chạy: $2" "$1: not run: $3"
}

# --- kinds of stages -------------------------------------------------------------------------------------------

# pytest_stage NAME FOLDER ARGUMENT…: a folder with no test fails unless a file named EMPTY in it says why.
pytest_stage() {
    stage=$1 folder=$2
    shift 2
    rm -f "$reports/$stage.xml"
    if [ -f "$folder/EMPTY" ]; then
        not_run "$stage" "$(head -n 1 "$folder/EMPTY")" "$(head -n 1 "$folder/EMPTY")"
        return
    fi
    run_logged "$stage" "$(limit_of "$stage")" python -m pytest "--junitxml=$reports/$stage.xml" --durations=5 "$@"
    if [ "$status" -ne 0 ] && [ -z "${HNTT_VERBOSE:-}" ]; then tail -n 100 "$log"; fi
    if [ "$status" -eq 5 ]; then
        say "$stage: không có kiểm thử nào" "$stage: there is no test"
    fi
    count "$stage" "$status" "$seconds"
}

# pytest_stage_again …: like pytest_stage, for what depends on real time on a machine that has more to do: a test that
# fails is tried once more. That is told, since a test that needs it is a defect to look into.
pytest_stage_again() {
    again_stage=$1 again_folder=$2
    shift 2
    pytest_stage "$again_stage" "$again_folder" --reruns 1 --reruns-delay 5 -rfER "$@"
    again=$(sed -n 's/^RERUN \([^ ]*\).*/  \1/p' "$reports/$again_stage.log" 2>/dev/null | sort -u)
    [ -z "$again" ] || say "$again_stage: phải thử lần hai:
$again" "$again_stage: tried a second time:
$again"
}

no_lab() { not_run "$1" "$lab_reason; $(not_shown)" "$lab_reason; $(not_shown)"; }

stage_lint() {
    rm -f "$reports/lint.xml"
    began=$(date +%s)
    status=0
    timeout -k 30 "$(limit_of lint)" "$root/scripts/lint.sh" </dev/null || status=$?
    count lint "$status" $(($(date +%s) - began))
}

stage_unit() { pytest_stage unit tests/unit -n "$jobs" -m 'not lab' tests/unit; }
stage_cases() { pytest_stage cases tests/cases -n "$jobs" -m 'not lab' tests/cases; }
stage_golden() { pytest_stage golden tests/golden -n "$jobs" -m 'not lab' tests/golden; }

# Faults have a stage of their own: every test file with "fault" in its path.
stage_integration() {
    pytest_stage integration tests/integration -m 'not lab and not page and not reimage' '--ignore-glob=*fault*' tests/integration
}

# missing_for_page: the first program that the meeting page's tests need and that is not there.
missing_for_page() {
    for program in node npm chromium; do
        command -v "$program" >/dev/null || { echo "$program" && return; }
    done
}

# The browser's start is slow on a busy machine, and nothing else needs npm: hence a stage of its own.
stage_page() {
    missing=$(missing_for_page)
    if [ -n "$missing" ]; then
        not_run page "không có $missing (./run setup cài khi có)" "there is no $missing (./run setup installs it where it can)"
        return
    fi
    pytest_stage page tests/integration/page -m 'page and not lab' tests/integration/page
}

# missing_for_reimage: the first thing that PCs in QEMU need and that is not there.
missing_for_reimage() {
    for program in qemu-system-x86_64 mmdebstrap grub-mkimage mcopy rauc; do
        command -v "$program" >/dev/null || { echo "$program" && return; }
    done
    [ "$(id -u)" -eq 0 ] || echo root
}

# One installation and one update that is left again; the rest is behind ./run test-reimage.
stage_reimage() {
    missing=$(missing_for_reimage)
    if [ -n "$missing" ]; then
        not_run reimage "không có $missing" "there is no $missing"
        return
    fi
    pytest_stage reimage tests/integration/reimage -m reimage tests/integration/reimage/test_whole_life.py
}

stage_lab() {
    if lab_possible; then
        missing=$(missing_for_page)
        if [ -n "$missing" ]; then
            not_run page-in-lab "không có $missing" "there is no $missing"
            pytest_stage_again lab tests -m 'lab and not page' '--ignore-glob=*fault*' tests
        else
            pytest_stage_again lab tests -m lab '--ignore-glob=*fault*' tests
        fi
    else
        no_lab lab
    fi
}

stage_faults() {
    fault_tests=$(find tests -path '*fault*' -name 'test_*.py' | sort)
    if [ -z "$fault_tests" ]; then
        rm -f "$reports/faults.xml"
        say 'faults: không có kiểm thử nào' 'faults: there is no test'
        count faults 5 0
        return
    fi
    if lab_possible; then chosen='lab or not lab'; else chosen='not lab'; fi
    # Paths of our own tests hold no blanks.
    # shellcheck disable=SC2086
    pytest_stage_again faults tests/faults -m "$chosen" $fault_tests
    if [ "$chosen" = 'not lab' ]; then
        say "faults: chỉ trên thiết bị mô phỏng ($lab_reason); $(not_shown)" \
            "faults: on simulated devices only ($lab_reason); $(not_shown)"
    fi
}

stage_molecule() {
    rm -f "$reports/molecule.cases" "$reports/molecule.xml"
    if ! lab_possible; then
        no_lab molecule
        return
    fi
    deadline=$(($(date +%s) + $(limit_of molecule)))
    stage_began=$(date +%s)
    worst=5
    for file in molecule/*/molecule.yml; do
        [ -f "$file" ] || continue
        scenario=$(basename "$(dirname "$file")")
        [ "$worst" -ne 5 ] || worst=0
        molecule_scenario "$scenario"
    done
    junit_write molecule
    count molecule "$worst" $(($(date +%s) - stage_began))
}

molecule_scenario() {
    left=$((deadline - $(date +%s)))
    [ "$left" -lt "$scenario_limit" ] || left=$scenario_limit
    [ "$left" -gt 1 ] || left=1
    run_logged "molecule-$1" "$left" molecule test -s "$1"
    if [ "$status" -eq 0 ]; then
        say "  ✓ $1 ($seconds giây)" "  ✓ $1 ($seconds s)"
        junit_case molecule "$1" "$seconds" passed
    else
        worst=1
        say "  ✗ $1 ($seconds giây)" "  ✗ $1 ($seconds s)"
        [ -n "${HNTT_VERBOSE:-}" ] || tail -n 60 "$log"
        junit_case molecule "$1" "$seconds" failed "$log"
    fi
}

# --- the closing -----------------------------------------------------------------------------------------------

slowest_tests() {
    for stage; do
        grep -o '<testcase [^>]*>' "$reports/$stage.xml" 2>/dev/null |
            sed -n "s/.*classname=\"\([^\"]*\)\" name=\"\([^\"]*\)\" time=\"\([0-9.]*\)\".*/\3 s  $stage: \1 \2/p"
    done | sort -rn | head -n 10 | cut -c1-150
}

closing() {
    echo
    tr_ 'Giai đoạn, chậm nhất trước (nhật ký và JUnit XML: build/reports):' \
        'Stages, slowest first (logs and JUnit XML: build/reports):'
    echo
    sort -rn "$summary"
    tr_ 'Mười kiểm thử chậm nhất:' 'The ten slowest tests:'
    echo
    slowest_tests "$@"
    echo
    if grep -q 'not run' "$summary"; then
        tr_ 'CHÚ Ý: có giai đoạn không chạy; kết quả dưới đây không nói gì về chúng.' \
            'NOTE: some stages were not run; the numbers below say nothing about them.'
        echo
    fi
    if [ "$(total skipped)" -gt 0 ]; then
        echo "$(total passed) passed, $(total failed) failed, $(total skipped) skipped"
    else
        echo "$(total passed) passed, $(total failed) failed"
    fi
}

# --- stages in a row, and beside each other --------------------------------------------------------------------

has() { echo "$2" | tr ' ' '\n' | grep -qxF -- "$1"; }

# both LIST OTHER: what of LIST is in OTHER too; without LIST OTHER: what is not.
both() { for one in $1; do if has "$one" "$2"; then echo "$one"; fi; done; }
without() { for one in $1; do if ! has "$one" "$2"; then echo "$one"; fi; done; }

run_stages() {
    for stage_name; do
        say "== $stage_name" "== $stage_name"
        "stage_$stage_name"
    done
}

# can_have_lanes: a second core and memory for both; -v would mix what two stages print.
can_have_lanes() {
    [ "${HNTT_TEST_LANES:-2}" != 1 ] && [ -z "${HNTT_VERBOSE:-}" ] && [ "$(nproc)" -ge 2 ] &&
        [ "$(memory_available)" -ge "$lane_memory_kb" ]
}

# run_in_lanes STAGE…: molecule here, and meanwhile what may run beside it; then the rest. The lane is this script again:
# its lines of the summary are all that is needed of it, and a lane that died without them counts as a failure.
run_in_lanes() {
    beside=$(both "$*" "$beside_molecule")
    # Stage names hold no blanks.
    # shellcheck disable=SC2086
    HNTT_TEST_LANE=yes "$root/scripts/test.sh" $beside &
    lane=$!
    run_stages molecule
    wait "$lane" || true
    lane=
    for one in $beside; do
        grep -q "^ *[0-9]* s  $one " "$summary" || count "$one" 1 0
    done
    # shellcheck disable=SC2046
    run_stages $(without "$*" "molecule $beside")
}

wanted=
for argument; do
    case $argument in
    -v | --verbose) export HNTT_VERBOSE=yes ;;
    -h | --help) usage && exit 0 ;;
    *)
        if ! has "$argument" "$all_stages"; then
            usage >&2
            exit 2
        fi
        wanted="$wanted $argument"
        ;;
    esac
done
wanted=${wanted:-$all_stages}

# Stage names hold no blanks.
# shellcheck disable=SC2086
if [ -n "${HNTT_TEST_LANE:-}" ]; then
    run_stages $wanted
    exit 0
fi
: >"$summary"
# shellcheck disable=SC2086
if has molecule "$wanted" && [ -n "$(both "$wanted" "$beside_molecule")" ] && can_have_lanes; then
    run_in_lanes $wanted
else
    run_stages $wanted
fi
# shellcheck disable=SC2086
closing $wanted
# All green with nothing run would say nothing.
[ "$(total failed)" -eq 0 ] && [ "$(total passed)" -gt 0 ]
