# shellcheck shell=sh
# Running checks one by one: a time limit, a log, a heartbeat, and JUnit XML for what is no pytest run.
# Sourced by lint.sh and test.sh, after lib.sh.

: "${root:?}"
reports=$root/build/reports
mkdir -p "$reports"
child=
heartbeat=
# Another set of checks that runs beside ours, see test.sh.
lane=

# stop_children: what is running ends with us; timeout hands the signal to the whole group of the check.
stop_children() {
    [ -z "$lane" ] || kill "$lane" 2>/dev/null || true
    [ -z "$heartbeat" ] || kill -KILL "$heartbeat" 2>/dev/null || true
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
}
trap 'stop_children; exit 130' INT
trap 'stop_children; exit 143' TERM HUP

# run_logged NAME LIMIT_SECONDS COMMAND…: its status in $status, its seconds in $seconds, what it printed in
# build/reports/NAME.log. Never ends the script.
run_logged() {
    name=$1 limit=$2 log=$reports/$1.log
    shift 2
    began=$(date +%s)
    if [ -n "${HNTT_VERBOSE:-}" ]; then
        mkfifo "$log.pipe"
        tee "$log" <"$log.pipe" &
        shown=$!
        timeout -k 30 "$limit" "$@" >"$log.pipe" 2>&1 </dev/null &
    else
        shown=
        timeout -k 30 "$limit" "$@" >"$log" 2>&1 </dev/null &
    fi
    child=$!
    beat "$name" &
    heartbeat=$!
    # status and seconds are read by the script that sources this file.
    # shellcheck disable=SC2034
    status=0
    # shellcheck disable=SC2034
    wait "$child" || status=$?
    child=
    # Not TERM: a shell that has only just been forked can lose it to the trap it inherited.
    kill -KILL "$heartbeat" 2>/dev/null || true
    wait "$heartbeat" 2>/dev/null || true
    heartbeat=
    if [ -n "$shown" ]; then
        wait "$shown" || true
        rm -f "$log.pipe"
    fi
    # shellcheck disable=SC2034
    seconds=$(($(date +%s) - began))
    # The status alone does not tell: xargs ends with 124 too.
    if [ "$seconds" -ge "$limit" ]; then
        tr_ "quá giờ: $limit giây" "out of time: $limit seconds" >>"$log"
    fi
}

# beat NAME: a line a minute, so that a long check does not look like a hung one.
beat() {
    beats=0
    # Short sleeps, since the one that runs when the heart stops is left behind; its output holds nobody's pipe.
    # A script that was killed leaves its heart beating, and a heart that holds CI's pipe holds CI.
    while sleep 5 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        beats=$((beats + 1))
        [ $((beats % 12)) -ne 0 ] || say "… $1 vẫn đang chạy" "… $1 is still running"
    done
}

# memory_available: in kB.
memory_available() { sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

# xml_text: stdin as the text of an XML element; control characters have no place in XML 1.0.
xml_text() {
    tr -d '\000-\010\013\014\016-\037' | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
}

# junit_case SUITE NAME SECONDS STATE [LOG]: one test case; STATE is passed, failed or skipped.
junit_case() {
    {
        printf '<testcase classname="%s" name="%s" time="%s">' "$1" "$2" "$3"
        case $4 in
        failed)
            printf '<failure message="%s failed">' "$2"
            tail -n 200 "$5" | xml_text
            printf '</failure>'
            ;;
        skipped) printf '<skipped/>' ;;
        esac
        printf '</testcase>\n'
    } >>"$reports/$1.cases"
}

# junit_write SUITE: build/reports/SUITE.xml from the cases so far.
junit_write() {
    cases=$reports/$1.cases
    [ -f "$cases" ] || : >"$cases"
    {
        printf '<?xml version="1.0" encoding="utf-8"?>\n<testsuite name="%s" errors="0" tests="%d" failures="%d" skipped="%d">\n' \
            "$1" "$(grep -c '^<testcase' "$cases")" "$(grep -c '<failure message=' "$cases")" \
            "$(grep -c '<skipped/>' "$cases")"
        cat "$cases"
        printf '</testsuite>\n'
    } >"$reports/$1.xml"
    rm -f "$cases"
}

# junit_number FILE ATTRIBUTE: of the first test suite in it; 0 when there is none.
junit_number() {
    number=$(sed -n "s/.*<testsuite [^>]*[[:space:]]$2=\"\([0-9]*\)\".*/\1/p" "$1" 2>/dev/null | head -n 1)
    echo "${number:-0}"
}
