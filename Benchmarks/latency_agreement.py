#!/usr/bin/env python3
"""How well latencies agree: with each other from run to run, with FLOPs, and with the devices of HW-NAS-Bench.

    epads latency --sample 200 --format jsonl --output one.jsonl
    epads latency --sample 200 --format jsonl --output two.jsonl
    Benchmarks/latency_agreement.py one.jsonl two.jsonl [--devices hwnasbench_nb201_cifar10_latency_ms.csv]

The arguments are files of rows of `epads latency`. The first is compared with every other one: Spearman's rho, and how
much the medians differ, each architecture's relative to the smaller one. Each file is compared with FLOPs, with
parameters and with every column of --devices: CSV with a column `index`, the index of NAS-Bench-201, and one column for
each device in any unit. Ranks of equal values are averaged; intervals are Fisher's, with the standard error of Bonett
and Wright (2000).
"""
import argparse
import csv
import json
import math
import statistics


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start:end + 1]:
            result[place] = (start + end) / 2
        start = end + 1
    return result


def spearman(left, right):
    """Rho and its 95 % interval."""
    a, b = ranks(left), ranks(right)
    rho = statistics.correlation(a, b)
    z, error = math.atanh(min(rho, 1 - 1e-12)), math.sqrt((1 + rho * rho / 2) / max(1, len(left) - 3))
    return rho, math.tanh(z - 1.96 * error), math.tanh(z + 1.96 * error)


def read(path):
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    return {row["arch"]: row for row in rows if row["status"] == "ok"}


def describe(path, rows):
    first = next(iter(rows.values()))
    precision = [(row["latency_ms"]["high"] / row["latency_ms"]["median"] - 1) * 100 for row in rows.values()]
    doubted = [row["doubt"] for row in rows.values() if "doubt" in row]
    print(f"{path}: {len(rows)} architectures, batch {first['batch']}, {first['backend']} {first['device']}"
          + (f", {first['threads']} threads" if "threads" in first else "")
          + f"; median within ±{statistics.median(precision):.1f} %, {len(doubted)} doubted"
          + (f" ({doubted[0]})" if doubted else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--devices")
    parser.add_argument("--trusted", action="store_true", help="leave out rows with a doubt")
    options = parser.parse_args()
    files = {path: read(path) for path in options.files}
    if options.trusted:
        files = {path: {arch: row for arch, row in rows.items() if "doubt" not in row} for path, rows in files.items()}
    for path, rows in files.items():
        describe(path, rows)

    def line(name, left, right):
        rho, low, high = spearman(left, right)
        print(f"  {name:32} n {len(left):5}  Spearman {rho:.4f}  ({low:.3f} to {high:.3f})")

    first = files[options.files[0]]
    for path in options.files[1:]:
        common = [arch for arch in first if arch in files[path]]
        one = [first[arch]["latency_ms"]["median"] for arch in common]
        two = [files[path][arch]["latency_ms"]["median"] for arch in common]
        print(f"{options.files[0]} and {path}")
        line("median", one, two)
        differences = [abs(a - b) / min(a, b) * 100 for a, b in zip(one, two)]
        signed = [(b / a - 1) * 100 for a, b in zip(one, two)]
        print(f"  difference: median {statistics.median(differences):.2f} %, 90 % within "
              f"{sorted(differences)[int(0.9 * len(differences))]:.2f} %, "
              f"the second {statistics.median(signed):+.2f} % as a whole")
    devices = {}
    if options.devices:
        with open(options.devices) as file:
            devices = {int(row["index"]): row for row in csv.DictReader(file)}
    for path, rows in files.items():
        print(path)
        latencies = [row["latency_ms"]["median"] for row in rows.values()]
        for key in ("flops", "params"):
            line(key, latencies, [row[key] for row in rows.values()])
        for column in [name for name in next(iter(devices.values()), {}) if name != "index"]:
            known = [row for row in rows.values() if row.get("index") in devices]
            measured = [float(devices[row["index"]][column]) for row in known]
            line(column, [row["latency_ms"]["median"] for row in known], measured)
            line(f"  FLOPs and {column}", [row["flops"] for row in known], measured)


if __name__ == "__main__":
    main()
