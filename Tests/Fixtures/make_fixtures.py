#!/usr/bin/env python3
"""Makes the fixtures beside this file with the reference implementation, in float64.

    python3 -m venv .venv && .venv/bin/pip install torch numpy
    swift build -c release
    .venv/bin/python Tests/Fixtures/make_fixtures.py

One JSON file a data set: architectures of NAS-Bench-201 scored on the program's own built-in images, which
`epads images` writes. The program under test computes nothing else of them.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
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


def main():
    program = HERE.parent.parent / ".build/release/epads"
    for data_set in CLASSES:
        with tempfile.NamedTemporaryFile(suffix=".bin") as file:
            subprocess.run([program, "images", "--output", file.name, "--dataset", data_set, "--count", str(BATCH)],
                           check=True)
            images = reference.load_images(file.name, data_set, BATCH)
        scored = []
        for architecture in architectures():
            network = reference.NB201Network(reference.parse_nb201(architecture), classes=CLASSES[data_set])
            result = reference.score(network, images, SIGMA, SEED, double=True)
            result["layers"] = [[site["name"], site["units"], site["d1"], site["d2"]] for site in result["layers"]]
            scored.append({"arch": architecture, **result})
            print(data_set, architecture, result["epads"], result["naswot"], flush=True)
        (HERE / f"nasbench201-{data_set}.json").write_text(json.dumps(
            {"dataset": data_set, "batch": BATCH, "sigma": SIGMA, "seed": SEED, "architectures": scored},
            separators=(",", ":")).replace('{"arch"', '\n{"arch"') + "\n")


if __name__ == "__main__":
    main()
