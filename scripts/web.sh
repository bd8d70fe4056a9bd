#!/bin/sh
# web [--check]: builds the meeting page, web/room/dist, from its pinned packages; nothing when it is current.
# With --check: also its types. Exit code 3: there is no npm here.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"

page=$root/web/room
log=$root/build/web.log

# page_stamp: changes with everything the built page is made from, and with the place of the project.
page_stamp() {
    (cd "$page" && find src public build.js package.json package-lock.json .npmrc -type f | LC_ALL=C sort |
        xargs sha256sum && printf '%s\n' "$page") | sha256sum | cut -d' ' -f1
}

page_is_current() {
    [ -f "$page/dist/room.js" ] && [ -d "$page/node_modules/jssip" ] &&
        [ "$(cat "$page/node_modules/.hntt-stamp" 2>/dev/null)" = "$(page_stamp)" ]
}

# step VI EN COMMAND…: logged; the end of the log when it fails.
step() {
    vi=$1 en=$2
    shift 2
    if ! (cd "$page" && "$@") >>"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "trang họp: hỏng ở bước $vi (chi tiết: build/web.log)" "meeting page: failed while $en (details: build/web.log)"
    fi
}

check=no
case ${1:-} in
'') ;;
--check) check=yes ;;
*)
    tr_ 'cách dùng: scripts/web.sh [--check]' 'usage: scripts/web.sh [--check]' >&2
    echo >&2
    exit 2
    ;;
esac

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    die 'cần nodejs và npm để dựng trang họp (./run setup cài chúng)' 'nodejs and npm are needed to build the meeting page (./run setup installs them)' 3
fi
mkdir -p "$root/build"
if command -v flock >/dev/null; then
    exec 8>"$root/build/.web-lock"
    flock 8
fi
if ! page_is_current; then
    : >"$log"
    say 'Dựng trang họp (web/room/dist)' 'Building the meeting page (web/room/dist)'
    step 'cài các gói' 'installing its packages' npm ci
    step 'dựng' 'bundling' node build.js
    page_stamp >"$page/node_modules/.hntt-stamp"
fi
if [ "$check" = yes ]; then
    : >"$log"
    step 'kiểm tra kiểu' 'checking types' node_modules/.bin/tsc -p jsconfig.json
fi
