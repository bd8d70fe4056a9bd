#!/bin/sh
# setup [--no-system]: system packages through apt, then .venv from requirements.lock. Nothing is done twice.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"

log=$root/build/setup.log
packages_file=$root/scripts/system-packages.txt

usage() {
    tr_ 'cách dùng: ./run setup [--no-system]
  --no-system   không đụng đến gói hệ thống' \
        'usage: ./run setup [--no-system]
  --no-system   leave the system packages alone'
    echo
}

# packages GROUP…: the names in those groups.
packages() {
    for group; do sed -n "s/^$group  *\([^ ]*\) .*/\1/p" "$packages_file"; done
}

# missing_packages GROUP…: those of them that are neither installed nor provided by another package (some builds of
# nodejs bring npm along and refuse a second one), on one line.
missing_packages() {
    # shellcheck disable=SC2016
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}, ${Provides}\n' 2>/dev/null |
        sed -n 's/^installed //p' | tr -s ', ' '\n') || true
    packages "$@" | while read -r package; do
        printf '%s\n' "$installed" | grep -qxF "$package" || printf '%s ' "$package"
    done
}

# apt_install PACKAGE…: logged; waits for another apt instead of failing.
apt_install() {
    # shellcheck disable=SC2086
    $as_root DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

without_page() {
    say "Thiếu gói hệ thống: $1. Không có chúng thì không dựng và không kiểm thử được trang họp của máy xã." \
        "System packages missing: $1. Without them the communes' meeting page is neither built nor tested."
}

without_pc() {
    say "Thiếu gói hệ thống: $1. Không có chúng thì không ghi được USB cài máy xã và không thử được việc cài lại máy." \
        "System packages missing: $1. Without them no stick for commune PCs is written, and reimaging is not tested."
}

without_lab() {
    say "Thiếu gói hệ thống: $1. Không có chúng thì không thấy được: bộ định tuyến FRR thật trong container, đường truyền thật (chỉ có thiết bị mô phỏng), và kiểm tra shell." \
        "System packages missing: $1. Without them this is not shown: real FRR routers in containers on real links (simulated devices only), and the lint of shell scripts."
}

install_system_packages() {
    if ! command -v apt-get >/dev/null; then
        say "Không phải Debian/Ubuntu: bỏ qua gói hệ thống (danh sách: scripts/system-packages.txt)" \
            'Not a Debian or Ubuntu: system packages are skipped (the list: scripts/system-packages.txt)'
        return
    fi
    missing=$(missing_packages base lab page pc)
    [ -n "$missing" ] || return 0
    if ! as_root=$(root_prefix); then
        without_lab "$missing"
        return
    fi
    say "Cài gói hệ thống: $missing" "Installing system packages: $missing"
    # shellcheck disable=SC2086
    $as_root apt-get -q -o DPkg::Lock::Timeout=600 update >>"$log" 2>&1 </dev/null ||
        say 'apt-get update báo lỗi; thử cài với danh sách hiện có' 'apt-get update reported errors; trying with the lists at hand'
    # shellcheck disable=SC2086
    if ! apt_install $missing; then install_by_groups; fi
}

# install_by_groups: one package that cannot be had must not keep the others away.
install_by_groups() {
    base=$(missing_packages base)
    # shellcheck disable=SC2086
    if [ -n "$base" ] && ! apt_install $base; then
        tail -n 15 "$log" >&2
        die "không cài được gói hệ thống: $base (chi tiết: build/setup.log)" \
            "system packages could not be installed: $base (details: build/setup.log)"
    fi
    for group in lab page pc; do
        missing=$(missing_packages "$group")
        # shellcheck disable=SC2086
        if [ -n "$missing" ] && ! apt_install $missing; then "without_$group" "$missing"; fi
    done
}

# find_python: the first interpreter that is new enough; names may exist and not work (pyenv).
find_python() {
    for candidate in ${HNTT_PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# venv_usable: the interpreter in .venv works, is new enough, and the folder was not moved here from elsewhere.
venv_usable() {
    "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        head -n 2 "$venv/bin/pip" 2>/dev/null | grep -qF "$venv/bin/"
}

make_venv() {
    if venv_usable; then return 0; fi
    python=$(find_python) || die \
        'cần Python 3.11 trở lên (lệnh python3, hoặc đặt HNTT_PYTHON); trên Debian 12/13, Ubuntu 24.04: apt-get install python3 python3-venv' \
        'Python 3.11 or newer is needed (as python3, or named by HNTT_PYTHON); on Debian 12/13, Ubuntu 24.04: apt-get install python3 python3-venv'
    "$python" -c 'import ensurepip, venv' 2>/dev/null || die \
        "$python không tạo được môi trường ảo: hãy cài gói python3-venv" \
        "$python cannot make a virtual environment: install the package python3-venv"
    say "Tạo .venv bằng $python" "Making .venv with $python"
    "$python" -m venv --clear "$venv" >>"$log" 2>&1 || failed_step 'tạo .venv' 'making .venv'
}

# failed_step VI EN: the end of the log and which step it was.
failed_step() {
    tail -n 20 "$log" >&2
    die "hỏng ở bước: $1 (chi tiết: build/setup.log)" "failed while $2 (details: build/setup.log)"
}

install_python_packages() {
    say 'Cài các gói Python theo requirements.lock' 'Installing the Python packages of requirements.lock'
    pip="$venv/bin/python -m pip install -q --disable-pip-version-check --no-input"
    # The lock names the build backend too, so that nothing is fetched without a hash.
    $pip --require-hashes -r "$lock" >>"$log" 2>&1 </dev/null ||
        failed_step 'cài các gói Python' 'installing the Python packages'
    $pip --no-deps --no-index --no-build-isolation -e "$root" >>"$log" 2>&1 </dev/null ||
        failed_step 'cài gói hntt' 'installing the package hntt'
}

# build_page: the meeting page; without npm or its registry everything else works.
build_page() {
    [ -f "$root/web/room/package-lock.json" ] && command -v npm >/dev/null || return 0
    timeout 240 "$root/scripts/web.sh" ||
        say 'Chưa dựng được trang họp; mọi thứ khác vẫn chạy' 'The meeting page could not be built; everything else works'
}

# single_setup: two verbs that both find .venv stale must not write it at the same time.
single_setup() {
    command -v flock >/dev/null || return 0
    exec 9>"$root/build/.setup-lock"
    flock -n 9 && return
    say 'Đang có một setup khác chạy; chờ' 'Another setup is running; waiting for it'
    flock 9
}

system=yes
for argument; do
    case $argument in
    --no-system) system=no ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

# The reports too: made later by the demo, which runs as root, they would be closed to the user's own tests.
mkdir -p "$root/build/reports"
single_setup
: >"$log"
if [ "$system" = yes ]; then install_system_packages; fi
build_page
if venv_is_current; then
    say 'Môi trường đã sẵn sàng' 'The environment is ready'
    exit 0
fi
make_venv
install_python_packages
printf 'stamp %s\nsystem %s\n' "$(hntt_stamp)" "$system" >"$venv/.hntt-setup"
say 'Môi trường đã sẵn sàng' 'The environment is ready'
