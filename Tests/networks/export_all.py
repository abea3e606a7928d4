#!/usr/bin/env python3
"""Exports the networks of models.txt, and writes beside each file what the reference says of it.

    export_all.py OUT [--reference shared/reference] [--images FILE] [--no-scores] [--weights] [name ...]

A name is one of models.txt with its library: tv:resnet18, timm:levit_128s. OUT/LIBRARY_NAME.onnx has no weights;
OUT/LIBRARY_NAME.json has the form of the cases in shared/reference/networks. A network runs at the smallest size that
it takes. Every file is checked with onnx.checker; with --weights also that ONNX Runtime computes what the module does
(of a second file, which is not kept). Files that exist are not made again without --again.
"""

import argparse
import collections
import copy
import json
import logging
import os
import pathlib
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Python"))

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import torch  # noqa: E402
from epads import ExportError, export  # noqa: E402

# Images and the reference, where they lie beside the repository.
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"

torch.set_num_threads(1)
BATCH, SIGMA, CLASSES, IMAGE_SIZE = 4, 1.0, 10, 32
SIZES = (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 384)
# More parameters than these are exported, and not scored: the reference also runs in float64.
LARGEST_SCORED = 200_000_000
LARGEST_RUN = 250_000_000  # a protocol buffer ends at 2 GiB


def names_in(path):
    library = None
    for line in path.read_text().splitlines():
        if line.startswith("# "):
            library = {"torchvision": "tv", "timm": "timm"}.get(line[2:].strip(), library)
        elif line.strip():
            yield f"{library}:{line.strip()}"


def build(key):
    """The network and the Python that makes it."""
    library, name = key.split(":")
    if library == "tv":
        import torchvision

        extra = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
        text = "".join(f", {key}={value}" for key, value in extra.items())
        network = torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **extra)
        return network, f"torchvision.models.{name}(num_classes={CLASSES}{text})"
    import timm

    network = timm.create_model(name, pretrained=False, num_classes=CLASSES)
    return network, f"timm.create_model('{name}', num_classes={CLASSES})"


def exported(network):
    """The smallest size that the network takes, and the file; what stands in the way is what the largest size says."""
    last = None
    for size in SIZES:
        try:
            return size, export(network, (3, size, size))
        except Exception as error:  # whatever a network says to a size that does not suit it
            if last is None or isinstance(error, ExportError) and "supported" in str(error):
                last = error
    raise last


def stirred(network):
    """A copy without what hides an error: statistics of 0 and 1, biases, heads and layer scales of next to nothing."""
    network = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, tensor in network.named_buffers():
            if name.endswith("running_mean"):
                tensor.normal_(0, 0.1, generator=generator)
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5, generator=generator)
        for tensor in network.parameters():
            if float(tensor.abs().max()) < 1e-2:
                tensor.normal_(0, 0.1, generator=generator)
    return network


def checked_with_runtime(network, size):
    """The greatest difference of logits between ONNX Runtime and the module, as a part of the greatest logit."""
    import onnxruntime

    network = stirred(network)
    data = export(network, (3, size, size), weights=True)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(5, 3, size, size, generator=generator)
    network.eval()
    with torch.no_grad():
        wanted = network(images).numpy()
    got = session.run(None, {"image": images.numpy()})[0]
    return float(np.abs(got - wanted).max() / max(np.abs(wanted).max(), 1e-12))


def scores(reference, network, size, images, seed):
    picture = reference.images(str(images), "cifar10", BATCH, size // IMAGE_SIZE)
    return reference.score(network, picture, SIGMA, seed)


def one(key, seed, out, reference, images, with_scores, with_weights):
    torch.manual_seed(seed)
    network, source = build(key)
    name, started = key.replace(":", "_"), time.time()
    size, data = exported(network)
    seconds = time.time() - started
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    report = f"{size:4} {seconds:5.1f} s {len(data) / 1e3:9.0f} kB {len(model.graph.node):5} nodes"
    if with_weights and sum(each.numel() for each in network.parameters()) <= LARGEST_RUN:
        difference = checked_with_runtime(network, size)
        report += f" runtime {difference:.1e}" + ("" if difference <= 1e-4 else " DIFFERS")
    (out / f"{name}.onnx").write_bytes(data)
    parameters = sum(each.numel() for each in network.parameters())
    case = {
        "case": name, "source": source, "onnx": f"{name}.onnx", "weights": "inputs", "dataset": "cifar10",
        "images": images.name, "upscale": size // IMAGE_SIZE, "batch": BATCH, "sigma": SIGMA, "seed": seed,
        "parameters": parameters, "bytes": len(data), "opset": model.opset_import[0].version,
        "ops": dict(collections.Counter(node.op_type for node in model.graph.node)),
    }  # fmt: skip
    if with_scores and parameters <= LARGEST_SCORED:
        started = time.time()
        try:
            case["default"] = scores(reference, network, size, images, seed)
            total = case["default"]["all"]
            epads = "none" if total["epads"] is None else f"{total['epads']:.6f}"
            sites = f"{case['default']['relu']['sites']}/{total['sites']}"
            report += f" sites {sites} ePADS {epads} {time.time() - started:.1f} s"
        except Exception as error:
            case["not_scored"] = f"{type(error).__name__}: {error}"
            report += f" NOT SCORED: {case['not_scored'][:120]}"
    (out / f"{name}.json").write_text(json.dumps(case))
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--reference", type=pathlib.Path, default=SHARED / "reference")
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--no-scores", action="store_true")
    parser.add_argument("--weights", action="store_true")
    parser.add_argument("--again", action="store_true", help="also what exists")
    options = parser.parse_intermixed_args()
    images = options.images or options.reference.parent / "data/images/cifar10_first1024.bin"
    sys.path[:0] = [str(options.reference), str(options.reference / "networks")]
    import import_reference

    every = list(names_in(options.reference / "networks/models.txt"))
    options.out.mkdir(parents=True, exist_ok=True)
    exported_count, refused = 0, []
    for key in options.names or every:
        if (options.out / f"{key.replace(':', '_')}.json").exists() and not options.again:
            exported_count += 1
            continue
        try:
            seed = 1000 + every.index(key) if key in every else 1
            report = one(key, seed, options.out, import_reference, images, not options.no_scores, options.weights)
            exported_count += 1
            print(f"{key:40} exported {report}", flush=True)
        except Exception as error:
            refused.append(key)
            print(f"{key:40} REFUSED {type(error).__name__}: {str(error)[:300]}", flush=True)
    print(f"{exported_count} exported, {len(refused)} refused: {' '.join(refused)}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
