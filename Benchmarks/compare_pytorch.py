#!/usr/bin/env python3
"""Times `epads score` against the reference network in PyTorch, in turn, on the same images, threads and batch.

    swift build -c release
    python3 -m venv .venv && .venv/bin/pip install torch numpy
    .venv/bin/python Benchmarks/compare_pytorch.py

Per architecture, the medians of --repetitions rounds in milliseconds:
    epads           its own ms.forward: codes and both Hamming sums included
    reference       as the authors run it: hooks that take the codes, then both Hamming sums
    channels-last   the strongest simple peer: channels-last, inference_mode, no codes and no distances
A ratio is PyTorch's time by that of epads in the same round; the median of those. Run it on an idle machine.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests/Fixtures"))
import epads_reference as reference  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
SIGMA, SEED = 1.0, 1


def text(operations):
    edges = iter(operations)
    return "+".join("|" + "|".join(f"{next(edges)}~{source}" for source in range(node)) + "|" for node in (1, 2, 3))


def architectures(count):
    """All-3x3 and all-1x1, then random ones, the same every time."""
    yield from [text(["nor_conv_3x3"] * 6), text(["nor_conv_1x1"] * 6)][:count]
    generator = random.Random(201)
    for _ in range(count - 2):
        yield text([generator.choice(OPERATIONS) for _ in range(6)])


def processor():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def milliseconds(work):
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def epads_times(program, names, images, batch, threads):
    """ms.forward of each architecture in one run, after one that warms up threads and memory."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join([names[0], *names]) + "\n")
        file.flush()
        result = subprocess.run(
            [program, "score", "--from", file.name, "--images", images, "--batch", str(batch), "--sigma", str(SIGMA),
             "--seed", str(SEED), "--backend", "cpu", "--threads", str(threads), "--format", "jsonl"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    if len(rows) != len(names) + 1:
        sys.exit(f"epads score ended with status {result.returncode} after {len(rows)} of {len(names) + 1} rows")
    return [row["ms"]["forward"] for row in rows[1:]]


class Peer:
    """One architecture in PyTorch, both ways."""

    def __init__(self, name, clean, both):
        self.network = reference.initialise(reference.NB201Network(reference.parse_nb201(name)), SEED)
        self.channels_last = reference.initialise(reference.NB201Network(reference.parse_nb201(name)), SEED)
        self.channels_last.to(memory_format=torch.channels_last)
        self.batch, self.both = clean.shape[0], both
        self.tensor = torch.from_numpy(both).contiguous(memory_format=torch.channels_last)

    def score(self):
        total = 0
        for site, code in reference.codes(self.network, self.both, False):
            clean, noisy = code[: self.batch], code[self.batch :]
            partner = reference.permutation(SEED, site, self.batch)
            total += int((clean ^ clean[partner]).sum()) * int((clean ^ noisy).sum())
        return total

    def forward(self):
        with torch.inference_mode():
            self.channels_last(self.tensor)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--program", default=str(HERE.parent / ".build/release/epads"))
    parser.add_argument("--machine", help="the machine's name; default: the processor's")
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON too")
    options = parser.parse_args()
    if min(options.architectures, options.repetitions, options.threads) < 1 or options.batch < 2:
        parser.error("every number must be at least 1, --batch at least 2")
    if not pathlib.Path(options.program).exists():
        parser.error(f"no {options.program}: run 'swift build -c release' first")
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"the load is {load:.1f}: with others at work PyTorch's threads collapse and the ratios mean nothing",
              file=sys.stderr)
    torch.set_num_threads(options.threads)
    names = list(architectures(options.architectures))

    with tempfile.TemporaryDirectory() as folder:
        images = f"{folder}/images.bin"
        subprocess.run([options.program, "images", "--output", images, "--count", str(options.batch)],
                       check=True, stderr=subprocess.DEVNULL)
        clean = reference.load_images(images, "cifar10", options.batch)
        both = np.concatenate([clean, reference.perturbed(clean, SIGMA, SEED)])
        peers = [Peer(name, clean, both) for name in names]
        for peer in peers[:1]:
            peer.score(), peer.forward()
        rounds = []
        for _ in range(options.repetitions):
            own = epads_times(options.program, names, images, options.batch, options.threads)
            rounds.append([(mine, milliseconds(peer.score), milliseconds(peer.forward))
                           for mine, peer in zip(own, peers)])

    machine = options.machine or processor()
    print(f"{machine}, {options.threads} threads, B = {options.batch} ({2 * options.batch} images), "
          f"PyTorch {torch.__version__}, medians of {options.repetitions}\n")
    print("| epads ms | reference ms | channels-last ms | reference / epads | channels-last / epads | architecture |")
    print("| ---: | ---: | ---: | ---: | ---: | --- |")
    rows = []
    for position, name in enumerate(names):
        times = [row[position] for row in rounds]
        own, score, forward = (statistics.median(column) for column in zip(*times))
        slower = statistics.median(row[1] / row[0] for row in times)
        peer = statistics.median(row[2] / row[0] for row in times)
        rows.append({"arch": name, "epads_ms": own, "reference_ms": score, "channels_last_ms": forward,
                     "reference_ratio": slower, "channels_last_ratio": peer})
        cell = name.replace("|", "\\|")
        print(f"| {own:.1f} | {score:.1f} | {forward:.1f} | {slower:.2f} | {peer:.2f} | {cell} |")
    means = {key: math.exp(statistics.fmean(math.log(row[key]) for row in rows))
             for key in ("reference_ratio", "channels_last_ratio")}
    print(f"| | | | {means['reference_ratio']:.2f} | {means['channels_last_ratio']:.2f} | geometric mean |")
    if options.json:
        tuned = {key: os.environ[key] for key in os.environ if key.startswith("MALLOC_")}
        pathlib.Path(options.json).write_text(json.dumps(
            {"machine": machine, "processor": processor(), "threads": options.threads, "load": load,
             "batch": options.batch, "repetitions": options.repetitions, "torch": torch.__version__, "malloc": tuned,
             "means": means, "architectures": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
