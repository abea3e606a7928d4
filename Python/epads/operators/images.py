"""Pools, other sizes, borders and windows of images."""

import torch

from ..stand_ins import ExportError
from .table import axis_of, operation, pair, sliced


@operation("max_pool2d_with_indices", "max_pool2d", "avg_pool2d", "avg_pool1d")
def pool(graph, a):
    spatial = 1 if graph.call.operation.endswith("1d") else 2
    kernel = pair(a["kernel_size"], spatial)
    strides, padding = pair(a["stride"], spatial) if a["stride"] else kernel, pair(a["padding"], spatial)
    attributes = {
        "kernel_shape": kernel,
        "strides": strides,
        "pads": padding + padding,
        "ceil_mode": bool(a["ceil_mode"]),
    }
    if graph.call.operation.startswith("max"):
        return [graph.add("MaxPool", [graph.tensor(a["self"])], dilations=pair(a["dilation"]), **attributes), None]
    if a.get("divisor_override") is not None:
        raise ExportError("an average with a divisor of its own")
    included = bool(a["count_include_pad"])
    return graph.add("AveragePool", [graph.tensor(a["self"])], count_include_pad=included, **attributes)


@operation("_adaptive_avg_pool2d", "adaptive_max_pool2d")
def adaptive_pool(graph, a):
    x, sizes, wanted = graph.tensor(a["self"]), graph.shape(a["self"])[2:], pair(a["output_size"])
    largest = graph.call.operation == "adaptive_max_pool2d"
    if sizes == wanted:
        result = x
    elif all(size % want == 0 for size, want in zip(sizes, wanted)):
        kernel = [size // want for size, want in zip(sizes, wanted)]
        result = graph.add("MaxPool" if largest else "AveragePool", [x], kernel_shape=kernel, strides=kernel)
    else:  # windows of several sizes, which overlap: one axis after the other, every window by itself
        for axis, size, want in zip((2, 3), sizes, wanted):
            x = uneven_windows(graph, x, axis, size, want, "ReduceMax" if largest else "ReduceMean")
        result = x
    return [result, None] if largest else result


def uneven_windows(graph, x, axis, size, want, reduce):
    if size == want:
        return x
    if size == 1:
        target = [1, 1, 1, 1]
        target[axis] = want
        return graph.add("Expand", [x, graph.integers(*target)], "expand")
    parts = []
    for index in range(want):
        start, end = index * size // want, -(-(index + 1) * size // want)
        part = sliced(graph, x, axis, start, end, part="window")
        if end - start > 1:
            part = graph.add(reduce, [part, graph.integers(axis)], "reduced", keepdims=1)
        parts.append(part)
    return graph.add("Concat", parts, "windows", axis=axis)


@operation(
    "upsample_nearest2d",
    "upsample_bilinear2d",
    "upsample_bicubic2d",
    "_upsample_nearest_exact2d",
)
def resize(graph, a):
    before, after = graph.shape(a["self"] if "self" in a else a["input"]), graph.shapes[graph.call.outputs[0].index]
    x = graph.tensor(a["self"] if "self" in a else a["input"])
    if before == after:
        return x
    attributes = {"axes": [2, 3]}
    if "nearest_exact" in graph.call.operation:
        attributes |= {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"}
        attributes |= {"nearest_mode": "round_prefer_ceil"}
    elif "nearest" in graph.call.operation:
        attributes |= {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        position = "align_corners" if a["align_corners"] else "pytorch_half_pixel"
        attributes |= {"mode": "linear", "coordinate_transformation_mode": position}
        if "bicubic" in graph.call.operation:
            attributes |= {"mode": "cubic", "cubic_coeff_a": -0.75}
    return graph.add("Resize", [x, "", "", graph.integers(*after[2:])], **attributes)


@operation("constant_pad_nd", "reflection_pad2d", "reflection_pad1d", "replication_pad2d")
def pad(graph, a):
    widths, rank = a.get("pad", a.get("padding")), len(graph.shape(a["self"]))
    if not any(widths):
        return graph.tensor(a["self"])
    before, after = [0] * rank, [0] * rank
    for position in range(len(widths) // 2):
        before[rank - 1 - position], after[rank - 1 - position] = widths[2 * position], widths[2 * position + 1]
    inputs = [graph.tensor(a["self"]), graph.integers(*before, *after)]
    mode = {"c": "constant", "f": "reflect", "p": "edge"}[
        graph.call.operation[0 if graph.call.operation[0] == "c" else 2]
    ]
    if mode == "constant":
        inputs.append(graph.scalar(a.get("value") or 0, graph.type(a["self"])))
    return graph.add("Pad", inputs, mode=mode)


@operation("pixel_shuffle")
def pixel_shuffle(graph, a):
    return graph.add("DepthToSpace", [graph.tensor(a["self"])], blocksize=a["upscale_factor"], mode="CRD")


@operation("pixel_unshuffle")
def pixel_unshuffle(graph, a):
    batch, channels, height, width = graph.shape(a["self"])
    factor = a["downscale_factor"]
    sizes = [batch, channels, height // factor, factor, width // factor, factor]
    x = graph.reshaped(graph.tensor(a["self"]), None, sizes, "blocks")
    x = graph.add("Transpose", [x], "transposed", perm=[0, 1, 3, 5, 2, 4])
    return graph.reshaped(x, None, [batch, channels * factor**2, height // factor, width // factor], "channels")


@operation("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(graph, a):
    batch, channels, *rest = graph.shape(a["self"])
    x = graph.reshaped(graph.tensor(a["self"]), None, [batch, a["groups"], channels // a["groups"], *rest], "groups")
    x = graph.add("Transpose", [x], "transposed", perm=[0, 2, 1, *range(3, 3 + len(rest))])
    return graph.reshaped(x, None, [batch, channels, *rest], "channels")


@operation("unfold")
def unfold(graph, a):
    axis, rank = axis_of(graph, a["self"], a["dimension"]), len(graph.shape(a["self"]))
    count = graph.shapes[graph.call.outputs[0].index][axis]
    indices = torch.arange(count)[:, None] * a["step"] + torch.arange(a["size"])
    x = graph.add("Gather", [graph.tensor(a["self"]), graph.constant(indices)], "windows", axis=axis)
    order = [*range(axis + 1), *range(axis + 2, rank + 1), axis + 1]
    return x if order == list(range(rank + 1)) else graph.add("Transpose", [x], perm=order)


@operation("im2col")
def image_to_columns(graph, a):
    """Windows as columns, [B, C * kh * kw, windows]: the places of every window gathered, one axis after the other."""
    kernel, dilation, padding, stride = (pair(a[key]) for key in ("kernel_size", "dilation", "padding", "stride"))
    batch, channels, height, width = graph.shape(a["self"])
    x = graph.tensor(a["self"])
    if any(padding):
        widths = graph.integers(0, 0, padding[0], padding[1], 0, 0, padding[0], padding[1])
        x = graph.add("Pad", [x, widths, graph.scalar(0.0)], "padded", mode="constant")
    counts = []
    for axis, size in ((2, height), (4, width)):  # the second axis has moved: the first is now two, place and window
        k = (axis - 2) // 2
        count = (size + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1) // stride[k] + 1
        places = torch.arange(kernel[k])[:, None] * dilation[k] + torch.arange(count) * stride[k]
        x = graph.add("Gather", [x, graph.constant(places)], "windows", axis=axis)
        counts.append(count)
    x = graph.add("Transpose", [x], "transposed", perm=[0, 1, 2, 4, 3, 5])
    return graph.reshaped(x, None, [batch, channels * kernel[0] * kernel[1], counts[0] * counts[1]])
