#!/usr/bin/env python3
"""Makes the files beside it: the network of the README, without its weights and with them. Needs torch."""
import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "Python"))
from epads import export  # noqa: E402

torch.manual_seed(1)
network = torch.nn.Sequential(
    torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.BatchNorm2d(32), torch.nn.SiLU(),
    torch.nn.Conv2d(32, 64, 3, stride=2, padding=1), torch.nn.BatchNorm2d(64), torch.nn.ReLU(),
    torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10))
export(network, (3, 32, 32), HERE / "mine.onnx")
export(network, (3, 32, 32), HERE / "trained.onnx", weights=True)
