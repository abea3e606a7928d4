#!/usr/bin/env python3
"""Makes nds-resnets.json beside this file: vanilla networks, ResNets and ResNeXts of NDS in float64.

    .venv/bin/python Tests/Fixtures/make_resnet_fixtures.py        # after make_fixtures.py's preparations

The networks are written anew after pycls's AnyNet (https://github.com/facebookresearch/pycls, pycls/models/anynet.py,
MIT licence) with its module names: stem res_stem_cifar, the blocks of NDS, average pooling and a linear layer. NDS's
lists have the stem first.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import epads_reference as reference  # noqa: E402

BATCH, SIGMA, SEED = 16, 1.0, 1


def normalized(module, name, cin, cout, kernel, stride=1, groups=1, norm=None):
    module.add_module(name, nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False))
    module.add_module(norm or name + "_bn", nn.BatchNorm2d(cout))


class TwoConvolutions(nn.Sequential):
    def __init__(self, cin, cout, stride, last):
        super().__init__()
        normalized(self, "a", cin, cout, 3, stride)
        self.a_relu = nn.ReLU()
        normalized(self, "b", cout, cout, 3)
        if last: self.b_relu = nn.ReLU()


class Bottleneck(nn.Sequential):
    def __init__(self, cin, cout, stride, multiplier, groups):
        super().__init__()
        inner = int(round(cout * multiplier))
        normalized(self, "a", cin, inner, 1)
        self.a_relu = nn.ReLU()
        normalized(self, "b", inner, inner, 3, stride, groups)
        self.b_relu = nn.ReLU()
        normalized(self, "c", inner, cout, 1)


class Residual(nn.Module):
    def __init__(self, cin, cout, stride, f):
        super().__init__()
        self.projects = cin != cout or stride != 1
        if self.projects: normalized(self, "proj", cin, cout, 1, stride, norm="bn")
        self.f, self.relu = f, nn.ReLU()

    def forward(self, x): return self.relu((self.bn(self.proj(x)) if self.projects else x) + self.f(x))


def block(kind, cin, cout, stride, multiplier, groups):
    if kind == "vanilla_block": return TwoConvolutions(cin, cout, stride, last=True)
    if kind == "res_basic_block": return Residual(cin, cout, stride, TwoConvolutions(cin, cout, stride, last=False))
    return Residual(cin, cout, stride, Bottleneck(cin, cout, stride, multiplier, groups))


class Head(nn.Module):
    def __init__(self, cin, classes):
        super().__init__()
        self.fc = nn.Linear(cin, classes)

    def forward(self, x): return self.fc(x.mean((2, 3)))


class AnyNet(nn.Sequential):
    def __init__(self, kind, ds, ws, ss, bot_muls=None, num_gs=None, classes=10):
        super().__init__()
        self.stem = nn.Sequential()
        normalized(self.stem, "conv", 3, ws[0], 3, ss[0], norm="bn")
        self.stem.relu = nn.ReLU()
        for i in range(1, len(ds)):
            stage = nn.Sequential()
            for j in range(ds[i]):
                stage.add_module(f"b{j + 1}", block(
                    kind, ws[i - 1] if j == 0 else ws[i], ws[i], ss[i] if j == 0 else 1,
                    bot_muls[i] if bot_muls else 1.0, num_gs[i] if num_gs else 1))
            self.add_module(f"s{i}", stage)
        self.head = Head(ws[-1], classes)


NETWORKS = [
    ("vanilla_block", [1, 1, 2, 1], [16, 16, 24, 40], [1, 1, 2, 2], None, None),
    ("vanilla_block", [1, 2, 1, 3], [16, 24, 32, 16], [1, 1, 2, 2], None, None),
    ("res_basic_block", [1, 2, 2, 2], [16, 16, 32, 64], [1, 1, 2, 2], None, None),
    ("res_basic_block", [1, 1, 3, 1], [16, 24, 24, 40], [1, 1, 2, 2], None, None),
    ("res_basic_block", [1, 1, 1], [8, 8, 16], [2, 1, 2], None, None),
    ("res_bottleneck_block", [1, 2, 1, 2], [16, 64, 128, 16], [1, 1, 2, 2], [0.0, 0.25, 0.25, 0.25], [1, 2, 1, 2]),
    ("res_bottleneck_block", [1, 1, 2, 1], [16, 32, 64, 64], [1, 1, 2, 2], [0.0, 1.0, 0.5, 0.5], [1, 4, 8, 1]),
    # 10 * 0.25 and 14 * 0.25 lie between two whole numbers: both round to even.
    ("res_bottleneck_block", [1, 1, 1], [16, 10, 14], [1, 1, 2], [0.0, 0.25, 0.25], [1, 1, 2]),
    # Depthwise.
    ("res_bottleneck_block", [1, 2, 2], [16, 32, 32], [1, 2, 1], [0.0, 1.0, 1.0], [1, 32, 32]),
]


def text(kind, ds, ws, ss, bot_muls, num_gs):
    lists = dict(ds=ds, ws=ws, ss=ss, bot_muls=bot_muls, num_gs=num_gs)
    return f"ResNet(block={kind}, " + ", ".join(f"{name}={value}" for name, value in lists.items() if value) + ")"


def main():
    program = HERE.parent.parent / ".build/release/epads"
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        subprocess.run([program, "images", "--output", file.name, "--count", str(BATCH)], check=True)
        images = reference.load_images(file.name, "cifar10", BATCH)
    scored = []
    for configuration in NETWORKS:
        network = AnyNet(*configuration)
        result = reference.score(network, images, SIGMA, SEED, double=True)
        result["layers"] = [[site["name"], site["units"], site["d1"], site["d2"]] for site in result["layers"]]
        parameters = sum(parameter.numel() for parameter in network.parameters())
        scored.append({"arch": text(*configuration), "params": parameters, **result})
        print(scored[-1]["arch"], parameters, result["epads"], flush=True)
    (HERE / "nds-resnets.json").write_text(json.dumps(
        {"dataset": "cifar10", "batch": BATCH, "sigma": SIGMA, "seed": SEED, "architectures": scored},
        separators=(",", ":")).replace('{"arch"', '\n{"arch"') + "\n")


if __name__ == "__main__":
    main()
