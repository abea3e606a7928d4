#!/usr/bin/env python3
"""The race: `epads score` against PyTorch on the same images, architectures, threads and batch.

    swift build -c release
    Benchmarks/race.py --json FILE        # makes .venv with PyTorch for processors, unless --python names one
    Benchmarks/race.py --space darts --width 16 --depth 8
    Benchmarks/race.py --onnx             # networks from files: race_networks.py

In rounds, one architecture after the other, each program in turn:
    epads       ms.forward of its row (weights, forward pass, codes and distances), and ms.total
    reference   as the authors run it: hooks that take the codes, then both Hamming sums
    tuned       the reference's modules, channels-last, in inference mode, with codes and distances in the cheapest
                operations and glibc's malloc tuned
    strongest   the network written anew for PyTorch's fastest operations (race_pytorch.py, class Strongest), malloc
                tuned; for NAS-Bench-201 only
    forward     the forward pass of `strongest` alone, or where there is none of `tuned` without its hooks: no codes and
                distances, so less work than epads does
    compiled    `strongest` through torch.compile, for the first --compile architectures; compiling is not timed
With --gpu all run on the first GPU, epads through OpenCL and PyTorch through CUDA, with what PyTorch allows by itself
(TF32 in convolutions); then there are
    busy        epads with as many architectures in flight as it takes, the time of a row in a long study
    captured    `strongest` as a CUDA graph, which takes no time for single launches; capturing is not timed
Networks are made and every PyTorch but the reference has run once before a time is taken. Both sums of distances must
agree with epads: the reference's within 1e-4, the others' within 1e-2. A ratio is PyTorch's time by ms.forward of the
same round; a figure is the median of the rounds. The means are geometric, over the random architectures; the named ones
before them are extras.

Run it on an idle machine: with others at work PyTorch's threads collapse.
"""
import argparse
import json
import math
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from racing import (HERE, MALLOC, Failure, Peer, add_arguments, check_arguments, geometric_means, load_before, median,
                    present, processor, python_with_torch, random_architectures, run, say, space_of, table,
                    write_images)

# The times of a row, in the order of the table.
TIMES = ("epads", "epads_total", "reference", "tuned", "strongest", "forward", "compiled", "captured")
DATASET, SIGMA, SEED = "cifar10", 1.0, 1
# What sums of distances may differ by, so that all have done the same work. PyTorch's faster paths round otherwise:
# 1.6e-3 was seen where the reference, in float32 and in float64, and epads agree to 1e-6.
TOLERANCES = {"reference": 1e-4, "tuned": 1e-2, "strongest": 1e-2, "compiled": 1e-2, "captured": 1e-2}
# The same for GPUs, where PyTorch's convolutions are in TF32 unless told otherwise.
GPU_TOLERANCE = 3e-2


class Program:
    """`epads score`, one process for each call. A first architecture wakes threads and memory, the next ones are
    measured. On a GPU, where kernels are built and memory grows, they are measured when they come again, one at a
    time."""

    def __init__(self, path, space, images, options):
        self.path, self.extras, self.passes = path, list(space.extras.values()), 2 if options.gpu else 1
        self.arguments = [*space.arguments, "--images", images, "--dataset", DATASET, "--batch", str(options.batch),
                          "--sigma", str(SIGMA), "--seed", str(SEED), "--backend", "opencl" if options.gpu else "cpu",
                          "--threads", str(options.threads), "--format", "jsonl"]

    def rows(self, names):
        return self.scored(names * self.passes, ["--in-flight", "1"])[-len(names):]

    def scored(self, names, options=()):
        first = self.extras[0 if names[0] == self.extras[1] else 1]
        result = subprocess.run([self.path, "score", *self.arguments, *options, first, *names],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            rows = [json.loads(line) for line in result.stdout.splitlines()]
        except ValueError as error:
            raise Failure(f"epads score wrote no JSON lines: {error}") from error
        # Status 1 is a row without a score, which says so itself.
        if result.returncode not in (0, 1) or len(rows) != len(names) + 1:
            raise Failure(f"epads score ended with status {result.returncode} after {len(rows)} of {len(names) + 1} "
                          f"rows:\n{result.stderr.strip()}")
        return rows[1:]

    def busy(self, names):
        """Milliseconds a row in a long study: what eleven rounds take longer than one."""
        def seconds(count):
            start = time.monotonic()
            self.scored(names * count)
            return time.monotonic() - start
        return 1000 * (seconds(11) - seconds(1)) / (10 * len(names))


def start_peer(kind, python, space, images, options):
    return Peer(kind, [python, str(HERE / "race_pytorch.py"), kind, images, *space.arguments, "--dataset", DATASET,
                       "--batch", str(options.batch), "--sigma", str(SIGMA), "--seed", str(SEED),
                       "--threads", str(options.threads), "--device", "cuda" if options.gpu else "cpu",
                       *(["--forward"] if kind == space.FORWARD else [])],
                has_tuned_malloc=kind != "reference")


def check(kind, result, row, gpu):
    """That both did the same work."""
    tolerance = GPU_TOLERANCE if gpu else TOLERANCES[kind]
    for name, own in (("d1", row["snaswot"]), ("d2", row["perturbation"])):
        if abs(result[name] - own) > tolerance * max(own, 1):
            raise Failure(f"PyTorch ({kind}) and epads disagree on {row['arch']}: "
                          f"the sum of {name} is {result[name]} and {own}")


def select_architectures(program, space, count):
    """The extras, and random ones that have a score."""
    names, source = [], random_architectures(space)
    while len(names) < count:
        candidates = [next(source) for _ in range(count - len(names))]
        names += [row["arch"] for row in program.rows(candidates) if row["status"] == "ok"]
    return [*space.extras.values(), *names]


def race(program, python, space, images, options, peers):
    names = select_architectures(program, space, options.architectures)
    kinds = space.GPU_PEERS if options.gpu else space.PEERS
    for kind in kinds:
        peers[kind] = start_peer(kind, python, space, images, options)
    failed, rounds = None, {name: [] for name in names}
    start = time.monotonic()
    for repetition in range(options.repetitions):
        for position, name in enumerate(names):
            say(f"\rround {repetition + 1} of {options.repetitions}: {position + 1} of {len(names)}, "
                f"{time.monotonic() - start:.0f} s ", end="")
            row = program.rows([name])[0]
            times = {"epads": row["ms"]["forward"], "epads_total": row["ms"]["total"]}

            def take(kind, warm=True):
                result = peers[kind].ask({"arch": name, "warm": warm})
                check(kind, result, row, options.gpu)
                times[kind] = result["ms"]
                if kind == space.FORWARD:
                    times["forward"] = result["forward_ms"]

            for kind in reversed(kinds):
                if kind != "reference":
                    take(kind)
            if position < options.compile and not failed:
                try:
                    if "compiled" not in peers:
                        peers["compiled"] = start_peer("compiled", python, space, images, options)
                    result = peers["compiled"].ask({"arch": name, "warm": True})
                except Failure as failure:
                    failed = str(failure)
                    say(f"\n{failed}\ngoing on without torch.compile")
                else:
                    check("compiled", result, row, options.gpu)
                    times["compiled"] = result["ms"]
            if repetition < options.reference_repetitions:
                take("reference", warm=repetition == position == 0)
            rounds[name].append(times)
    say("")
    return rounds, failed, peers["reference"].torch


def summary(name, rounds):
    """What took part, in the order of the table."""
    def by_epads(key):
        return median(rounds, lambda times: times[key] / times["epads"] if key in times else None)

    def strongest(times):
        if "strongest" not in times:
            return None
        forms = ("strongest", "compiled", "captured")
        return min(times.get(form, math.inf) for form in forms) / times["epads"]

    ratios = {"strongest": median(rounds, strongest), "tuned": by_epads("tuned"), "reference": by_epads("reference"),
              "forward": by_epads("forward"), "eager": by_epads("strongest"), "compiled": by_epads("compiled"),
              "captured": by_epads("captured")}
    return {"arch": name, "ms": present({key: median(rounds, lambda times: times.get(key)) for key in TIMES}),
            "ratio": present(ratios)}


def compile_note(rows, failed):
    if failed:
        lines = failed.splitlines()
        return "torch.compile failed: " + next((line for line in reversed(lines) if "Error" in line), lines[-1]).strip()
    gains = [row["ms"]["strongest"] / row["ms"]["compiled"] for row in rows if "compiled" in row["ms"]]
    if not gains:
        return "torch.compile was not tried"
    mean = math.exp(statistics.fmean(map(math.log, gains)))
    return (f"torch.compile, on {len(gains)} architectures: {mean:.2f} times as fast as without "
            f"({min(gains):.2f} to {max(gains):.2f}), so it {'helps' if mean > 1 else 'does not help'}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--architectures", type=int, default=50, help="random ones; default 50")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=3, help="rounds; default 3")
    parser.add_argument("--reference-repetitions", type=int, default=1,
                        help="rounds in which the reference, which is slow, takes part; default 1")
    parser.add_argument("--compile", type=int, metavar="N",
                        help="architectures to try torch.compile on, which takes half a minute each; for "
                             "NAS-Bench-201 only; default 4")
    parser.add_argument("--gpu", action="store_true", help="all of it on the first GPU instead of the processor")
    options = parser.parse_args()
    check_arguments(parser, options)
    if options.gpu:
        options.compile = options.compile or 0
    if options.space == "nasbench201":
        options.compile = 4 if options.compile is None else options.compile
    elif options.compile:
        parser.error("torch.compile is tried on NAS-Bench-201 only")
    else:
        options.compile = 0
    if min(options.architectures, options.repetitions, options.reference_repetitions, options.threads) < 1:
        parser.error("every number but that of --compile must be at least 1")
    if options.batch < 2 or options.compile < 0:
        parser.error("--batch must be at least 2, --compile at least 0")
    return options


def main():
    options = arguments()
    load = load_before()
    python = python_with_torch(options.python)
    space = space_of(options)
    peers = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            images = f"{folder}/images.bin"
            write_images(options.program, images, DATASET, options.batch)
            program = Program(options.program, space, images, options)
            rounds, failed, torch = race(program, python, space, images, options, peers)
            busy = program.busy(list(rounds)[len(space.extras):]) if options.gpu else None
    finally:
        for peer in peers.values():
            peer.close()

    rows = [summary(name, times) for name, times in rounds.items()]
    means = geometric_means(rows[len(space.extras):], ("strongest", "tuned", "reference", "forward"))
    machine, note = options.machine or processor(), compile_note(rows, failed)
    place = "on the GPU" if options.gpu else f"{options.threads} threads"
    print(f"{machine}, {options.space}, {space.macro}{place}, load {load:.2f} before, "
          f"B = {options.batch} ({2 * options.batch} images), PyTorch {torch}, "
          f"medians of {options.repetitions} rounds\n")
    headings = {key: "total ms" if key == "epads_total" else f"{key} ms" for key in TIMES
                if any(key in row["ms"] for row in rows)}
    print("\n".join(table(rows, headings, means, {arch: label for label, arch in space.extras.items()})))
    print(f"\n{note}.")
    if busy:
        alone = statistics.fmean(row["ms"]["epads"] for row in rows[len(space.extras):])
        print(f"epads with several architectures in flight: {busy:.2f} ms a random one, with one {alone:.2f} ms.")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"space": options.space, "width": options.width, "depth": options.depth, "machine": machine,
             "processor": processor(), "kernel": platform.release(), "load": load,
             "threads": options.threads, "gpu": options.gpu, "busy_ms": busy, "batch": options.batch,
             "repetitions": options.repetitions, "reference_repetitions": options.reference_repetitions, "torch": torch,
             "malloc": MALLOC, "compile": note, "means": means, "architectures": rows,
             "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    if "--onnx" in sys.argv:
        import race_networks
        race_networks.main(sys.argv[1:])
    else:
        run(main)
