#!/usr/bin/env python3
"""Compares the program with the reference implementation on random genotypes of every cell space.

    python3 -m venv .venv && .venv/bin/pip install torch numpy
    swift build -c release
    .venv/bin/python Tests/compare_reference.py [--count 100] [--space darts ...] [--seed 1]

Genotypes of 1 to 6 nodes with any operation of the space and any sources and concatenations, so that some nodes are not
used; widths that are no multiple of 8, a few cells, with and without the auxiliary head; the `_in` spaces on images of
224x224. Prints what differs by more than 1e-4 (sums) or 1e-3 (a site), and the largest differences; status 1 where
something does.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests/Fixtures"))
import epads_reference as reference  # noqa: E402

OPERATIONS = {
    "darts": "none max_pool_3x3 avg_pool_3x3 skip_connect sep_conv_3x3 sep_conv_5x5 dil_conv_3x3 dil_conv_5x5",
    "enas": "skip_connect sep_conv_3x3 sep_conv_5x5 avg_pool_3x3 max_pool_3x3",
    "pnas": "sep_conv_3x3 sep_conv_5x5 sep_conv_7x7 conv_7x1_1x7 skip_connect avg_pool_3x3 max_pool_3x3 dil_conv_3x3",
    "nasnet": "skip_connect conv_3x1_1x3 conv_7x1_1x7 dil_conv_3x3 avg_pool_3x3 max_pool_3x3 max_pool_5x5 max_pool_7x7 "
              "conv_1x1 conv_3x3 sep_conv_3x3 sep_conv_5x5 sep_conv_7x7",
    "amoeba": "skip_connect sep_conv_3x3 sep_conv_5x5 sep_conv_7x7 avg_pool_3x3 max_pool_3x3 dil_sep_conv_3x3 "
              "conv_7x1_1x7",
    # In no random architecture of a space, yet read.
    "others": "avg_pool_5x5 max_pool_5x5 conv_1x1 conv_3x3 none dil_sep_conv_3x3 skip_connect",
}


def cell(generator, operations):
    nodes = generator.randint(1, 6)
    edges = [(generator.choice(operations), generator.randrange(node + 2)) for node in range(nodes) for _ in range(2)]
    concat = [generator.randrange(2, nodes + 2) for _ in range(generator.randint(1, 4))]
    return edges, concat


def genotype(generator, operations):
    (normal, normal_concat), (reduce, reduce_concat) = cell(generator, operations), cell(generator, operations)
    return (f"Genotype(normal={normal}, normal_concat={normal_concat}, "
            f"reduce={reduce}, reduce_concat={reduce_concat})")


def cases(space, count, seed):
    """(genotype, width, depth, auxiliary), small enough for a second each."""
    generator = random.Random(f"{space} {seed}")
    name = space.removesuffix("_in")
    for _ in range(count):
        width = generator.choice([2, 4, 6, 10, 12])
        depth = generator.randint(2, 6)
        yield genotype(generator, OPERATIONS[name].split()), width, depth, generator.random() < 0.4


def ours(program, space, images, dataset, batch, case):
    text, width, depth, auxiliary = case
    result = subprocess.run(
        [program, "score", "--space", space.replace("others", "darts"), "--images", images, "--dataset", dataset,
         "--batch", str(batch), "--width", str(width), "--depth", str(depth), *(["--auxiliary"] if auxiliary else []),
         "--proxies", "epads,naswot", "--backend", "cpu", "--layers", "--format", "jsonl", text],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not result.stdout:
        sys.exit(f"{space} {case}: {result.stderr}")
    return json.loads(result.stdout)


def theirs(space, images, batch, classes, case):
    text, width, depth, auxiliary = case
    network = reference.CellNetwork(
        reference.parse_genotype(text), width, depth, auxiliary, imagenet=space.endswith("_in"), classes=classes)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return reference.score(network, images, 1.0, 1, double=True) | {"params": parameters}


def differences(row, expected):
    """What differs by too much, and by how much the sums differ."""
    found = []
    if row["params"] != expected["params"]:
        found.append(f"{row['params']} parameters, not {expected['params']}")
    if [(site["name"], site["units"]) for site in row["layers"]] != [
            (site["name"], site["units"]) for site in expected["layers"]]:
        return found + ["other sites"], 0
    for mine, site in zip(row["layers"], expected["layers"]):
        for key in ("d1", "d2"):
            if abs(mine[key] - site[key]) > max(2, 1e-3 * site[key]):
                found.append(f"{site['name']}: {key} is {mine[key]}, not {site[key]}")
    worst = 0
    for key in ("snaswot", "perturbation"):
        difference = abs(row[key] - expected[key]) / max(1, expected[key])
        worst = max(worst, difference)
        # One sign that hangs on rounding is read by several sites.
        if abs(row[key] - expected[key]) > max(8, 1e-4 * expected[key]):
            found.append(f"{key} is {row[key]}, not {expected[key]}")
    if (row.get("naswot") is None) != (expected["naswot"] is None) or expected["naswot"] is not None and abs(
            row["naswot"] - expected["naswot"]) > 1e-5 * abs(expected["naswot"]):
        found.append(f"naswot is {row.get('naswot')}, not {expected['naswot']}")
    return found, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--space", nargs="*")
    parser.add_argument("--program", default=str(ROOT / ".build/release/epads"))
    options = parser.parse_args()
    # Networks so small are no faster on several.
    reference.torch.set_num_threads(1)
    failed = False
    for space in options.space or [name + suffix for suffix in ("", "_in") for name in OPERATIONS]:
        # The reference reads CIFAR's records; those of 224x224 are read as they are written.
        large = space.endswith("_in")
        dataset, batch, classes = ("imagenet", 2, 1000) if large else ("cifar10", 8, 10)
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            subprocess.run([options.program, "images", "--output", file.name, "--dataset", dataset,
                            "--count", str(batch)], check=True, stderr=subprocess.DEVNULL)
            images = reference_images(file.name, dataset, batch)
            worst = collections.Counter()
            for case in cases(space, options.count, options.seed):
                row, expected = (ours(options.program, space, file.name, dataset, batch, case),
                                 theirs(space, images, batch, classes, case))
                found, worst_sum = differences(row, expected)
                worst["sum"] = max(worst["sum"], worst_sum)
                if found:
                    failed = True
                    print(f"{space} width {case[1]} depth {case[2]} auxiliary {case[3]} {case[0]}:\n  "
                          + "\n  ".join(found[:6]), flush=True)
        print(f"{space}: {options.count} genotypes, sums differ by at most {worst['sum']:.1e}", flush=True)
    sys.exit(1 if failed else 0)


def reference_images(path, dataset, batch):
    if dataset != "imagenet":
        return reference.load_images(path, dataset, batch)
    import numpy as np
    raw = np.fromfile(path, np.uint8).reshape(-1, 2 + 3 * 224 * 224)[:batch, 2:].reshape(-1, 3, 224, 224)
    mean, deviation = (np.array([value / 255 for value in values], np.float32).reshape(1, 3, 1, 1) for values in (
        (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)))
    return (raw.astype(np.float32) / np.float32(255) - mean) / deviation


if __name__ == "__main__":
    main()
