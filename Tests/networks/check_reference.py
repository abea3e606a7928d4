#!/usr/bin/env python3
"""Scores every ONNX file of a folder with the program and compares with the JSON beside it, which the reference wrote.

    check_reference.py DIR --epads .build/release/epads [--images FOLDER] [--seconds 600] [case ...]

DIR is what export_all.py or export_torchscript.py wrote, or shared/reference/networks/cases. A case agrees when the
sites are the same in number, function and units, every d1 and d2 is within 2 + 0.001 d of the reference (see `within`),
and ePADS within 1e-4. A case without scores is run, and only whether it ends well counts. Exits with 1 where one
disagrees.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

# Images and the reference, where they lie beside the repository.
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"

# What follows the name of the program. In braces: keys of the case, and `file`, `images`, `init`, `activations`.
COMMAND = (
    "score {file} --images {images} --dataset {dataset} --batch {batch} --sigma {sigma} --seed {seed} --init {init}"
    " --activations {activations} --layers --format jsonl --quiet"
)
INIT = {"default": "default", "file": "file"}  # the case's key, and what the program calls it
ACTIVATIONS = {"all": "all", "relu": "relu"}  # likewise
SITES, FUNCTION = "layers", "function"  # keys of a row; a row whose sites have no function is compared without


def within(got, site, key):
    """Whether an integer is as near as the tolerance to one of the three that the reference computed.

    It has them in float32, with other float32 kernels and in float64. At the small images that these files take, a
    batch normalisation may have eight values to normalise, and then they differ by more than the tolerance.
    """
    column = ("d1", "d2").index(key)
    computed = [site[key], *(site[other][column] for other in ("other_float32", "float64") if other in site)]
    return any(abs(got - wanted) <= 2 + 0.001 * wanted for wanted in computed)


def compared(row, expected, activations):
    """What disagrees, and how far off the integers and ePADS are."""
    sites = expected["sites"]
    if activations == "relu":
        rectifiers = ("relu", "relu6", "leaky_relu", "prelu", "rrelu")
        sites = [site for site in sites if site["function"] in rectifiers]
    got = row.get(SITES) or []
    if len(got) != len(sites):
        return f"{len(got)} sites, not {len(sites)}", ""
    problem, worst, differing = None, 0, 0
    for site, wanted in zip(got, sites):
        place = f"site {wanted['index']} ({wanted['module']})"
        if FUNCTION in site and site[FUNCTION] != wanted["function"]:
            problem = problem or f"{place} is {site[FUNCTION]}, not {wanted['function']}"
        if site["units"] != wanted["units"]:
            problem = problem or f"{place} has {site['units']} units, not {wanted['units']}"
        for key in ("d1", "d2"):
            off = abs(site[key] - wanted[key])
            worst, differing = max(worst, off), differing + (off > 0)
            if not within(site[key], wanted, key):
                problem = problem or f"{place} has {key} {site[key]}, not {wanted[key]}"
    wanted, value = expected[activations]["epads"], row.get("epads")
    if (wanted is None) != (value is None) or wanted is not None and abs(value - wanted) > 1e-4:
        problem = problem or f"ePADS {value}, not {wanted}"
    off = f"{abs(value - wanted):.1e}" if wanted is not None and value is not None else "-"
    return problem, f"{len(sites):4} sites, {differing:3} integers differ, by {worst} at most; ePADS by {off}"


def row_of(command, seconds):
    """The program's only row, or what went wrong."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None, f"more than {seconds:.0f} s"
    lines = result.stdout.strip().splitlines()
    if not lines:
        return None, f"exit {result.returncode}: {(result.stderr.strip().splitlines() or ['nothing said'])[-1][:160]}"
    row = json.loads(lines[-1])
    if row.get("status", "ok") != "ok":
        return None, f"failed: {row.get('error', '')[:160]}"
    return row, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--epads", required=True)
    parser.add_argument("--images", type=pathlib.Path, default=SHARED / "data/images")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--only", choices=list(ACTIVATIONS), help="compare only the sums over these activations")
    options = parser.parse_intermixed_args()
    agreed, failed = 0, []
    for path in sorted(options.dir.glob("*.json")):
        if options.cases and path.stem not in options.cases:
            continue
        case = json.loads(path.read_text())
        runs = [(init, each) for init in INIT if init in case for each in ACTIVATIONS if options.only in (None, each)]
        for init, activations in runs or [("default", "all")]:
            words = {**case, "file": options.dir / case["onnx"], "images": options.images / case["images"]}
            words |= {"init": INIT[init], "activations": ACTIVATIONS[activations]}
            started = time.time()
            row, problem = row_of([options.epads, *(word.format(**words) for word in COMMAND.split())], options.seconds)
            note = "runs; the reference has no scores"
            if row is None and init in case and "no ReLU" in (problem or ""):
                # Right where the reference has no sum either.
                if case[init][activations]["epads"] is None:
                    problem, note, row = None, "no sites, as the reference has it", {}
            elif row is not None and init in case:
                problem, note = compared(row, case[init], activations)
            label = f"{case['case']:32} {init:8}{activations:5}"
            verdict = f"DISAGREES: {problem}" if problem else "agrees"
            print(f"{label} {verdict}  {note if row is not None else ''} {time.time() - started:.1f} s", flush=True)
            if problem:
                failed.append(f"{case['case']}/{init}/{activations}")
            else:
                agreed += 1
    print(f"{agreed} agree, {len(failed)} do not{': ' if failed else ''}{' '.join(failed)}")
    return 1 if failed or not agreed else 0


if __name__ == "__main__":
    sys.exit(main())
