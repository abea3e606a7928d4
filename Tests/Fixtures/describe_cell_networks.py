#!/usr/bin/env python3
"""Prints what Tests/SearchSpacesTests/CellReferenceModels.swift expects of cell networks, from the reference model.

    .venv/bin/python Tests/Fixtures/describe_cell_networks.py < models.txt

A line of models.txt is: width depth auxiliary(0|1) imagenet(0|1) image-size genotype. Checksums are FNV-1a 64 of lines
joined with newlines: of `name shape` of every layer, sorted; of `name shape` of every convolution's weights, sorted; of
the names of the ReLUs in execution order.
"""
import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import epads_reference as reference  # noqa: E402

LAYERS = (nn.ReLU, nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.MaxPool2d, nn.Linear)


def describe(width, depth, auxiliary, imagenet, size, text):
    net = reference.CellNetwork(reference.parse_genotype(text), width, depth, auxiliary, imagenet)
    layers, relus = [], []
    for name, module in net.named_modules():
        if isinstance(module, LAYERS):
            def hook(module, inputs, output, name=name):
                shape = tuple(output.shape[1:]) + (1, 1) * (output.dim() == 2)
                layers.append(f"{name} {'x'.join(map(str, shape))}")
                if isinstance(module, nn.ReLU):
                    relus.append(name)
            module.register_forward_hook(hook)
    with torch.no_grad():
        net.train()(torch.zeros(2, 3, size, size))
    weights = [f"{name}.weight {'x'.join(map(str, module.weight.shape))}"
               for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]
    checksum = lambda lines: f"0x{reference.fnv1a64(chr(10).join(lines)):016X}"  # noqa: E731
    print(f"parameters: {sum(p.numel() for p in net.parameters())}, "
          f"layers: {len(layers)}, layersChecksum: {checksum(sorted(layers))},")
    print(f"weights: {len(weights)}, weightsChecksum: {checksum(sorted(weights))}, "
          f"relus: {len(relus)}, relusChecksum: {checksum(relus)}", flush=True)


for line in sys.stdin:
    width, depth, auxiliary, imagenet, size, text = line.split(maxsplit=5)
    describe(int(width), int(depth), auxiliary == "1", imagenet == "1", int(size), text)
