#!/bin/sh
# lock: writes requirements.lock anew from pyproject.toml: every supported Python, every file's hash, no host named.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"

tools=$root/build/lock-tools
work=$root/build/lock
mkdir -p "$work"
if [ ! -x "$tools/bin/uv" ]; then
    say 'Cài uv vào build/lock-tools' 'Installing uv into build/lock-tools'
    "$venv/bin/python" -m venv "$tools"
    "$tools/bin/pip" install -q --disable-pip-version-check uv
fi

say 'Tính các phiên bản' 'Resolving the versions'
"$venv/bin/python" "$root/scripts/lock_inputs.py" build-requirements >"$work/build-requirements.in"
# --no-config and the cleared environment keep this machine's own package sources out of the lock.
env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_INDEX -u UV_DEFAULT_INDEX \
    -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL \
    "$tools/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
    --no-header --no-emit-index-url --extra dev "$@" \
    -o "$work/requirements.txt" "$root/pyproject.toml" "$work/build-requirements.in"
{
    echo '# Written by ./run lock; do not edit. pip install --require-hashes -r requirements.lock'
    echo "# pyproject dependencies: sha256:$("$venv/bin/python" "$root/scripts/lock_inputs.py" digest)"
    # The place of the temporary input says nothing to a reader.
    sed 's|-r .*/build-requirements\.in|pyproject.toml build-system|' "$work/requirements.txt"
} >"$work/requirements.lock"
mv "$work/requirements.lock" "$lock"
say "Đã ghi requirements.lock: $(grep -c '==' "$lock") gói" "Wrote requirements.lock: $(grep -c '==' "$lock") packages"
