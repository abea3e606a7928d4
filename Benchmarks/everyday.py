#!/usr/bin/env python3
"""What `epads` takes beside the scores themselves: a request of `serve`, a line of a list, a repeated search.

    Benchmarks/everyday.py [--program PATH] [--before PATH] [--machine NAME] [--repetitions N]

prints a table in Markdown. `--before` names an older program: what both can do is measured in turn, with the ratio.
To be run on an idle machine.
"""
import argparse
import json
import pathlib
import random
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCORES = ROOT / "Benchmarks/Results/nasbench201/cifar10-sigma-1.0.csv"
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


def architecture(draw):
    o = [draw.choice(OPERATIONS) for _ in range(6)]
    return f"|{o[0]}~0|+|{o[1]}~0|{o[2]}~1|+|{o[3]}~0|{o[4]}~1|{o[5]}~2|"


def processor_seconds(command):
    """The seconds that a command takes on all processors, and by the clock."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def request_milliseconds(program, requests=500):
    """What a request takes on top of the score: from its line to its row, less the `ms.total` of the row."""
    server = subprocess.Popen([program, "serve", "--batch", "16"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, bufsize=1)
    draw, beside = random.Random(1), []
    for number in range(requests):
        line = json.dumps({"id": number, "arch": architecture(draw)}) + "\n"
        start = time.perf_counter()
        server.stdin.write(line)
        row = json.loads(server.stdout.readline())
        beside.append(1000 * (time.perf_counter() - start) - row["ms"]["total"])
    server.stdin.close()
    server.wait()
    return statistics.median(beside)


def piped_milliseconds(program, requests=1000):
    """The same where the requests come all at once: what the program itself takes, without the client's turn."""
    draw = random.Random(1)
    lines = "".join(json.dumps({"id": n, "arch": architecture(draw)}) + "\n" for n in range(requests))
    start = time.perf_counter()
    done = subprocess.run([program, "serve", "--batch", "16"], input=lines, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    spent = 1000 * (time.perf_counter() - start)
    return (spent - sum(json.loads(row)["ms"]["total"] for row in done.stdout.splitlines())) / requests


def list_seconds(program, lines=100_000):
    """A table in which one line in a thousand names an architecture: what reading the others takes."""
    draw = random.Random(2)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "list.csv")
        rows = [f"{architecture(draw) if n % 1000 == 0 else 'no architecture'},name {n},{n % 97}" for n in range(lines)]
        path.write_text("arch,name,acc\n" + "\n".join(rows) + "\n")
        return processor_seconds([program, "score", "--batch", "2", "--format", "jsonl", "--from", str(path)])[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/epads"))
    parser.add_argument("--before")
    parser.add_argument("--machine", default="this machine")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    searches = {
        "500 runs of a random search": [],
        "500 runs of an evolution": ["--strategy", "evolution"],
        "100 runs of an evolution, --max-params 0.8M": [
            "--strategy", "evolution", "--max-params", "0.8M", "--runs", "100"],
    }
    print(f"{options.machine}; medians of {options.repetitions}\n")
    print("| what | processor time | wall clock | before | ratio of processor time |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, more in searches.items():
        command = ["search", "--samples", "1000", "--scores", str(SCORES), *more]
        now, then = [], []
        for _ in range(options.repetitions):
            now.append(processor_seconds([options.program, *command]))
            if options.before:
                then.append(processor_seconds([options.before, *command])[0])
        spent, wall = statistics.median(t for t, _ in now), statistics.median(w for _, w in now)
        before = f"{statistics.median(then):.1f} s | {statistics.median(then) / spent:.1f}" if then else "|"
        print(f"| {name} over stored scores | {spent:.1f} s | {wall:.1f} s | {before} |", flush=True)
    beside = statistics.median(request_milliseconds(options.program) for _ in range(options.repetitions))
    print(f"| a request of serve and its answer, on top of the score | | {beside:.2f} ms | | |", flush=True)
    piped = statistics.median(piped_milliseconds(options.program) for _ in range(options.repetitions))
    print(f"| a request of serve among many, on top of its score | | {piped:.2f} ms | | |", flush=True)
    reading = statistics.median(list_seconds(options.program) for _ in range(options.repetitions))
    print(f"| a failed row for each of 99,900 lines of a table, and 100 scores | | {reading:.1f} s | | |")


if __name__ == "__main__":
    main()
