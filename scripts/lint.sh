#!/bin/sh
# lint [--fix]: every linter over our own files; changes nothing unless --fix. JUnit XML: build/reports/lint.xml.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"
# shellcheck source=scripts/stages.sh
. "$root/scripts/stages.sh"
cd "$root"
export PATH="$venv/bin:$PATH"

fix=
case ${1:-} in
'') ;;
--fix) fix=yes ;;
*)
    tr_ 'cách dùng: ./run lint [--fix]' 'usage: ./run lint [--fix]' >&2
    echo >&2
    exit 2
    ;;
esac

lists=$root/build/lint
mkdir -p "$lists"
failures=0

# our_files: what git tracks or would track, and exists. Wrong input and expected output are not ours to judge.
our_files() {
    git ls-files --cached --others --exclude-standard | while read -r file; do
        case $file in tests/cases/*/* | tests/golden/*/*) continue ;; esac
        [ ! -f "$file" ] || printf '%s\n' "$file"
    done
}

# shell_scripts: those of the files on stdin, by their name or their first line.
shell_scripts() {
    while read -r file; do
        case $file in
        *.j2) ;;
        *.sh) printf '%s\n' "$file" ;;
        *) if head -n 1 "$file" | grep -qaE '^#!.*[/ ](ba|da)?sh( |$)'; then printf '%s\n' "$file"; fi ;;
        esac
    done
}

list_files() {
    our_files >"$lists/all"
    grep -E '\.ya?ml$' "$lists/all" | tr '\n' '\0' >"$lists/yaml" || true
    shell_scripts <"$lists/all" | tr '\n' '\0' >"$lists/shell"
}

# check NAME COMMAND…: one linter, reported in one line, with its complaints when it has any.
check() {
    check=$1
    shift
    run_logged "lint-$check" 300 "$@"
    if [ "$status" -eq 0 ]; then
        say "✓ $check ($seconds giây)" "✓ $check ($seconds s)"
        junit_case lint "$check" "$seconds" passed
    else
        say "✗ $check ($seconds giây)" "✗ $check ($seconds s)"
        [ -n "${HNTT_VERBOSE:-}" ] || tail -n 60 "$reports/lint-$check.log"
        junit_case lint "$check" "$seconds" failed "$reports/lint-$check.log"
        failures=$((failures + 1))
    fi
}

# mend: what the linters can put right by themselves; the checks that follow say what is left. ansible-lint is not among
# them: it writes every YAML file anew in a style of its own, the register too, and some then no longer pass.
mend() {
    ruff check --fix --quiet . || true
    ruff format --quiet .
}

check_shell() {
    if command -v shellcheck >/dev/null; then
        check shellcheck xargs -0r -a "$lists/shell" shellcheck -x
    else
        say '– shellcheck chưa cài: các tệp shell không được kiểm tra' '– shellcheck is not installed: shell scripts are not checked'
        junit_case lint shellcheck 0 skipped
    fi
}

rm -f "$reports/lint.cases" "$reports/lint.xml"
list_files
if [ -n "$fix" ]; then mend; fi
check ruff ruff check .
check ruff-format ruff format --check .
check mypy mypy
check yamllint xargs -0r -a "$lists/yaml" yamllint --strict
check ansible-lint ansible-lint --nocolor -q
check_shell
junit_write lint
[ "$failures" -eq 0 ]
