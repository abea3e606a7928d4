#!/usr/bin/env python3
"""Makes the fixtures beside this file with the reference implementation, in float64.

    python3 -m venv .venv && .venv/bin/pip install torch numpy
    swift build -c release
    .venv/bin/python Tests/Fixtures/make_fixtures.py [cell-networks] [nasbench201] [logits]

Architectures scored on the program's own built-in images, which `epads images` writes. The program under test computes
nothing else of them. NAS-Bench-201: one JSON file a data set. Cell networks: one file, a few random genotypes of every
space (compare_reference.py beside this folder makes them, and compares many more). Logits, in evaluation mode at
initialisation: one file for all spaces.
"""
import argparse
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
import torch  # noqa: E402

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


def built_in_images(program, data_set, count):
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        subprocess.run(
            [program, "images", "--output", file.name, "--dataset", data_set, "--count", str(count)], check=True)
        return reference.load_images(file.name, data_set, count)


def cell_networks(program):
    batch, scored = 8, []
    images = built_in_images(program, "cifar10", batch)
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


def nasbench201(program):
    for data_set in CLASSES:
        images, scored = built_in_images(program, data_set, BATCH), []
        for architecture in architectures():
            network = reference.NB201Network(reference.parse_nb201(architecture), classes=CLASSES[data_set])
            result = reference.score(network, images, SIGMA, SEED, double=True)
            scored.append({"arch": architecture, **result})
            print(data_set, architecture, result["epads"], result["naswot"], flush=True)
        write(f"nasbench201-{data_set}.json",
              {"dataset": data_set, "batch": BATCH, "sigma": SIGMA, "seed": SEED}, scored)


def evaluated(network, images):
    """Logits in evaluation mode at initialisation, and the bias that they differ from by what the images bring."""
    reference.initialise(network, SEED)
    classifier = network.classifier
    # The same generator: a fan-in in the place of a kernel, and the first words of the stream for the bias.
    shape = (classifier.out_features, classifier.in_features, 1, 1)
    weight, bias = (
        torch.from_numpy(reference.conv_weight(SEED, f"classifier.{name}", shape)) for name in ("weight", "bias"))
    with torch.no_grad():
        classifier.weight.copy_(weight.reshape(classifier.weight.shape))
        classifier.bias.copy_(bias.flatten()[: classifier.out_features])
        return network.eval().double()(torch.from_numpy(images).double()), classifier.bias


def logit_cases():
    """(space, data set, genotype, width, depth, auxiliary)"""
    texts = list(architectures())
    # With 120 classes: one without a path, the rest with much at the output.
    for data_set, chosen in (("cifar10", texts[:24]), ("imagenet16-120", [texts[5], *texts[8:10], *texts[12:15]])):
        for text in chosen:
            yield "nasbench201", data_set, text, None, None, False
    for space in [*cells.OPERATIONS, "darts_in"]:
        for case in cells.cases(space, 1 if space.endswith("_in") else 3, SEED):
            yield space, "cifar10", *case[:3], case[3] and not space.endswith("_in")


def logits(program):
    """In evaluation mode nothing keeps activations from shrinking, so in some networks logits are the classifier's bias
    and little else. `signal` is the most that a logit differs from it: what an error has to be small against."""
    batch, entries = 4, []
    images = {data_set: built_in_images(program, data_set, batch) for data_set in CLASSES}
    for space, data_set, text, width, depth, auxiliary in logit_cases():
        network = (reference.NB201Network(reference.parse_nb201(text), classes=CLASSES[data_set]) if width is None
                   else reference.CellNetwork(reference.parse_genotype(text), width, depth, auxiliary,
                                              imagenet=space.endswith("_in"), classes=CLASSES[data_set]))
        values, bias = evaluated(network, images[data_set])
        entry = {"arch": text, "dataset": data_set, "signal": float(f"{(values - bias).abs().max():.3g}"),
                 "logits": [float(f"{value:.9g}") for value in values.flatten().tolist()]}
        if width is not None:
            entry |= {"isForImageNet": space.endswith("_in"), "width": width, "depth": depth, "auxiliary": auxiliary}
        entries.append(entry)
        print(space, data_set, text, entry["signal"], flush=True)
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (HERE / "logits.json").write_text(f'{{"batch":{batch},"seed":{SEED},"architectures":[\n{lines}\n]}}\n')


PARTS = {"cell-networks": cell_networks, "nasbench201": nasbench201, "logits": logits}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)}; default: all")
    parser.add_argument("--program", default=str(HERE.parent.parent / ".build/release/epads"))
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part {part}")
    for part in options.parts or PARTS:
        PARTS[part](options.program)


if __name__ == "__main__":
    main()
