#!/usr/bin/env python3
"""The race of latencies: `epads latency` against PyTorch in evaluation mode, on the same architectures, batches and
threads.

    swift build -c release
    Benchmarks/latency.py --json FILE        # makes .venv with PyTorch for processors, unless --python names one
    Benchmarks/latency.py --space darts --width 16 --depth 8 --architectures 4

    epads        the median of `epads latency`
    eager        PyTorch's modules as they are, channels-last, in inference mode, malloc tuned
    frozen       torch.jit.freeze, which folds normalisations into convolutions
    optimized    torch.jit.optimize_for_inference, which also changes layouts
    compiled     torch.compile, for the first --compile architectures: the quickest of its modes, which the first round
                 tries, each with --compile-limit seconds for compiling
`strongest` is the quickest of all of PyTorch's forms.

In every round one side runs a block of architectures and then the other side runs the same block, so that a change on
the machine affects both; the next round starts with the other side. Making, compiling and warming up networks is not
timed. All forms of PyTorch must give the logits of `eager` within 1e-3 of what the network adds to its bias. A ratio is
PyTorch's time divided by that of epads in the same round; a figure is the median of the rounds. The means are
geometric, over the random architectures; those with a name are extras. The random architectures of NAS-Bench-201 are
the list of race.py, without those whose output does not depend on the image. In other networks epads leaves out what
the output does not depend on, so there are also means over the networks that have nothing to leave out.

Run it on an idle machine: with others at work PyTorch's threads collapse.
"""
import argparse
import json
import pathlib
import platform
import subprocess
import tempfile
import time

from racing import (HERE, MALLOC, Failure, Peer, add_arguments, check_arguments, geometric_means, load_before, median,
                    present, processor, python_with_torch, random_architectures, run, say, space_of, table,
                    write_images)

DATASET, SEED = "cifar10", 1
TOLERANCE = 1e-3
IMAGES = 64  # that running statistics are taken of, at least
FORMS = ("eager", "frozen", "optimized")
MODES = ("default", "default, frozen", "autotuned")
TIMES = ("epads", *FORMS, "compiled")
INDEX_0 = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"


def extras(space):
    """Names of architectures that are in no mean."""
    if hasattr(space, "family"):
        return {arch: label for label, arch in space.extras.items()}
    return {space.extras["all 3x3"]: "all 3x3", INDEX_0: "index 0"}


def edges_of(text):
    """Of an architecture of NAS-Bench-201, the edges but `none`: (source, target)."""
    return [(int(edge.split("~")[1]), target) for target, node in enumerate(text.split("+"), 1)
            for edge in node.strip("|").split("|") if not edge.startswith("none")]


def has_path(text):
    """Whether the output depends on the image."""
    reached = {0}
    for source, target in edges_of(text):
        reached |= {target} if source in reached else set()
    return 3 in reached


def is_whole(space, name):
    """Whether the output depends on everything."""
    if hasattr(space, "family"):
        return True
    needed = {3}
    for source, target in reversed(edges_of(name)):
        needed |= {source} if target in needed else set()
    return all(target in needed for _, target in edges_of(name))


def select_architectures(space, count):
    names = list(extras(space))
    for name in random_architectures(space):
        if len(names) == count + len(extras(space)):
            return names
        if name not in names and (hasattr(space, "family") or has_path(name)):
            names.append(name)


class Program:
    """`epads latency`, a process a block."""

    def __init__(self, space, options):
        self.command = [options.program, "latency", *space.arguments, "--backend", "cpu",
                        "--threads", str(options.threads), "--format", "jsonl", "--from", "-",
                        "--seconds", str(options.seconds)]
        if options.precision is not None:
            self.command += ["--precision", str(options.precision)]
        self.version, self.doubts, self.rows = None, [], 0

    def times(self, names, batch):
        result = subprocess.run([*self.command, "--batch", str(batch)], input="\n".join(names) + "\n", text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            rows = [json.loads(line) for line in result.stdout.splitlines()]
        except ValueError as error:
            raise Failure(f"epads latency wrote no JSON lines: {error}") from error
        if result.returncode != 0 or [row["arch"] for row in rows] != names:
            reasons = [f"{row['arch']}: {row['error']}" for row in rows if row.get("error")]
            raise Failure(f"epads latency ended with status {result.returncode} after {len(rows)} of {len(names)} "
                          "rows:\n" + "\n".join([*reasons, result.stderr.strip()]))
        self.version = rows[-1].get("version")
        self.doubts += [row["doubt"] for row in rows if row.get("doubt")]
        self.rows += len(rows)
        return {row["arch"]: {"epads": row["latency_ms"]["median"]} for row in rows}


class PyTorch:
    """Two processes: compilers have one of their own."""

    def __init__(self, python, space, images, options):
        self.options, self.peers, self.notes = options, {}, []
        self.command = [python, str(HERE / "latency_pytorch.py"), images, *space.arguments, "--dataset", DATASET,
                        "--count", str(max(IMAGES, *options.batch)), "--seed", str(SEED),
                        "--threads", str(options.threads), "--compile-limit", str(options.compile_limit)]
        # The quickest mode of each architecture and batch that was compiled; None where none came to an end.
        self.modes, self.differences = {}, {}
        self.version = self.peer("plain").torch

    def peer(self, kind):
        if kind not in self.peers:
            self.peers[kind] = Peer(kind, self.command, has_tuned_malloc=True)
        return self.peers[kind]

    def take(self, kind, name, batch, form):
        result = self.peer(kind).ask({"arch": name, "batch": batch, "form": form, "seconds": self.options.seconds})
        if "failed" in result:  # torch.compile alone
            self.note(f"{form} ({result['failed']})")
            return None
        # Not a number is not within it.
        if not result["difference"] <= TOLERANCE:
            raise Failure(f"PyTorch's logits of {name} differ: {form} from eager by {result['difference']:.1e} of the "
                          "signal")
        self.differences[form] = max(result["difference"], self.differences.get(form, 0))
        return result["ms"]

    def note(self, text):
        self.notes.append(text)
        say(f"\n{text}")

    def compiled(self, name, batch):
        if (name, batch) not in self.modes:
            times = {mode: self.take("compiled", name, batch, mode) for mode in MODES}
            times = present(times)
            self.modes[name, batch] = min(times, key=times.get) if times else None
        mode = self.modes[name, batch]
        return None if mode is None else self.take("compiled", name, batch, mode)

    def times(self, names, batch, compiled):
        found = {}
        for name in names:
            found[name] = {form: self.take("plain", name, batch, form) for form in FORMS}
            if name in compiled:
                found[name]["compiled"] = self.compiled(name, batch)
        return {name: present(times) for name, times in found.items()}

    def close(self):
        for peer in self.peers.values():
            peer.close()


def race(program, pytorch, names, options):
    rounds = {batch: {name: [] for name in names} for batch in options.batch}
    start = time.monotonic()
    for repetition in range(options.repetitions):
        for first in range(0, len(names), options.block):
            block = names[first : first + options.block]
            for batch in options.batch:
                say(f"\rround {repetition + 1} of {options.repetitions}: {first} of {len(names)}, batch {batch}, "
                    f"{time.monotonic() - start:.0f} s ", end="")
                sides = [lambda: program.times(block, batch),
                         lambda: pytorch.times(block, batch, names[: options.compile])]
                times = [side() for side in (reversed(sides) if repetition % 2 else sides)]
                for name in block:
                    rounds[batch][name].append(times[0][name] | times[1][name])
    say("")
    return rounds


def summary(name, rounds):
    def by_epads(form):
        return median(rounds, lambda times: times[form] / times["epads"] if form in times else None)

    def strongest(times):
        return min(value for form, value in times.items() if form != "epads") / times["epads"]

    ratios = {"strongest": median(rounds, strongest), **{form: by_epads(form) for form in (*FORMS, "compiled")}}
    return {"arch": name, "ms": present({key: median(rounds, lambda times: times.get(key)) for key in TIMES}),
            "ratio": present(ratios)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--architectures", type=int, default=30, help="random ones; default 30")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 64], help="default: 1 64")
    parser.add_argument("--seconds", type=float, default=1,
                        help="of timed runs of an architecture in a round, by epads and by each form of PyTorch; "
                             "default 1")
    parser.add_argument("--precision", type=float,
                        help="handed on to epads, which may end before that when it is so precise; default: its own")
    parser.add_argument("--repetitions", type=int, default=3, help="rounds; default 3")
    parser.add_argument("--block", type=int, default=8,
                        help="architectures that one side runs before the other; default 8")
    parser.add_argument("--compile", type=int, default=3, metavar="N",
                        help="architectures to try torch.compile on, half a minute for each batch and mode; default 3")
    parser.add_argument("--compile-limit", type=float, default=90, metavar="SECONDS", help="for one mode; default 90")
    options = parser.parse_args()
    check_arguments(parser, options)
    if min(*options.batch, options.architectures, options.repetitions, options.block, options.threads) < 1:
        parser.error("every number but that of --compile must be at least 1")
    if options.seconds <= 0 or options.compile_limit <= 0 or options.compile < 0:
        parser.error("--seconds and --compile-limit must be more than 0, --compile at least 0")
    return options


def modes_note(pytorch):
    if not pytorch.modes:
        return "torch.compile was not tried"
    counts = {mode: list(pytorch.modes.values()).count(mode) for mode in MODES}
    note = "Quickest mode of torch.compile: " + (
        ", ".join(f"{mode} ({count})" for mode, count in counts.items() if count) or "none")
    return note + ("; failed: " + ", ".join(sorted(set(pytorch.notes))) if pytorch.notes else "")


def main():
    options = arguments()
    load = load_before()
    python = python_with_torch(options.python)
    space = space_of(options)
    names = select_architectures(space, options.architectures)
    program, pytorch = Program(space, options), None
    try:
        with tempfile.TemporaryDirectory() as folder:
            images = f"{folder}/images.bin"
            write_images(options.program, images, DATASET, max(IMAGES, *options.batch))
            pytorch = PyTorch(python, space, images, options)
            rounds = race(program, pytorch, names, options)
    finally:
        if pytorch:
            pytorch.close()

    machine, results = options.machine or processor(), {}
    print(f"{machine}, {options.space}, {space.macro}{options.threads} threads, load {load:.2f} before, "
          f"epads {program.version}, PyTorch {pytorch.version}, medians of {options.repetitions} rounds")
    for batch in options.batch:
        rows = [summary(name, times) for name, times in rounds[batch].items()]
        means = geometric_means(rows[len(extras(space)):], ("eager", "frozen", "optimized", "strongest"))
        compiled = [row for row in rows if "compiled" in row["ms"]]
        whole = [row for row in rows[len(extras(space)):] if is_whole(space, row["arch"])]
        means_of_whole = geometric_means(whole, means)
        results[batch] = {"means": means, "means_of_whole": means_of_whole, "whole": [row["arch"] for row in whole],
                          "architectures": rows}
        headings = {key: f"{key} ms" for key in TIMES if any(key in row["ms"] for row in rows)}
        print(f"\n## Batch {batch}\n")
        print("\n".join(table(rows, headings, means, extras(space))))
        if len(whole) < len(rows) - len(extras(space)):
            print(f"\nThe {len(whole)} of which nothing can be left out: "
                  + ", ".join(f"{key} {mean['mean']:.2f}" for key, mean in means_of_whole.items()) + " times as long.")
        if compiled:
            gains = [min(row["ms"][form] for form in FORMS) / row["ms"]["compiled"] for row in compiled]
            print(f"\ntorch.compile, on {len(compiled)} architectures: {min(gains):.2f} to {max(gains):.2f} times as "
                  "fast as PyTorch's quickest other form; `strongest` of the rest is without it.")
    differences = ", ".join(f"{form} {value:.0e}" for form, value in pytorch.differences.items() if form != "eager")
    print(f"\nLogits differ from those of eager by at most: {differences} (of the signal). {modes_note(pytorch)}.")
    if program.doubts:
        print(f"epads doubts {len(program.doubts)} of its {program.rows} times, such as: {program.doubts[0]}.")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"space": options.space, "width": options.width, "depth": options.depth, "machine": machine,
             "processor": processor(), "kernel": platform.release(), "load": load, "threads": options.threads,
             "seconds": options.seconds, "precision": options.precision, "repetitions": options.repetitions,
             "block": options.block, "epads": program.version, "torch": pytorch.version, "malloc": MALLOC,
             "compile_limit": options.compile_limit, "compile": modes_note(pytorch),
             "modes": [{"arch": arch, "batch": batch, "mode": mode} for (arch, batch), mode in pytorch.modes.items()],
             "logit_differences": pytorch.differences, "doubts": program.doubts, "batches": results,
             "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    run(main)
