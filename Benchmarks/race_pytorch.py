#!/usr/bin/env python3
"""PyTorch's side of race.py, which starts it: networks, their sums of d1 and d2, and the time they take.

It answers every line of standard input, {"arch", "warm"}, with one line, {"ms", "d1", "d2", ...}. Where "warm" is true,
an untimed call goes before.
"""
import argparse
import copy
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures"))
import epads_reference as reference  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402

POOL = "avg_pool_3x3"


def reference_network(text, options):
    network = reference.network(options.space, text, options.width, options.depth, False)
    return reference.initialise(network, options.seed)


class Reference:
    """As the authors run it: hooks take the codes of every ReLU, then both Hamming sums."""

    def __init__(self, text, both, options):
        self.network = reference_network(text, options).to(options.device)
        self.both, self.batch, self.seed = both, options.batch, options.seed
        # The reference hands images of the host to the network, which takes those of its device instead.
        images = torch.from_numpy(both).to(options.device)
        self.network.register_forward_pre_hook(lambda module, inputs: (images,))

    def score(self):
        d1 = d2 = 0
        for site, code in reference.codes(self.network, self.both, False):
            clean, noisy = code[: self.batch], code[self.batch :]
            d1 += int((clean ^ clean[reference.permutation(self.seed, site, self.batch)]).sum())
            d2 += int((clean ^ noisy).sum())
        return d1, d2


class Tuned:
    """The reference's modules as they are, with all that needs no other network: channels-last, inference mode, codes
    and distances in the cheapest operations (see Strongest)."""

    def __init__(self, text, both, options):
        self.network = reference_network(text, options)
        self.network.to(options.device, memory_format=torch.channels_last)
        self.without_hooks = copy.deepcopy(self.network)
        self.images = torch.from_numpy(both).to(options.device).contiguous(memory_format=torch.channels_last)
        self.batch, self.found, self.partners = options.batch, [], {}
        for name, module in self.network.named_modules():
            if isinstance(module, torch.nn.ReLU):
                self.partners[name] = torch.tensor(
                    reference.permutation(options.seed, name, self.batch), device=options.device)
                module.register_forward_hook(lambda m, i, o, n=name: self.found.append((n, o.to(torch.bool))))

    @torch.inference_mode()
    def score(self):
        self.found.clear()
        self.network(self.images)
        d1 = d2 = 0
        for site, code in self.found:
            own, other = distances(code, self.batch, [self.partners[site]])
            d1, d2 = d1 + own, d2 + other
        return int(d1), int(d2)

    @torch.inference_mode()
    def pass_alone(self):
        self.found.clear()
        self.without_hooks(self.images)


def count(words):
    """How many bytes, each 0 or 1, are 1. Sums of up to 255 words do not carry from one byte to the next."""
    return sum(part.sum(0).view(torch.uint8).sum() for part in words.split(255))


def distances(code, batch, partners):
    """d1, summed over the partners, and d2 of a channels-last code."""
    words = code.permute(0, 2, 3, 1).reshape(2 * batch, -1).view(torch.int64)
    clean, noisy = words[:batch], words[batch:]
    return sum(count(clean.index_select(0, partner) ^ clean) for partner in partners), count(clean ^ noisy)


class Convolution:
    def __init__(self, convolution):
        self.weight = convolution.weight.detach().contiguous(memory_format=torch.channels_last)
        self.stride, self.padding = convolution.stride, convolution.padding

    def __call__(self, x):
        return functional.conv2d(x, self.weight, None, self.stride, self.padding)


class Node:
    def __init__(self):
        self.terms = []  # (operation, source, convolution)
        self.sites = []  # the ReLUs that read it
        self.kept = False  # whether anything but a ReLU reads it


class Cell:
    """What has to be computed of a cell. Left out: zeros, and convolutions that no code depends on. A node that only
    passes another one on is that one."""

    def __init__(self, cell, genotype, prefix):
        same, zero = [0], [False]
        edges, index = [], 0  # (operation, source, target, index) without those that give zeros
        for target, inputs in enumerate(genotype, 1):
            live = []
            for operation, source in inputs:
                if operation != "none" and not zero[source]:
                    live.append((operation, same[source], target, index))
                index += 1
            zero.append(not live)
            passed = len(live) == 1 and live[0][0] == "skip_connect"
            same.append(live[0][1] if passed else target)
            edges += [] if passed else live
        self.zero, self.output = zero[-1], same[-1]
        self.nodes = [Node() for _ in same]
        needed = [False] * len(same)
        needed[self.output] = self.nodes[self.output].kept = not self.zero
        for operation, source, target, index in reversed(edges):
            node = self.nodes[source]
            if operation.startswith("nor_conv"):
                node.sites.insert(0, f"{prefix}.layers.{index}.op.0")
                needed[source] = True
            elif needed[target]:
                needed[source] = node.kept = True
            if needed[target]:
                convolution = Convolution(cell.layers[index].op[1]) if operation.startswith("nor_conv") else None
                self.nodes[target].terms.insert(0, (operation, source, convolution))


class Strongest:
    """The same sums, as cheap as PyTorch was found to give them, for NAS-Bench-201; README.md says what else was
    measured.

    - Channels-last, inference mode. The ReLU and the code of a node that several ReLUs read are computed once, in place
      where that is possible.
    - A code is the ReLU's output as bool: a quarter of the time of `x > 0`.
    - A convolution's batch statistics are taken alone; normalising and adding to the node are one `addcmul`.
    - Average pooling is a depthwise convolution with ones, and the division is part of the `addcmul`.
    - Distances are of eight booleans at a time, as 64-bit integers, and so are their sums.
    """

    def __init__(self, text, both, options):
        network, genotype = reference_network(text, options), reference.parse_nb201(text)
        network.to(options.device)
        self.batch = options.batch
        self.images = torch.from_numpy(both).to(options.device).contiguous(memory_format=torch.channels_last)
        self.stem, self.cells, sites = Convolution(network.stem[0]), [], []
        for position, cell in enumerate(network.cells):
            prefix = f"cells.{position}"
            if isinstance(cell, reference.NB201Reduction):
                names = [f"{prefix}.conv_a.op.0"], [f"{prefix}.conv_b.op.0"]
                self.cells.append((Convolution(cell.conv_a.op[1]), Convolution(cell.conv_b.op[1]),
                                   Convolution(cell.downsample[1]), names))
                sites += names[0] + names[1]
            else:
                self.cells.append(Cell(cell, genotype, prefix))
                sites += [site for node in self.cells[-1].nodes for site in node.sites]
                if self.cells[-1].zero:  # and so is all that follows
                    break
        self.partners = {
            site: torch.tensor(reference.permutation(options.seed, site, self.batch), device=options.device)
            for site in [*sites, "lastact.1"]}
        self.ones = {channels: torch.ones(channels, 1, 3, 3, device=options.device) for channels in (16, 32, 64)}
        size = both.shape[2]
        self.divisors = {
            edge: 1 / functional.conv2d(
                torch.ones(1, 1, edge, edge), torch.ones(1, 1, 3, 3), padding=1).to(options.device)
            for edge in (size, size // 2, size // 4)}

    def sum(self, terms, values, rectified):
        total, shift, products = None, None, []
        for operation, source, convolution in terms:
            if convolution is not None:
                y = convolution(rectified[source])
                mean, variance = torch.batch_norm_update_stats(y, None, None, 0)
                scale = torch.rsqrt_(variance.add_(1e-5))
                offset = mean.mul_(scale)
                shift = offset if shift is None else shift.add_(offset)
                products.append((y, scale.view(1, -1, 1, 1)))
            elif operation == POOL:
                x = values[source]
                y = functional.conv2d(x, self.ones[x.shape[1]], padding=1, groups=x.shape[1])
                products.append((y, self.divisors[x.shape[2]]))
            else:
                total = values[source] if total is None else total + values[source]
        if shift is not None:
            shift = shift.neg_().view(1, -1, 1, 1)
        for position, (y, scale) in enumerate(products):
            if position:
                total.addcmul_(y, scale)
            elif total is None:
                total = y.mul_(scale) if shift is None else torch.addcmul(shift, y, scale)
            else:
                total = torch.addcmul(total, y, scale)
                if shift is not None:
                    total.add_(shift)
        return total

    def rectify(self, x, kept, found):
        x = torch.relu(x) if kept else torch.relu_(x)
        if found is not None:
            found.append(x.to(torch.bool))
        return x

    def forward(self, images, found):
        """Appends the code of every node that ReLUs read to `found`, in the order of sites()."""
        x = self.sum([("stem", 0, self.stem)], [], [images])
        for cell in self.cells:
            if isinstance(cell, tuple):
                first, second, shortcut, _ = cell
                y = self.sum([("", 0, first)], [], [self.rectify(x, True, found)])
                y = self.rectify(y, False, found)
                x = self.sum([("skip_connect", 0, None), ("", 0, second)], [shortcut(functional.avg_pool2d(x, 2))], [y])
                continue
            values, rectified = [x], []
            for position, node in enumerate(cell.nodes):
                if position:
                    values.append(self.sum(node.terms, values, rectified) if node.terms else None)
                rectified.append(self.rectify(values[-1], node.kept, found) if node.sites else None)
            if cell.zero:
                return
            x = values[cell.output]
        self.rectify(x, False, found)

    def sites(self):
        for cell in self.cells:
            if isinstance(cell, tuple):
                yield from cell[3]
            else:
                yield from (node.sites for node in cell.nodes if node.sites)
        if isinstance(self.cells[-1], tuple) or not self.cells[-1].zero:
            yield ["lastact.1"]

    def distances(self, found):
        d1 = d2 = 0
        for sites, code in zip(self.sites(), found, strict=True):
            own, other = distances(code, self.batch, [self.partners[site] for site in sites])
            d1, d2 = d1 + own, d2 + len(sites) * other
        return d1, d2

    @torch.inference_mode()
    def score(self):
        found = []
        self.forward(self.images, found)
        d1, d2 = self.distances(found)
        return int(d1), int(d2)

    @torch.inference_mode()
    def pass_alone(self):
        self.forward(self.images, None)


class Captured(Strongest):
    """The same as a CUDA graph: every launch of it at once, which leaves out what PyTorch takes for each."""

    @torch.inference_mode()
    def __init__(self, *arguments):
        super().__init__(*arguments)

        def run():
            found = []
            self.forward(self.images, found)
            return self.distances(found)

        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                run()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.sums = run()

    def score(self):
        self.graph.replay()
        return tuple(int(total) for total in self.sums)


class Compiled(Strongest):
    """torch.compile of the same forward pass. Its outputs are the ReLUs', and codes are taken outside: loops that write
    booleans are not vectorised by the compiler and take twice the time of all the rest."""

    def __init__(self, *arguments):
        super().__init__(*arguments)

        def forward(images):
            found = []
            self.forward(images, found)
            return found

        torch._dynamo.reset()  # or it gives up after a few networks, taking them for one that changes
        self.compiled = torch.compile(forward)

    def rectify(self, x, kept, found):
        found.append(torch.relu(x))
        return found[-1]

    @torch.inference_mode()
    def score(self):
        d1, d2 = self.distances([x.to(torch.bool) for x in self.compiled(self.images)])
        return int(d1), int(d2)


PEERS = {"reference": Reference, "tuned": Tuned, "strongest": Strongest, "captured": Captured, "compiled": Compiled}


def timed(work):
    """Milliseconds of work whose result is on the host; what it leaves to a GPU is waited for."""
    start = time.perf_counter()
    result = work()
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - start), result


def serve(answer):
    """Answers every line of standard input, after a first line with the version."""
    answers = os.fdopen(os.dup(1), "w")  # what libraries print goes to standard error
    os.dup2(2, 1)
    print(json.dumps({"torch": torch.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("images")
    parser.add_argument("--space", required=True)
    parser.add_argument("--width", type=int, help="of cell networks, as is --depth")
    parser.add_argument("--depth", type=int)
    parser.add_argument("--device", default="cpu", help="as PyTorch names it: cpu or cuda")
    parser.add_argument("--forward", action="store_true", help="time the forward pass alone too: forward_ms")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--sigma", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clean = reference.load_images(options.images, options.dataset, options.batch)
    both = np.concatenate([clean, reference.perturbed(clean, options.sigma, options.seed)])

    networks = {}

    def answer(request):
        name = request["arch"]
        if name not in networks:
            networks[name] = PEERS[options.peer](name, both, options)
        network, result = networks[name], {}
        if request["warm"]:
            result["warm_ms"], _ = timed(network.score)
        result["ms"], (result["d1"], result["d2"]) = timed(network.score)
        if options.forward:
            result["forward_ms"], _ = timed(network.pass_alone)
        return result

    serve(answer)


if __name__ == "__main__":
    main()
