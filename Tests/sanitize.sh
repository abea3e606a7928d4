#!/usr/bin/env bash
# The test suite under a sanitizer, in release, because the C loops are some 65 times slower without optimisation. Fails
# on a finding. Each sanitizer has a build of its own in .build-sanitize-KIND, which takes minutes the first time.
#
#   Tests/sanitize.sh [address|thread|undefined ...]      default: all three
#   JOBS=1 Tests/sanitize.sh thread                       build with one process
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- address thread undefined
for kind in "$@"; do
  case $kind in
    address | thread | undefined) ;;
    *)
      echo "usage: Tests/sanitize.sh [address|thread|undefined ...]" >&2
      exit 2
      ;;
  esac
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A driver's compiler makes code that no sanitizer has seen, and its threads and memory are not ours to judge: the tests
# of the OpenCL backend and of the library that makes it fail are left out, and the commands use the processor alone.
export EPADS_BACKEND=cpu
skips=(--skip OpenCL)

# An array made without elements writes its count, 0, into the one empty array that all share (Swift's own library).
echo 'race:_swiftEmptyArrayStorage' >"$folder/suppressions"

sanitize() {
  local kind=$1 log=$folder/log status=0
  local build=(-c release --scratch-path ".build-sanitize-$kind" ${JOBS:+--jobs "$JOBS"})
  local left_out=("${skips[@]}")
  echo "== $kind"
  if [ "$kind" = undefined ]; then
    # Swift has no such sanitizer on Linux, and its arithmetic traps as it is: so the C code alone.
    build+=(-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined)
    build+=(-Xswiftc -Xclang-linker -Xswiftc -fsanitize=undefined)
  else
    build+=(--sanitize "$kind")
    # It limits the address space of a process, of which these sanitizers reserve terabytes.
    left_out+=(--skip "[mM]emoryIsRefusedBeforeItIsTaken")
    # It limits the size of files, and this one keeps a part of its shadow in a file.
    [ "$kind" = address ] || left_out+=(--skip aLimitOnFileSizesIsAnError)
  fi
  swift build "${build[@]}" --build-tests >"$log" 2>&1 || {
    tail -n 60 "$log" >&2
    return 1
  }
  # Commands that tests start inherit these options, and a test may expect them to fail: so findings go to files.
  # Leaks are not looked for: Foundation's Process and FileManager.contents, which the tests are made with, leak.
  ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1:log_path=$folder/finding \
    TSAN_OPTIONS=suppressions=$folder/suppressions:print_suppressions=0:log_path=$folder/finding \
    UBSAN_OPTIONS=print_stacktrace=1:log_path=$folder/finding \
    swift test "${build[@]}" --skip-build "${left_out[@]}" >"$log" 2>&1 || status=$?
  if compgen -G "$folder/finding*" >/dev/null; then
    head -n 200 "$folder"/finding* >&2
    rm -f "$folder"/finding*
    echo "the $kind sanitizer complains" >&2
    return 1
  fi
  # A run that crashed or tested nothing must not pass.
  if [ "$status" -ne 0 ] || ! grep -qE 'Test run with [1-9][0-9]* tests.* passed' "$log"; then
    grep -E '✘|error:|Fatal error' "$log" | head -n 40 >&2 || true
    tail -n 20 "$log" >&2
    return 1
  fi
  grep -oE 'Test run with .*' "$log"
}

failed=()
for kind in "$@"; do sanitize "$kind" || failed+=("$kind"); done
[ ${#failed[@]} -eq 0 ] || {
  echo "failed: ${failed[*]}" >&2
  exit 1
}
