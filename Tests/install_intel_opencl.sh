#!/usr/bin/env bash
# Fetches Intel's OpenCL runtime for processors from PyPI into a folder of its own; nothing is installed on the system.
# Writes FOLDER/environment, which says how to use it:
#
#   Tests/install_intel_opencl.sh [FOLDER]          FOLDER is .build/intel-opencl unless named
#   source FOLDER/environment && epads devices
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-.build/intel-opencl}"
folder=$(cd "${1:-.build/intel-opencl}" && pwd)
version=2026.2.0

if ! [ -f "$folder/environment" ] || [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]; then
  python3 -m pip --version >/dev/null 2>&1 || {
    echo "Intel's runtime comes from PyPI: install pip (apt-get install python3-pip)" >&2
    exit 1
  }
  rm -rf "$folder"
  mkdir -p "$folder/vendors"
  # Unpacked by hand: `pip install --target` leaves out what a wheel has under data/lib.
  python3 -m pip download --quiet --disable-pip-version-check --only-binary :all: \
    --dest "$folder/wheels" "intel-opencl-rt==$version" "intel-cmplr-lib-rt==${version%%.*}.*"
  for wheel in "$folder"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$folder/unpacked"; done
  mkdir "$folder/lib"
  mv "$folder"/unpacked/*.data/data/lib/* "$folder/lib"
  rm -r "$folder/wheels" "$folder/unpacked"
  # The loader of the system is the one to use.
  rm -f "$folder"/lib/libOpenCL.so*
  driver=$folder/lib/libintelocl.so
  [ -f "$driver" ] || {
    echo "no libintelocl.so in intel-opencl-rt $version" >&2
    exit 1
  }
  echo "$driver" >"$folder/vendors/intel-cpu.icd"
  cat >"$folder/environment" <<END
export OCL_ICD_VENDORS='$folder/vendors'
export LD_LIBRARY_PATH='$folder/lib'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
END
  echo "$version" >"$folder/version"
fi
echo "$folder/environment"
