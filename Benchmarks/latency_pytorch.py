#!/usr/bin/env python3
"""PyTorch's side of latency.py, which starts it: networks in evaluation mode, and how long a run takes in several
forms.

It answers every line of standard input, {"arch", "batch", "form", "seconds"}, with one line: {"ms", "runs",
"difference"}, the median of the runs and by how much logits differ from those of `eager`, as a share of what the
network adds to its bias; or {"failed"}, where torch.compile came to no end.
"""
import argparse
import contextlib
import copy
import gc
import math
import signal
import statistics
import time
import types

from race_pytorch import reference, reference_network, serve

import torch
import torch._inductor.config as inductor

WARM_UP_RUNS, LEAST_RUNS, CALIBRATION = 3, 5, 64
# How torch.compile is asked: a mode, and whether weights are constants and the calls of kernels C++ as well.
MODES = {
    "default": ("default", False),
    "default, frozen": ("default", True),
    "autotuned": ("max-autotune-no-cudagraphs", False),
}


class OutOfTime(BaseException):
    """Not an Exception, which the compiler would catch."""


@contextlib.contextmanager
def time_limit(seconds):
    def stop(*_):
        raise OutOfTime

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(math.ceil(seconds))
    try:
        yield
    finally:
        signal.alarm(0)


def calibrated(text, images, options):
    """In evaluation mode with running statistics of a batch, so that activations neither vanish nor explode: the time
    is the same as at initialisation, logits are worth comparing, and nothing is denormal."""
    network = reference_network(text, options).to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(images)
    network.eval()
    if hasattr(network, "auxiliary"):
        network.auxiliary = False
    return network.requires_grad_(False)


class Networks:
    """One architecture in all forms, made when first asked for."""

    def __init__(self, text, images, options):
        self.options, self.images = options, images
        self.network = calibrated(text, images[:CALIBRATION], options)
        self.made = {}

    def inputs(self, batch):
        return self.images[:batch].contiguous(memory_format=torch.channels_last)

    def form(self, name, batch):
        if (name, batch) not in self.made:
            self.made[name, batch] = self.make(name, self.inputs(batch))
        return self.made[name, batch]

    @torch.no_grad()
    def make(self, name, images):
        if name == "eager":
            return self.network
        if name == "frozen":
            return torch.jit.freeze(torch.jit.trace(self.network, images, check_trace=False))
        if name == "optimized":
            return torch.jit.optimize_for_inference(torch.jit.trace(self.network, images, check_trace=False))
        return self.compiled(*MODES[name], images)

    def compiled(self, mode, is_frozen, images):
        network = copy.deepcopy(self.network)

        def forward(x):
            return network(x)

        # The compiler keeps what it made by code object, and checks all that it made of one in every call.
        forward = types.FunctionType(forward.__code__.replace(), forward.__globals__, closure=forward.__closure__)
        with inductor.patch(freezing=is_frozen, cpp_wrapper=is_frozen), time_limit(self.options.compile_limit):
            run = torch.compile(forward, mode=mode)
            run(images)
        return run


def timed(call, seconds):
    for _ in range(WARM_UP_RUNS):
        call()
    gc.collect()
    gc.disable()
    times, start = [], time.perf_counter()
    while len(times) < LEAST_RUNS or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - before))
    gc.enable()
    return {"ms": statistics.median(times), "runs": len(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("--space", required=True)
    parser.add_argument("--width", type=int, help="of cell networks, as is --depth")
    parser.add_argument("--depth", type=int)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--count", type=int, required=True, help="images to read")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--compile-limit", type=float, required=True, help="seconds")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    inductor.compile_threads = 1
    images = torch.from_numpy(reference.load_images(options.images, options.dataset, options.count))
    images = images.contiguous(memory_format=torch.channels_last)
    networks = {}

    def answer(request):
        name, batch, form = request["arch"], request["batch"], request["form"]
        if name not in networks:
            networks[name] = Networks(name, images, options)
        try:
            run = networks[name].form(form, batch)
        except OutOfTime:
            return {"failed": f"more than {options.compile_limit:g} s"}
        except Exception as error:
            if form not in MODES:
                raise
            lines = str(error).strip().splitlines() or [""]
            return {"failed": f"{type(error).__name__}: {lines[0]}"}
        inputs = networks[name].inputs(batch)
        # Tensors of inference mode and others are different to the compiler.
        with torch.no_grad() if form in MODES else torch.inference_mode():
            expected, logits = networks[name].network(inputs), run(inputs)
            added = (expected - networks[name].network.classifier.bias).abs().max()
            result = timed(lambda: run(inputs), request["seconds"])
            result["difference"] = float((logits - expected).abs().max() / added)
        return result

    serve(answer)


if __name__ == "__main__":
    main()
