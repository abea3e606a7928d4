#!/usr/bin/env python3
"""The race: `epads score` against PyTorch on the same images, architectures, threads and batch.

    swift build -c release
    Benchmarks/race.py --json FILE        # makes .venv with PyTorch for processors, unless --python names one that has it
    Benchmarks/race.py --space darts --width 16 --depth 8

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
Networks are made and every PyTorch but the reference has run once before a time is taken. Both sums of distances must
agree with epads: the reference's within 1e-4, the others' within 1e-2. A ratio is PyTorch's time by ms.forward of the
same round; a figure is the median of the rounds. The means are geometric, over the random architectures; the named ones
before them are extras.

Run it on an idle machine: with others at work PyTorch's threads collapse.
"""
import argparse
import contextlib
import json
import math
import os
import pathlib
import platform
import random
import select
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
DATASET, SIGMA, SEED = "cifar10", 1.0, 1
# What sums of distances may differ by, so that all have done the same work. PyTorch's faster paths round otherwise: 1.6e-3 was
# seen where the reference, in float32 and in float64, and epads agree to 1e-6.
TOLERANCES = {"reference": 1e-4, "tuned": 1e-2, "strongest": 1e-2, "compiled": 1e-2}
# A thread that allocates a tensor for every layer gets fresh pages every time, unless malloc keeps what it has.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184",
          "MALLOC_TOP_PAD_": "268435456"}
SLOWEST_ANSWER = 900  # seconds; compiling is what takes long


class Failure(Exception):
    pass


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


class NASBench201:
    OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
    # Those that take part besides epads, and whose forward pass is timed alone.
    PEERS, FORWARD = ("reference", "tuned", "strongest"), "strongest"
    arguments = ["--space", "nasbench201"]
    macro = ""

    def __init__(self):
        self.extras = {f"all {kernel}": self.text([f"nor_conv_{kernel}"] * 6) for kernel in ("3x3", "1x1")}

    @staticmethod
    def text(operations):
        edges = iter(operations)
        return "+".join("|" + "|".join(f"{next(edges)}~{source}" for source in range(node)) + "|" for node in (1, 2, 3))

    def random(self, generator):
        return self.text([generator.choice(self.OPERATIONS) for _ in range(6)])


class CellSpace:
    """Random genotypes: every operation and source drawn independently, as Radosavovic et al. (ICCV 2019) compare the
    spaces. In DARTS the sources of a node differ."""

    SEPARABLE = ["sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"]
    POOLS = ["avg_pool_3x3", "max_pool_3x3"]
    OPERATIONS = {
        "darts": ["skip_connect", *POOLS, *SEPARABLE[:2], "dil_conv_3x3", "dil_conv_5x5"],
        "enas": ["skip_connect", *POOLS, *SEPARABLE[:2]],
        "pnas": ["skip_connect", *POOLS, *SEPARABLE, "conv_7x1_1x7", "dil_conv_3x3"],
        "nasnet": ["skip_connect", *POOLS, "max_pool_5x5", "max_pool_7x7", *SEPARABLE, "conv_1x1", "conv_3x3",
                   "conv_3x1_1x3", "conv_7x1_1x7", "dil_conv_3x3"],
        "amoeba": ["skip_connect", *POOLS, *SEPARABLE, "conv_7x1_1x7", "dil_sep_conv_3x3"],
    }
    LOOSE_ENDS = ("enas", "nasnet", "amoeba")
    PEERS, FORWARD = ("reference", "tuned"), "tuned"
    DARTS_V2 = (
        [("sep_conv_3x3", 0), ("sep_conv_3x3", 1), ("sep_conv_3x3", 0), ("sep_conv_3x3", 1),
         ("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0), ("dil_conv_3x3", 2)],
        [("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("max_pool_3x3", 1),
         ("max_pool_3x3", 0), ("skip_connect", 2), ("skip_connect", 2), ("max_pool_3x3", 1)])

    def __init__(self, family, width, depth):
        self.family, self.nodes = family, 4 if family == "darts" else 5
        self.arguments = ["--space", family, "--width", str(width), "--depth", str(depth)]
        self.macro = f"width {width}, depth {depth}, "
        separable = [("sep_conv_3x3", source) for _ in range(4) for source in (0, 1)]
        every = [2, 3, 4, 5]
        self.extras = {"DARTS_V2": self.text([(cell, every) for cell in self.DARTS_V2]),
                       "all sep_conv_3x3, 4 nodes": self.text([(separable, every)] * 2)}

    @staticmethod
    def text(cells):
        """As epads writes it, which is as Python prints it."""
        (normal, normal_concat), (reduction, reduction_concat) = cells
        return (f"Genotype(normal={normal}, normal_concat={normal_concat}, "
                f"reduce={reduction}, reduce_concat={reduction_concat})")

    def random(self, generator):
        return self.text([self.random_cell(generator) for _ in range(2)])

    def random_cell(self, generator):
        edges = []
        for node in range(2, self.nodes + 2):
            sources = (generator.sample(range(node), 2) if self.family == "darts"
                       else [generator.randrange(node) for _ in range(2)])
            edges += [(generator.choice(self.OPERATIONS[self.family]), source) for source in sources]
        read = {source for _, source in edges} if self.family in self.LOOSE_ENDS else set()
        return edges, [node for node in range(2, self.nodes + 2) if node not in read]


def random_architectures(space):
    """Different ones without end, the same every time."""
    generator, seen = random.Random(201), set(space.extras.values())
    while True:
        name = space.random(generator)
        if name not in seen:
            seen.add(name)
            yield name


def processor():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def python_with_torch(given):
    """The interpreter of an environment with PyTorch, which is made where none is named."""
    python = given or str(ROOT / ".venv/bin/python")

    def usable():
        return pathlib.Path(python).exists() and subprocess.run(
            [python, "-c", "import numpy, torch"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    if usable():
        return python
    if given:
        raise Failure(f"{given} cannot import torch and numpy")
    say(f"making {ROOT / '.venv'} with PyTorch")
    install = [python, "-m", "pip", "install", "--quiet", "torch", "numpy"]
    # The package index's own build carries gigabytes for GPUs; it is the second choice.
    commands = [[sys.executable, "-m", "venv", str(ROOT / ".venv")],
                [*install, "--index-url", "https://download.pytorch.org/whl/cpu"]]
    if subprocess.run(commands[0], stdout=sys.stderr).returncode != 0:
        raise Failure("no virtual environment: install python3-venv, or name an interpreter with --python")
    if subprocess.run(commands[1], stdout=sys.stderr).returncode != 0:
        say("the builds without GPU support cannot be had; trying the package index's")
        if subprocess.run(install, stdout=sys.stderr).returncode != 0:
            raise Failure("PyTorch could not be installed; name an interpreter that has it with --python")
    if not usable():
        raise Failure(f"{python} cannot import torch and numpy after installing them")
    return python


class Program:
    """`epads score`, a process a call: a first architecture wakes threads and memory, the next are measured."""

    def __init__(self, path, space, images, options):
        self.path, self.extras = path, list(space.extras.values())
        self.arguments = [*space.arguments, "--images", images, "--dataset", DATASET, "--batch", str(options.batch),
                          "--sigma", str(SIGMA), "--seed", str(SEED), "--backend", "cpu",
                          "--threads", str(options.threads), "--format", "jsonl"]

    def rows(self, names):
        first = self.extras[0 if names[0] == self.extras[1] else 1]
        result = subprocess.run([self.path, "score", *self.arguments, first, *names], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            rows = [json.loads(line) for line in result.stdout.splitlines()]
        except ValueError as error:
            raise Failure(f"epads score wrote no JSON lines: {error}") from error
        # Status 1 is a row without a score, which says so itself.
        if result.returncode not in (0, 1) or len(rows) != len(names) + 1:
            raise Failure(f"epads score ended with status {result.returncode} after {len(rows)} of {len(names) + 1} rows:\n"
                          + result.stderr.strip())
        return rows[1:]


class Peer:
    """A process of race_pytorch.py."""

    def __init__(self, kind, python, space, images, options):
        self.kind = kind
        self.errors = tempfile.TemporaryFile("w+")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
        if kind != "reference":
            environment |= MALLOC
        self.process = subprocess.Popen(
            [python, str(HERE / "race_pytorch.py"), kind, images, *space.arguments, "--dataset", DATASET,
             "--batch", str(options.batch), "--sigma", str(SIGMA), "--seed", str(SEED),
             "--threads", str(options.threads), *(["--forward"] if kind == space.FORWARD else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=environment)
        self.torch = self.answer()["torch"]

    def answer(self):
        if not select.select([self.process.stdout], [], [], SLOWEST_ANSWER)[0]:
            raise Failure(f"PyTorch ({self.kind}) gave no answer for {SLOWEST_ANSWER} s")
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            last = "\n".join(self.errors.read().strip().splitlines()[-15:])
            raise Failure(f"PyTorch ({self.kind}) ended with status {status}:\n{last}")
        return json.loads(line)

    def time(self, name, warm):
        with contextlib.suppress(BrokenPipeError):  # answer() says why
            print(json.dumps({"arch": name, "warm": warm}), file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def check(kind, result, row):
    """That both did the same work."""
    for name, own in (("d1", row["snaswot"]), ("d2", row["perturbation"])):
        if abs(result[name] - own) > TOLERANCES[kind] * max(own, 1):
            raise Failure(f"PyTorch ({kind}) and epads disagree on {row['arch']}: the sum of {name} is {result[name]} and {own}")


def select_architectures(program, space, count):
    """The extras, and random ones that have a score."""
    names, source = [], random_architectures(space)
    while len(names) < count:
        candidates = [next(source) for _ in range(count - len(names))]
        names += [row["arch"] for row in program.rows(candidates) if row["status"] == "ok"]
    return [*space.extras.values(), *names]


def race(program, python, space, images, options, peers):
    names = select_architectures(program, space, options.architectures)
    for kind in space.PEERS:
        peers[kind] = Peer(kind, python, space, images, options)
    failed, rounds = None, {name: [] for name in names}
    start = time.monotonic()
    for repetition in range(options.repetitions):
        for position, name in enumerate(names):
            say(f"\rround {repetition + 1} of {options.repetitions}: {position + 1} of {len(names)}, "
                f"{time.monotonic() - start:.0f} s ", end="")
            row = program.rows([name])[0]
            times = {"epads": row["ms"]["forward"], "epads_total": row["ms"]["total"]}

            def take(kind, warm=True):
                result = peers[kind].time(name, warm)
                check(kind, result, row)
                times[kind] = result["ms"]
                if kind == space.FORWARD:
                    times["forward"] = result["forward_ms"]

            for kind in reversed(space.PEERS):
                if kind != "reference":
                    take(kind)
            if position < options.compile and not failed:
                try:
                    if "compiled" not in peers:
                        peers["compiled"] = Peer("compiled", python, space, images, options)
                    result = peers["compiled"].time(name, warm=True)
                except Failure as failure:
                    failed = str(failure)
                    say(f"\n{failed}\ngoing on without torch.compile")
                else:
                    check("compiled", result, row)
                    times["compiled"] = result["ms"]
            if repetition < options.reference_repetitions:
                take("reference", warm=repetition == position == 0)
            rounds[name].append(times)
    say("")
    return rounds, failed, peers["reference"].torch


def median(rounds, value):
    values = [value(times) for times in rounds if value(times) is not None]
    return statistics.median(values) if values else None


def present(figures):
    return {key: value for key, value in figures.items() if value is not None}


def summary(name, rounds):
    """What took part, in the order of the table."""
    def by_epads(key):
        return median(rounds, lambda times: times[key] / times["epads"] if key in times else None)

    def strongest(times):
        if "strongest" not in times:
            return None
        return min(times["strongest"], times.get("compiled", math.inf)) / times["epads"]

    keys = ("epads", "epads_total", "reference", "tuned", "strongest", "forward", "compiled")
    ratios = {"strongest": median(rounds, strongest), "tuned": by_epads("tuned"), "reference": by_epads("reference"),
              "forward": by_epads("forward"), "eager": by_epads("strongest"), "compiled": by_epads("compiled")}
    return {"arch": name, "ms": present({key: median(rounds, lambda times: times.get(key)) for key in keys}),
            "ratio": present(ratios)}


def geometric_means(rows):
    means = {}
    for key in ("strongest", "tuned", "reference", "forward"):
        values = [row["ratio"][key] for row in rows if key in row["ratio"]]
        if values:
            means[key] = {"mean": math.exp(statistics.fmean(map(math.log, values))), "least": min(values),
                          "greatest": max(values)}
    return means


def table(rows, means, extras):
    def cells(*values):
        return "| " + " | ".join(values) + " |"

    def number(value, digits):
        return "" if value is None else f"{value:.{digits}f}"

    times = [key for key in ("epads", "epads_total", "reference", "tuned", "strongest", "forward", "compiled")
             if any(key in row["ms"] for row in rows)]
    yield cells(*("total ms" if key == "epads_total" else f"{key} ms" for key in times),
                *(f"{key} / epads" for key in means), "architecture")
    yield cells(*["---:"] * (len(times) + len(means)), "---")
    labels = {arch: label for label, arch in extras.items()}
    for row in rows:
        label = labels.get(row["arch"], row["arch"].replace("|", "\\|"))
        yield cells(*(number(row["ms"].get(key), 1) for key in times),
                    *(number(row["ratio"].get(key), 2) for key in means), label)
    for figure in ("mean", "least", "greatest"):
        yield cells(*[""] * len(times), *(number(mean[figure], 2) for mean in means.values()),
                    f"{'geometric mean' if figure == 'mean' else figure} of {len(rows) - len(extras)} random ones")


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
    parser.add_argument("--space", choices=["nasbench201", *CellSpace.OPERATIONS], default="nasbench201")
    parser.add_argument("--width", type=int, help="of the networks of every other space; default 16")
    parser.add_argument("--depth", type=int, help="of the networks of every other space; default 8")
    parser.add_argument("--architectures", type=int, default=50, help="random ones; default 50")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=3, help="rounds; default 3")
    parser.add_argument("--reference-repetitions", type=int, default=1,
                        help="rounds in which the reference, which is slow, takes part; default 1")
    parser.add_argument("--compile", type=int, metavar="N",
                        help="architectures to try torch.compile on, which takes half a minute each; for "
                             "NAS-Bench-201 only; default 4")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--program", default=str(ROOT / ".build/release/epads"))
    parser.add_argument("--python", help="an interpreter that has torch and numpy; default: .venv, made where missing")
    parser.add_argument("--machine", help="the machine's name; default: the processor's")
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON too")
    options = parser.parse_args()
    if options.space == "nasbench201":
        if options.width or options.depth:
            parser.error("--width and --depth are for spaces of genotypes, such as darts")
        options.compile = 4 if options.compile is None else options.compile
    else:
        options.width = 16 if options.width is None else options.width
        options.depth = 8 if options.depth is None else options.depth
        if min(options.width, options.depth) < 1:
            parser.error("--width and --depth must be at least 1")
        if options.compile:
            parser.error("torch.compile is tried on NAS-Bench-201 only")
        options.compile = 0
    if min(options.architectures, options.repetitions, options.reference_repetitions, options.threads) < 1:
        parser.error("every number but that of --compile must be at least 1")
    if options.batch < 2 or options.compile < 0:
        parser.error("--batch must be at least 2, --compile at least 0")
    if not pathlib.Path(options.program).exists():
        parser.error(f"no {options.program}: run 'swift build -c release' first")
    return options


def main():
    options = arguments()
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the load is {load:.1f}: with others at work PyTorch's threads collapse and the ratios mean nothing")
    python = python_with_torch(options.python)
    space = (NASBench201() if options.space == "nasbench201"
             else CellSpace(options.space, options.width, options.depth))
    peers = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            images = f"{folder}/images.bin"
            made = subprocess.run([options.program, "images", "--output", images, "--dataset", DATASET, "--count",
                                   str(options.batch)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if made.returncode != 0:
                raise Failure(f"epads images ended with status {made.returncode}:\n{made.stdout.strip()}")
            program = Program(options.program, space, images, options)
            rounds, failed, torch = race(program, python, space, images, options, peers)
    finally:
        for peer in peers.values():
            peer.close()

    rows = [summary(name, times) for name, times in rounds.items()]
    means = geometric_means(rows[len(space.extras):])
    machine, note = options.machine or processor(), compile_note(rows, failed)
    print(f"{machine}, {options.space}, {space.macro}{options.threads} threads, load {load:.2f} before, "
          f"B = {options.batch} ({2 * options.batch} images), PyTorch {torch}, "
          f"medians of {options.repetitions} rounds\n")
    print("\n".join(table(rows, means, space.extras)))
    print(f"\n{note}.")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"space": options.space, "width": options.width, "depth": options.depth, "machine": machine,
             "processor": processor(), "kernel": platform.release(), "load": load,
             "threads": options.threads, "batch": options.batch, "repetitions": options.repetitions,
             "reference_repetitions": options.reference_repetitions, "torch": torch, "malloc": MALLOC, "compile": note,
             "means": means, "architectures": rows, "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
