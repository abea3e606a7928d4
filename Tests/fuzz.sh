#!/usr/bin/env bash
# Feeds the parsers mutated inputs with libFuzzer, under the address sanitizer. Fails on a crash, on an input that takes
# more than five seconds or 1 GiB, and where a target finds that a parser contradicts itself.
#
#   Tests/fuzz.sh [RUNS [TARGET ...]]      default: 1000000 runs of every target
#   SANITIZERS=fuzzer Tests/fuzz.sh        without the address sanitizer, some times faster
#
# A target is a file NAME.swift in Tests/Fuzzing that defines `LLVMFuzzerTestOneInput`; Tests/Fuzzing/Seeds/NAME holds
# inputs to start from. To add one, add both, and in `modules` what it imports. Everything that is made stays in
# .build-fuzz: the inputs that reach new code, which the next run starts from, and those that fail.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(Randomness NetworkGraph SearchSpaces Files ArchitectureLists NetworkFiles) # in the order of their imports
runs=${1:-1000000}
[ $# -eq 0 ] || shift
if [ $# -eq 0 ]; then
  for file in Tests/Fuzzing/*.swift; do set -- "$@" "$(basename "$file" .swift)"; done
fi
for target in "$@"; do
  [ -f "Tests/Fuzzing/$target.swift" ] || {
    echo "usage: Tests/fuzz.sh [RUNS [TARGET ...]]; there is no target '$target'" >&2
    exit 2
  }
done

# A trap is libFuzzer's to report; Swift's own reporter does things that the address sanitizer forbids.
export SWIFT_BACKTRACE=enable=no
sanitizers=${SANITIZERS:-fuzzer,address}
build=$PWD/.build-fuzz/$sanitizers
mkdir -p "$build"
clang=$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")
flags=(
  -O -g -enable-testing -package-name epads -use-ld=lld -swift-version 6 -parse-as-library "-sanitize=$sanitizers"
  -I "$build"
)
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility; do
  flags+=(-enable-upcoming-feature "$feature")
done

# Straight from the sources: a package would instrument, and link libFuzzer's main function into, the package manager's
# other products.
cat >"$build/module.modulemap" <<END
module EmbeddedTables { header "$PWD/Sources/EmbeddedTables/include/EmbeddedTables.h" }
END
"$clang" -std=c2x -O2 -ISources/EmbeddedTables/include -c Sources/EmbeddedTables/tables.c -o "$build/tables.o"
objects=("$build/tables.o")
for module in "${modules[@]}"; do
  swiftc "${flags[@]}" -wmo -module-name "$module" -emit-module -emit-module-path "$build/$module.swiftmodule" \
    -c "Sources/$module"/*.swift -o "$build/$module.o"
  objects+=("$build/$module.o")
done

failed=()
for target in "$@"; do
  echo "== $target"
  swiftc "${flags[@]}" -module-name Fuzzing "Tests/Fuzzing/$target.swift" "${objects[@]}" -o "$build/$target"
  corpus=.build-fuzz/corpus/$target findings=.build-fuzz/findings/$target
  mkdir -p "$corpus" "$findings"
  dictionary=()
  [ ! -f "Tests/Fuzzing/Seeds/$target.dictionary" ] || dictionary=("-dict=Tests/Fuzzing/Seeds/$target.dictionary")
  "$build/$target" "-runs=$runs" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    "-artifact_prefix=$findings/" "${dictionary[@]}" "$corpus" "Tests/Fuzzing/Seeds/$target" \
    2>"$build/$target.log" || failed+=("$target")
  grep -E '^(stat::|SUMMARY|==.*ERROR|artifact_prefix|Done|#.*DONE)' "$build/$target.log" || true
done
[ ${#failed[@]} -eq 0 ] || {
  echo "failed: ${failed[*]}; see .build-fuzz" >&2
  exit 1
}
