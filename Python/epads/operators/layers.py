"""Convolutions, linear layers and products of matrices, normalisations."""

import math

import torch

from ..graph import Batch
from ..recording import Constant
from ..stand_ins import ExportError
from .table import operation, pair


@operation("convolution")
def convolution(graph, a):
    spatial = len(graph.shape(a["weight"])) - 2
    padding = pair(a["padding"], spatial)
    inputs = [graph.tensor(a["input"]), graph.tensor(a["weight"])]
    inputs += [graph.tensor(a["bias"])] if a["bias"] is not None else []
    attributes = {
        "kernel_shape": graph.shape(a["weight"])[2:], "strides": pair(a["stride"], spatial), "pads": padding + padding,
        "dilations": pair(a["dilation"], spatial), "group": a["groups"],
    }  # fmt: skip
    if not a["transposed"]:
        return graph.add("Conv", inputs, **attributes)
    return graph.add("ConvTranspose", inputs, output_padding=pair(a["output_padding"], spatial), **attributes)


@operation("linear")
def linear(graph, a):
    weight = graph.tensor(a["weight"])
    bias = [graph.tensor(a["bias"])] if a["bias"] is not None else []
    if len(graph.shape(a["input"])) == 2:
        return graph.add("Gemm", [graph.tensor(a["input"]), weight, *bias], transB=1)
    weight = graph.add("Transpose", [weight], "weight.transposed", perm=[1, 0])
    product = graph.add("MatMul", [graph.tensor(a["input"]), weight], "" if not bias else "product")
    return graph.add("Add", [product, *bias]) if bias else product


@operation("matmul", "mm", "bmm")
def matmul(graph, a):
    return graph.add("MatMul", [graph.tensor(a["self"]), graph.tensor(a.get("other", a.get("mat2")))])


@operation("addmm")
def addmm(graph, a):
    inputs = [graph.tensor(a[key]) for key in ("mat1", "mat2", "self")]
    return graph.add("Gemm", inputs, alpha=float(a["alpha"]), beta=float(a["beta"]))


@operation("baddbmm")
def baddbmm(graph, a):
    product = graph.add("MatMul", [graph.tensor(a["batch1"]), graph.tensor(a["batch2"])], "product")
    if a["alpha"] != 1:
        product = graph.add("Mul", [product, graph.scalar(float(a["alpha"]))], "alpha")
    if a["beta"] == 0:
        return product
    other = graph.tensor(a["self"], broadcasting=True)
    if a["beta"] != 1:
        other = graph.add("Mul", [other, graph.scalar(float(a["beta"]))], "beta")
    return graph.add("Add", [other, product])


@operation("native_batch_norm", "_native_batch_norm_legit")
def batch_normalisation(graph, a):
    shape, x = graph.shape(a["input"]), graph.tensor(a["input"])
    channels = shape[1]
    depends = any(isinstance(size, Batch) for size in shape)
    mean = a.get("running_mean")
    if mean is None and not depends:
        # Standardised weights: not a normalisation of images, and ONNX Runtime has none in training mode.
        axes = [axis for axis in range(len(shape)) if axis != 1]
        x = standardised(graph, x, axes, a["eps"])
        for key, operator in (("weight", "Mul"), ("bias", "Add")):
            if a[key] is not None:
                sizes = [channels] + [1] * (len(shape) - 2)
                if isinstance(a[key], Constant):
                    scale = graph.constant(a[key].tensor.reshape(sizes))
                else:
                    scale = graph.reshaped(graph.tensor(a[key]), [channels], sizes, f"{key}.reshaped")
                x = graph.add(operator, [x, scale], "scaled" if key == "weight" else "shifted")
        return [x, None, None]
    fill = {"weight": torch.ones, "bias": torch.zeros, "running_mean": torch.zeros, "running_var": torch.ones}
    names = []
    for key, make in fill.items():
        names.append(graph.tensor(a[key]) if a.get(key) is not None else graph.constant(make(channels)))
    if mean is None:  # statistics of the images, whatever the mode
        return graph.add("BatchNormalization", [x, *names], outputs=3, epsilon=float(a["eps"]), training_mode=1)
    return [graph.add("BatchNormalization", [x, *names], epsilon=float(a["eps"]), training_mode=0), None, None]


@operation("instance_norm")
def instance_normalisation(graph, a):
    if not a["use_input_stats"]:
        raise ExportError("an instance normalisation with running statistics")
    channels = graph.shape(a["input"])[1]
    scale = graph.tensor(a["weight"]) if a["weight"] is not None else graph.constant(torch.ones(channels))
    shift = graph.tensor(a["bias"]) if a["bias"] is not None else graph.constant(torch.zeros(channels))
    return graph.add("InstanceNormalization", [graph.tensor(a["input"]), scale, shift], epsilon=float(a["eps"]))


def standardised(graph, x, axes, epsilon):
    mean = graph.add("ReduceMean", [x, graph.integers(*axes)], "mean", keepdims=1)
    centred = graph.add("Sub", [x, mean], "centred")
    square = graph.add("Mul", [centred, centred], "square")
    variance = graph.add("ReduceMean", [square, graph.integers(*axes)], "variance", keepdims=1)
    deviation = graph.add("Sqrt", [graph.add("Add", [variance, graph.scalar(epsilon)], "epsilon")], "deviation")
    return graph.add("Div", [centred, deviation], "standardised")


@operation("native_layer_norm")
def layer_normalisation(graph, a):
    sizes = a["normalized_shape"]
    scale = graph.tensor(a["weight"]) if a["weight"] is not None else graph.constant(torch.ones(sizes))
    inputs = [graph.tensor(a["input"]), scale] + ([graph.tensor(a["bias"])] if a["bias"] is not None else [])
    return [graph.add("LayerNormalization", inputs, axis=-len(sizes), epsilon=float(a["eps"])), None, None]


@operation("native_group_norm")
def group_normalisation(graph, a):
    # GroupNormalization has a scale for each channel only since opset 21. This is what PyTorch's exporter writes, too.
    shape, groups = graph.shape(a["input"]), a["group"]
    x = graph.reshaped(graph.tensor(a["input"]), None, [shape[0], groups, math.prod(shape[1:]) // groups], "groups")
    ones, zeros = graph.constant(torch.ones(groups)), graph.constant(torch.zeros(groups))
    x = graph.add("InstanceNormalization", [x, ones, zeros], "normalised", epsilon=float(a["eps"]))
    x = graph.reshaped(x, None, shape, "channels")
    axes = graph.integers(*range(1, len(shape) - 1))
    for key, operator in (("weight", "Mul"), ("bias", "Add")):
        if a[key] is not None:
            name = graph.tensor(a[key])
            name = graph.add("Unsqueeze", [name, axes], f"{key}.unsqueezed") if len(shape) > 2 else name
            x = graph.add(operator, [x, name], "scaled" if key == "weight" else "")
    return [x, None, None]
