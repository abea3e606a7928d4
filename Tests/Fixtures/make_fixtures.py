#!/usr/bin/env python3
"""Makes the fixtures beside this file with the reference implementation, in float64.

    python3 -m venv .venv && .venv/bin/pip install torch numpy
    swift build -c release
    .venv/bin/python Tests/Fixtures/make_fixtures.py

Architectures scored on the program's own built-in images, which `epads images` writes. The program under test computes
nothing else of them. NAS-Bench-201: one JSON file a data set. Cell networks: one file, a few random genotypes of every space
(compare_reference.py beside this folder makes them, and compares many more).
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))
import compare_reference as cells  # noqa: E402
import epads_reference as reference  # noqa: E402

BATCH, SIGMA, SEED = 16, 1.0, 1
CLASSES = {"cifar10": 10, "imagenet16-120": 120}
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


def text(operations):
    edges = iter(operations)
    return "+".join("|" + "|".join(f"{next(edges)}~{source}" for source in range(node)) + "|" for node in (1, 2, 3))


def architectures():
    yield from (text([operation] * 6) for operation in OPERATIONS)
    # No path from the input to the output; only by way of node 1; convolutions that nothing reads.
    yield text(["nor_conv_3x3", "nor_conv_1x1", "skip_connect", "none", "none", "none"])
    yield text(["nor_conv_3x3", "none", "none", "none", "skip_connect", "none"])
    yield text(["nor_conv_3x3", "nor_conv_1x1", "none", "skip_connect", "none", "none"])
    # A node of pools only, a pool of a pool, a sum of copies.
    yield text(["avg_pool_3x3", "avg_pool_3x3", "avg_pool_3x3", "nor_conv_1x1", "none", "avg_pool_3x3"])
    yield text(["skip_connect", "skip_connect", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "nor_conv_3x3"])
    yield text(["none", "nor_conv_3x3", "nor_conv_3x3", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3"])
    generator = random.Random(201)
    for _ in range(17):
        yield text([generator.choice(OPERATIONS) for _ in range(6)])


def write(name, header, scored):
    for entry in scored:
        entry["layers"] = [[site["name"], site["units"], site["d1"], site["d2"]] for site in entry["layers"]]
    (HERE / name).write_text(json.dumps(
        {**header, "architectures": scored}, separators=(",", ":")).replace('{"arch"', '\n{"arch"') + "\n")


def cell_networks(program):
    batch, scored = 8, []
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        subprocess.run([program, "images", "--output", file.name, "--count", str(batch)], check=True)
        images = reference.load_images(file.name, "cifar10", batch)
    for space in cells.OPERATIONS:
        for suffix in ("", "_in"):
            for case in cells.cases(space + suffix, 2, SEED):
                # The ImageNet stem leaves no room for the auxiliary head in images of 32x32.
                text, width, depth, auxiliary = case[0], case[1], case[2], case[3] and not suffix
                result = cells.theirs(space + suffix, images, batch, 10, (text, width, depth, auxiliary))
                scored.append({"arch": text, "isForImageNet": suffix != "", "width": width, "depth": depth,
                               "auxiliary": auxiliary, **result})
                print(space + suffix, text, result["epads"], flush=True)
    write("cell-networks.json", {"dataset": "cifar10", "batch": batch, "sigma": SIGMA, "seed": SEED}, scored)


def main():
    program = HERE.parent.parent / ".build/release/epads"
    cell_networks(program)
    for data_set in CLASSES:
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            subprocess.run([program, "images", "--output", file.name, "--dataset", data_set, "--count", str(BATCH)],
                           check=True)
            images = reference.load_images(file.name, data_set, BATCH)
        scored = []
        for architecture in architectures():
            network = reference.NB201Network(reference.parse_nb201(architecture), classes=CLASSES[data_set])
            result = reference.score(network, images, SIGMA, SEED, double=True)
            scored.append({"arch": architecture, **result})
            print(data_set, architecture, result["epads"], result["naswot"], flush=True)
        write(f"nasbench201-{data_set}.json", {"dataset": data_set, "batch": BATCH, "sigma": SIGMA, "seed": SEED}, scored)


if __name__ == "__main__":
    main()
