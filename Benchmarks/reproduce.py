#!/usr/bin/env python3
"""The tables of Docs/Reproduction.md: every architecture of NAS-Bench-201, several image sets, two sigmas.

    swift build -c release
    Benchmarks/reproduce.py --cifar10 data_batch_1.bin --cifar100 train.bin --imagenet16 imagenet16.bin --folder scores

Each column is one `epads correlate --all` whose rows are kept in --folder; a run that was interrupted goes on where it
stopped, one that is complete is not repeated. Without a file for an image set its columns are left out; the built-in
images need none. Then the tables are printed in Markdown, the scores packed into one CSV a column, and plots drawn, all
in --folder. --sample N takes a random sample instead of the whole space.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREDICTORS = {"epads": "ePADS", "snaswot": "sum of d1", "perturbation": "sum of d2", "naswot": "NASWOT",
              "params": "parameters", "flops": "FLOPs", "relu_sites": "ReLU sites"}
ACCURACIES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet16-120": "ImageNet16-120"}
TITLES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet16": "ImageNet16", "builtin": "built-in"}
DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16": "imagenet16-120", "builtin": "cifar10"}


def columns(options):
    """(name, image set, sigma, arguments): NASWOT does not depend on sigma and is computed once an image set."""
    for images in ("imagenet16", "cifar10", "cifar100", "builtin"):
        path = getattr(options, images, None)
        if images != "builtin" and path is None or images == "builtin" and not options.builtin:
            continue
        for sigma, proxies in ((1.0, "epads,naswot"), (0.05, "epads")):
            arguments = ["--dataset", DATASETS[images], "--sigma", str(sigma), "--proxies", proxies]
            if images != "builtin":
                arguments += ["--images", path]
            yield f"{images}-sigma-{sigma}", images, sigma, arguments


def run(options, name, arguments):
    """Scores what is missing; returns the correlations and what the program said."""
    rows, plot = options.folder / f"{name}.jsonl", options.folder / f"{name}.svg"
    command = [options.program, "correlate", "--space", "nasbench201", "--output", str(rows), "--plot", str(plot),
               "--batch", str(options.batch), "--seed", "1", "--format", "jsonl", *arguments]
    command += ["--sample", str(options.sample)] if options.sample else ["--all"]
    command += ["--threads", str(options.threads)] if options.threads else []
    command += ["--backend", options.backend] if options.backend else []
    if rows.exists():
        command.append("--resume")
    print(f"\n{name}: {' '.join(command)}", file=sys.stderr)
    start = time.monotonic()
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"{name}: epads ended with status {result.returncode}; the same command goes on")
    seconds = time.monotonic() - start
    entries = [json.loads(line) for line in result.stdout.splitlines()]
    times = options.folder / "times.json"
    known = json.loads(times.read_text()) if times.exists() else {}
    known[name] = known.get(name, 0) + seconds
    times.write_text(json.dumps(known, indent=2) + "\n")
    return {(entry["dataset"], entry["predictor"]): entry for entry in entries}


def pack(options, name):
    """Index and scores of every row, in order of the index."""
    rows = [json.loads(line) for line in (options.folder / f"{name}.jsonl").read_text().splitlines()]
    keys = [key for key in ("epads", "snaswot", "perturbation", "naswot") if any(key in row for row in rows)]
    with open(options.folder / f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["index", *keys])
        for row in sorted(rows, key=lambda row: row["index"]):
            values = [row.get(key) for key in keys]
            writer.writerow([row["index"], *(round(v, 6) if isinstance(v, float) else v for v in values)])


def table(found, dataset, statistic):
    names = list(found)
    lines = ["| | " + " | ".join(f"{TITLES[images]}, sigma {sigma}" for _, images, sigma in names) + " |",
             "| --- " * (len(names) + 1) + "|"]
    for predictor, title in PREDICTORS.items():
        cells = []
        for name in names:
            entry = found[name].get((dataset, predictor))
            low, high = entry[f"{statistic}_interval"] if entry else (None, None)
            cells.append(f"{entry[statistic]:.3f} ({low:.3f} – {high:.3f})" if entry else "")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cifar10", metavar="FILE")
    parser.add_argument("--cifar100", metavar="FILE")
    parser.add_argument("--imagenet16", metavar="FILE")
    parser.add_argument("--builtin", action="store_true", help="the built-in images too")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("reproduction"))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--backend")
    parser.add_argument("--only", nargs="*", help="these columns alone, such as cifar10-sigma-1.0")
    parser.add_argument("--program", default=str(ROOT / ".build/release/epads"))
    options = parser.parse_args()
    if not pathlib.Path(options.program).exists():
        parser.error(f"no {options.program}: run 'swift build -c release' first")
    wanted = [column for column in columns(options) if not options.only or column[0] in options.only]
    if not wanted:
        parser.error("nothing to do: give --cifar10, --cifar100, --imagenet16 or --builtin")
    options.folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, images, sigma, arguments in wanted:
        found[name, images, sigma] = run(options, name, arguments)
        pack(options, name)
    for dataset, title in ACCURACIES.items():
        print(f"### Accuracy on {title}\n")
        print(f"Kendall's tau-b with its 95 % interval:\n\n{table(found, dataset, 'tau_b')}\n")
        print(f"Spearman's rho with its 95 % interval:\n\n{table(found, dataset, 'spearman')}\n")
    sizes = {name: next(iter(entries.values())) for (name, _, _), entries in found.items()}
    print("\n".join(f"{name}: n = {entry['n']}, {entry['failures']} without a score" for name, entry in sizes.items()))


if __name__ == "__main__":
    main()
