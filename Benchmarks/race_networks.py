#!/usr/bin/env python3
"""The race on networks from files: `epads score` against PyTorch, and `epads latency` against onnxruntime.

    Benchmarks/race.py --onnx [--json FILE] [--only NAME ...]      needs torch, torchvision, timm and onnxruntime

PyTorch runs at its strongest: channels-last, inference mode, glibc's malloc tuned, codes and distances of every
activation in the cheapest operations. Each network is scored by both in turn, a process each; a figure is the median of
the rounds, of the times of one forward pass of the images and their noisy copies with everything that is counted. The
latencies are medians of one image in evaluation mode, with the file's weights on both sides. Run it on an idle machine.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184",
          "MALLOC_TOP_PAD_": "268435456"}
# Name, where it is from, height and width, images.
NETWORKS = [
    ("resnet18", "tv", 64, 16), ("mobilenet_v2", "tv", 32, 16), ("mobilenet_v3_small", "tv", 64, 16),
    ("squeezenet1_1", "tv", 32, 16), ("shufflenet_v2_x0_5", "tv", 32, 16), ("googlenet", "tv", 32, 16),
    ("mnasnet0_5", "tv", 64, 16), ("seresnext26d_32x4d", "timm", 32, 16), ("repvgg_a0", "timm", 32, 16),
    ("resnet26d", "timm", 32, 16), ("convnext_atto", "timm", 64, 16),
    ("resnet18", "tv", 224, 8), ("resnet50", "tv", 224, 8), ("mobilenet_v2", "tv", 224, 8),
    ("efficientnet_b0", "tv", 224, 8),
]


def network(name, library):
    import torch
    torch.manual_seed(1)
    if library == "tv":
        import torchvision
        more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        return torchvision.models.get_model(name, weights=None, **more)
    import timm
    return timm.create_model(name)


def pytorch(name, library, size, batch, threads):
    """Milliseconds of the runs of one network, in this process."""
    import time

    import torch
    torch.set_num_threads(threads)
    net = network(name, library).eval().to(memory_format=torch.channels_last)
    for module in net.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.train()
    partners = torch.randperm(batch)
    sums = []

    def count(x):
        code = x > 0
        clean = code[:batch]
        sums.append(((clean ^ clean[partners]).sum(), (clean ^ code[batch:]).sum()))

    kinds = tuple(getattr(torch.nn, kind) for kind in (
        "ReLU", "ReLU6", "LeakyReLU", "PReLU", "SiLU", "GELU", "Hardswish", "ELU", "Mish"))
    for module in net.modules():
        if isinstance(module, kinds) or type(module).__name__ == "GELU":
            module.register_forward_pre_hook(lambda module, inputs: count(inputs[0]))
    if name == "googlenet":  # It calls the function.
        function = torch.nn.functional.relu

        def relu(x, inplace=False):
            count(x)
            return function(x, inplace=inplace)

        torch.nn.functional.relu = relu
    images = torch.randn(2 * batch, 3, size, size).to(memory_format=torch.channels_last)
    times = []
    with torch.inference_mode():
        for _ in range(6):
            sums.clear()
            start = time.perf_counter()
            net(images)
            [(int(a), int(b)) for a, b in sums]
            times.append(1000 * (time.perf_counter() - start))
    return {"ms": statistics.median(times[2:]), "sites": len(sums)}


def onnxruntime(path, size, threads):
    import time

    import numpy
    import onnxruntime as runtime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    image = {session.get_inputs()[0].name: numpy.random.default_rng(1).standard_normal(
        (1, 3, size, size), dtype=numpy.float32)}
    times = []
    for _ in range(60):
        start = time.perf_counter()
        session.run(None, image)
        times.append(1000 * (time.perf_counter() - start))
    return {"ms": statistics.median(times[10:])}


def ours(program, path, size, batch, threads):
    result = subprocess.run(
        [program, "score", *[path] * 5, "--batch", str(batch), "--threads", str(threads), "--backend", "cpu",
         "--format", "jsonl", "--quiet"], capture_output=True, text=True)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    if len(rows) != 5 or any(row["status"] != "ok" for row in rows):
        sys.exit(f"epads score {path}: {result.stderr.strip() or rows}")
    return {"ms": statistics.median(row["ms"]["forward"] for row in rows[1:]), "sites": rows[0]["relu_sites"]}


def latency(program, path, threads):
    result = subprocess.run(
        [program, "latency", path, "--threads", str(threads), "--backend", "cpu", "--seconds", "0.5", "--format",
         "jsonl", "--quiet"], capture_output=True, text=True)
    row = json.loads(result.stdout.splitlines()[0])
    if row["status"] != "ok":
        sys.exit(f"epads latency {path}: {row['error']}")
    return {"ms": row["latency_ms"]["median"]}


def child(*arguments):
    result = subprocess.run([sys.executable, __file__, "--child", *map(str, arguments)], capture_output=True, text=True,
                            env={**os.environ, **MALLOC})
    if result.returncode != 0:
        sys.exit(result.stderr)
    return json.loads(result.stdout.splitlines()[-1])


def main(arguments):
    if arguments[:1] == ["--child"]:
        kind, *rest = arguments[1:]
        if kind == "pytorch":
            print(json.dumps(pytorch(rest[0], rest[1], *map(int, rest[2:]))))
        else:
            print(json.dumps(onnxruntime(rest[0], *map(int, rest[1:]))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnx", action="store_true")
    parser.add_argument("--program", default=str(HERE.parent / ".build/release/epads"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(HERE.parent / "Python"))
    from epads import export
    rows = []
    print(f"{'network':22} {'size':>4} {'B':>3} {'epads':>9} {'PyTorch':>9} {'ratio':>6} {'latency':>8} "
          f"{'onnxruntime':>11} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for name, library, size, batch in NETWORKS:
            if options.only and name not in options.only:
                continue
            path = f"{folder}/{name}.{size}.onnx"
            export(network(name, library), (3, size, size), path, weights=True)
            found = {"epads": [], "pytorch": [], "latency": [], "onnxruntime": []}
            for _ in range(options.rounds):
                mine = ours(options.program, path, size, batch, options.threads)
                theirs = child("pytorch", name, library, size, batch, options.threads)
                assert mine["sites"] == theirs["sites"], (name, mine["sites"], theirs["sites"])
                found["epads"].append(mine["ms"])
                found["pytorch"].append(theirs["ms"])
                found["latency"].append(latency(options.program, path, options.threads)["ms"])
                found["onnxruntime"].append(child("onnxruntime", path, size, options.threads)["ms"])
            row = {"network": name, "size": size, "batch": batch,
                   **{key: statistics.median(values) for key, values in found.items()}}
            row["ratio"] = statistics.median(b / a for a, b in zip(found["epads"], found["pytorch"]))
            row["latency_ratio"] = statistics.median(b / a for a, b in zip(found["latency"], found["onnxruntime"]))
            rows.append(row)
            print(f"{name:22} {size:4} {batch:3} {row['epads']:9.1f} {row['pytorch']:9.1f} {row['ratio']:6.2f} "
                  f"{row['latency']:8.2f} {row['onnxruntime']:11.2f} {row['latency_ratio']:6.2f}", flush=True)
    means = {key: math.exp(statistics.mean(math.log(row[key]) for row in rows)) for key in ("ratio", "latency_ratio")}
    print(f"geometric means: {means['ratio']:.2f} of PyTorch, {means['latency_ratio']:.2f} of onnxruntime")
    if options.json:
        options.json.write_text(json.dumps({"threads": options.threads, "rows": rows, "means": means}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
