#!/bin/sh
# test-reimage [PYTEST_OPTION…]: everything about reimaging that CI can't afford on each run. JUnit XML: build/reports.
# Half of it is a PC with the whole image in a lab with the real centre (test_real_image.py). It builds three images, unless
# HNTT_REIMAGE_IMAGES=DIR has them.
# HNTT_REIMAGE_CUTS: power cuts during an installation, and as many during an update (10).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"
cd "$root"
export PATH="$venv/bin:$PATH"

for program in qemu-system-x86_64 mmdebstrap grub-mkimage mcopy rauc; do
    command -v "$program" >/dev/null ||
        die "thiếu chương trình $program; chạy ./run setup" "the program $program is missing; run ./run setup"
done
mkdir -p build/reports
# A test of some minutes each; the whole run is limited all the same.
exec timeout -k 30 $((10800 + 480 * ${HNTT_REIMAGE_CUTS:-10})) python -m pytest -p no:cacheprovider -v --durations=0 \
    -m reimage --junitxml=build/reports/test-reimage.xml "$@" tests/integration/reimage </dev/null
