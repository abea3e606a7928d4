"""What race.py and latency.py share: architectures, PyTorch's interpreter and processes, tables."""
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

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
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
    GPU_PEERS = (*PEERS, "captured")
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
    GPU_PEERS = PEERS
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


class Peer:
    """A process of one of the scripts beside this one that run PyTorch. It answers a line with a line."""

    def __init__(self, kind, command, has_tuned_malloc):
        self.kind = kind
        self.errors = tempfile.TemporaryFile("w+")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=environment | (MALLOC if has_tuned_malloc else {}))
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

    def ask(self, request):
        with contextlib.suppress(BrokenPipeError):  # answer() says why
            print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def write_images(program, path, dataset, count):
    made = subprocess.run([program, "images", "--output", path, "--dataset", dataset, "--count", str(count)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise Failure(f"epads images ended with status {made.returncode}:\n{made.stdout.strip()}")


def median(rounds, value):
    values = [value(times) for times in rounds if value(times) is not None]
    return statistics.median(values) if values else None


def present(figures):
    return {key: value for key, value in figures.items() if value is not None}


def geometric_means(rows, keys):
    """Of the ratios of rows."""
    means = {}
    for key in keys:
        values = [row["ratio"][key] for row in rows if key in row["ratio"]]
        if values:
            means[key] = {"mean": math.exp(statistics.fmean(map(math.log, values))), "least": min(values),
                          "greatest": max(values)}
    return means


def table_row(*values):
    return "| " + " | ".join(values) + " |"


def number(value, digits):
    return "" if value is None else f"{value:.{digits}f}"


def table(rows, times, means, labels):
    """Markdown: `times`, the headings of what is in "ms" of every row, then ratios with their means. `labels` name the
    rows that are in no mean."""
    yield table_row(*times.values(), *(f"{key} / epads" for key in means), "architecture")
    yield table_row(*["---:"] * (len(times) + len(means)), "---")
    for row in rows:
        yield table_row(*(number(row["ms"].get(key), 1 if row["ms"][key] >= 10 else 2) if key in row["ms"] else ""
                          for key in times),
                        *(number(row["ratio"].get(key), 2) for key in means),
                        labels.get(row["arch"], row["arch"].replace("|", "\\|")))
    for figure in ("mean", "least", "greatest"):
        yield table_row(*[""] * len(times), *(number(mean[figure], 2) for mean in means.values()),
                        f"{'geometric mean' if figure == 'mean' else figure} of {len(rows) - len(labels)} random ones")


def add_arguments(parser):
    """Those of every race."""
    parser.add_argument("--space", choices=["nasbench201", *CellSpace.OPERATIONS], default="nasbench201")
    parser.add_argument("--width", type=int, help="of the networks of every other space; default 16")
    parser.add_argument("--depth", type=int, help="of the networks of every other space; default 8")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--program", default=str(ROOT / ".build/release/epads"))
    parser.add_argument("--python", help="an interpreter that has torch and numpy; default: .venv, made where missing")
    parser.add_argument("--machine", help="the machine's name; default: the processor's")
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON too")


def check_arguments(parser, options):
    if options.space == "nasbench201":
        if options.width or options.depth:
            parser.error("--width and --depth are for spaces of genotypes, such as darts")
    else:
        options.width = 16 if options.width is None else options.width
        options.depth = 8 if options.depth is None else options.depth
        if min(options.width, options.depth) < 1:
            parser.error("--width and --depth must be at least 1")
    if not pathlib.Path(options.program).exists():
        parser.error(f"no {options.program}: run 'swift build -c release' first")


def space_of(options):
    return NASBench201() if options.space == "nasbench201" else CellSpace(options.space, options.width, options.depth)


def load_before():
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the load is {load:.1f}: with others at work PyTorch's threads collapse and the ratios mean nothing")
    return load


def run(main):
    try:
        main()
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
