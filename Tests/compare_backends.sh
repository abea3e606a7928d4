#!/usr/bin/env bash
# Scores random architectures, of NAS-Bench-201 unless --space names another space, with --backend cpu and with
# --backend opencl and compares the rows: all but times, backend and device must be the same.
#
# Run it after `swift build -c release`.
#
#   Tests/compare_backends.sh [--space darts] [--count 50] [--batch 16] [--device NAME] [--intel] [--program PATH]
#
# --intel takes Intel's runtime for processors, fetched by install_intel_opencl.sh, instead of the system's drivers.
set -euo pipefail
cd "$(dirname "$0")/.."

space=nasbench201
count=50
batch=16
program=.build/release/epads
device=()
while [ $# -gt 0 ]; do
  case $1 in
    --space) space=$2 && shift ;;
    --count) count=$2 && shift ;;
    --batch) batch=$2 && shift ;;
    --device) device=(--device "$2") && shift ;;
    --program) program=$2 && shift ;;
    --intel)
      environment=$(Tests/install_intel_opencl.sh)
      # shellcheck disable=SC1090
      source "$environment"
      ;;
    *)
      sed -n '2,/^set/{/^#/p}' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
[ -x "$program" ] || {
  echo "no $program: run swift build -c release first" >&2
  exit 2
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

options=(--space "$space" --batch "$batch")
if [ "$space" = nasbench201 ]; then
  # A linear congruential generator, so that every machine compares the same architectures.
  state=1
  for ((i = 0; i < count; i++)); do
    state=$(((state * 1103515245 + 12345) % 2147483648))
    echo $((state / 64 % 15625))
  done >"$folder/architectures"
else
  # Small networks: OpenCL on a processor is slow.
  options+=(--width 6 --depth 4)
  "$program" search "${options[@]}" --samples "$count" --backend cpu --output "$folder/architectures" >/dev/null 2>&1
fi

score() {
  local name=$1 status=0
  shift
  "$program" score --from "$folder/architectures" "${options[@]}" --proxies epads,naswot --layers --format jsonl "$@" \
    >"$folder/$name.jsonl" 2>"$folder/$name.log" || status=$?
  grep '^backend: ' "$folder/$name.log" >&2 || true
  # Status 1 stands for failed rows, too: networks without a score. Those are compared like all others.
  if [ "$status" -gt 1 ] || [ "$(wc -l <"$folder/$name.jsonl")" != "$count" ]; then
    cat "$folder/$name.log" >&2
    exit 1
  fi
  sed -E 's/"ms":\{[^}]*\},?//; s/"(backend|device)":"([^"\\]|\\.)*",?//g' "$folder/$name.jsonl" >"$folder/$name.rows"
}

score cpu --backend cpu
score opencl --backend opencl "${device[@]}"
if grep -v '"backend":"opencl"' "$folder/opencl.jsonl"; then
  echo "these rows are not of the OpenCL device" >&2
  exit 1
fi
if ! diff "$folder/cpu.rows" "$folder/opencl.rows"; then
  echo "the rows above differ: < cpu, > opencl" >&2
  exit 1
fi
total() {
  grep -oE '"total":[0-9.]+' "$folder/$1.jsonl" | cut -d: -f2 | awk '{ s += $1 } END { printf "%.1f", s / 1000 }'
}
echo "$count rows are the same, $(grep -c '"status":"ok"' "$folder/cpu.rows") of them with a score;" \
  "cpu took $(total cpu) s, opencl $(total opencl) s"
