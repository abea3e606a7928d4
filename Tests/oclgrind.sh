#!/usr/bin/env bash
# Runs every kernel, in both variants, on small shapes in Oclgrind (apt-get install oclgrind), which checks every access
# for its bounds, work-items for data races and calls for their arguments. Fails where it complains.
#
#   Tests/oclgrind.sh [REGULAR EXPRESSION OF TESTS]
#
# Its check for uninitialised values is not on: that of Oclgrind 21.10 stops at `freeze` in optimised code and crashes,
# and it crashes with -cl-opt-disable, too. OCLGRIND_UNINITIALIZED=1 in the environment switches it on.
set -euo pipefail
cd "$(dirname "$0")/.."

library=${OCLGRIND_LIBRARY:-/usr/lib/oclgrind/liboclgrind-rt.so}
[ -f "$library" ] || {
  echo "no $library: install oclgrind (apt-get install oclgrind) or say in OCLGRIND_LIBRARY where it is" >&2
  exit 2
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

export EPADS_OPENCL_LIBRARY=$library EPADS_REQUIRE_OPENCL=1 XDG_CACHE_HOME=$folder
export OCLGRIND_CHECK_API=1 OCLGRIND_NUM_THREADS=1 OCLGRIND_LOG=$folder/complaints
swift build -c release --build-tests >"$folder/output" 2>&1 || {
  tail -n 60 "$folder/output" >&2
  exit 1
}

# A count that differs is no failure here: the simulator's float arithmetic is not that of the numerics contract.
export OCLGRIND_DATA_RACES=1
status=0
swift test -c release --skip-build --no-parallel \
  --filter "${1:-OpenCL(Conformance|Inference)Tests/(operations|branches)\(|OpenCLDeviceTests/}" \
  >"$folder/output" 2>&1 || status=$?
# A run that crashed, tested nothing or could not use the device must not pass.
if [ "$status" -gt 1 ] || ! grep -qE 'Test run with [1-9][0-9]* test' "$folder/output" ||
  grep -qE 'signal code|failed on Oclgrind|OpenCLDeviceTests failed' "$folder/output"; then
  tail -n 60 "$folder/output" >&2
  exit 1
fi
if [ -s "$folder/complaints" ]; then
  head -n 60 "$folder/complaints" >&2
  echo "Oclgrind complains" >&2
  exit 1
fi
echo "Oclgrind has no complaint"
