# shellcheck shell=sh
# What every helper of ./run shares: language, progress lines with elapsed seconds, errors.
# Sourced, never run. Expects $root (the project's root) to be set by the sourcing script.

: "${root:?}"
HNTT_START=${HNTT_START:-$(date +%s)}
export HNTT_START

venv=$root/.venv
# Read by the scripts that source this file.
# shellcheck disable=SC2034
lock=$root/requirements.lock

# The language in force; the same rule as hntt.i18n.language().
speaks_vietnamese() {
    case ${HNTT_LANG:-} in
    [vV][iI]) return 0 ;;
    [eE][nN]) return 1 ;;
    esac
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
    [vV][iI]*) return 0 ;;
    *) return 1 ;;
    esac
}

# tr_ VI EN: the text in the language in force, without a newline.
tr_() {
    if speaks_vietnamese; then printf '%s' "$1"; else printf '%s' "$2"; fi
}

elapsed() {
    echo $(($(date +%s) - HNTT_START))
}

# say VI EN: one progress line that begins with the seconds since ./run began.
say() {
    printf '[%4d s] %s\n' "$(elapsed)" "$(tr_ "$1" "$2")"
}

# die VI EN [EXIT_CODE]: the error on stderr, then out.
die() {
    printf '%s: %s\n' "$(tr_ 'lỗi' 'error')" "$(tr_ "$1" "$2")" >&2
    exit "${3:-1}"
}

# hntt_stamp: what .venv was made from. It changes with the lock, with pyproject.toml and with the place of the
# project, since the scripts inside a virtual environment name the folder it was made in.
hntt_stamp() {
    { cat "$lock" "$root/pyproject.toml" && printf '%s\n' "$root"; } | sha256sum | cut -d' ' -f1
}

# venv_is_current: .venv exists, works, and was made from what the tree says now.
venv_is_current() {
    [ -f "$venv/.hntt-setup" ] &&
        [ "$(sed -n 's/^stamp //p' "$venv/.hntt-setup")" = "$(hntt_stamp)" ] &&
        "$venv/bin/python" -c 'import hntt' 2>/dev/null
}

# ensure_ready: runs setup when .venv is missing or stale, the way the user had it run before.
ensure_ready() {
    if venv_is_current; then return 0; fi
    say 'Môi trường chưa có hoặc đã cũ: chạy ./run setup' 'The environment is missing or stale: running ./run setup'
    if grep -qs '^system no$' "$venv/.hntt-setup"; then set -- --no-system; else set --; fi
    "$root/scripts/setup.sh" "$@"
}

# lab_possible: containers can be had on this machine; otherwise $lab_reason says why not. HNTT_LAB=no asks for the
# simulated devices on a machine that could do more.
lab_possible() {
    if [ "${HNTT_LAB:-}" = no ]; then
        lab_reason='HNTT_LAB=no'
        return 1
    fi
    lab_status=0
    lab_reason=$("$venv/bin/python" "$root/scripts/lab_capability.py" 2>&1) || lab_status=$?
    case $lab_status in
    0) return 0 ;;
    3) return 1 ;;
    esac
    die "không xét được máy này có dựng được phòng lab không: $lab_reason" \
        "could not find out whether this machine can run the lab: $lab_reason"
}

# not_shown: what simulated devices do not show, in the words that the demo and the tests share.
not_shown() {
    tr_ 'không thấy được: FRR, OSPF và lọc gói thật, đường truyền có tốc độ thật, DNS/NTP/syslog thật, và việc mất liên lạc thật' \
        'not shown: real FRR, OSPF and packet filtering, lines with their real rate, real DNS/NTP/syslog, and real loss of contact'
}

# root_prefix: the words that make the next command run as root; fails when there is no way to.
root_prefix() {
    if [ "$(id -u)" = 0 ]; then
        echo 'env'
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        echo 'sudo env'
    else
        return 1
    fi
}

# become_root VERB…: the lab takes root. Runs ./run VERB… again through sudo and does not return; returns when this
# is root already, when simulated devices were asked for, or when there is no way to become root.
become_root() {
    if [ "$(id -u)" = 0 ] || [ "${HNTT_LAB:-}" = no ] || ! as_root=$(root_prefix); then return 0; fi
    say 'Phòng lab cần quyền root: chạy tiếp bằng sudo' 'The lab takes root: going on through sudo'
    # No compiled files that the user could not remove again.
    # shellcheck disable=SC2086
    exec $as_root "HNTT_LANG=$(tr_ vi en)" "HNTT_START=$HNTT_START" PYTHONDONTWRITEBYTECODE=1 "$root/run" "$@"
}
