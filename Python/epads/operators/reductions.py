"""Means, sums and the like over axes."""

import math

import torch

from ..stand_ins import ExportError
from .elements import binary
from .table import axes_of, axis_of, operation


@operation("mean", "sum", "amax", "amin", "max", "min", "prod", "logsumexp")
def reduction(graph, a):
    if a.get("other") is not None:  # max and min of two tensors
        return binary(graph, "Max" if graph.call.operation == "max" else "Min", a["self"], a["other"])
    operators = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin"}
    operators |= {"max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd", "logsumexp": "ReduceLogSumExp"}
    axes = axes_of(graph, a["self"], a.get("dim"))
    keep, x = bool(a.get("keepdim", False)), graph.tensor(a["self"])
    if graph.call.operation == "mean" and keep and len(graph.shape(a["self"])) == 4 and axes == [2, 3]:
        return graph.add("GlobalAveragePool", [x])
    name = graph.add(operators[graph.call.operation], [x, graph.integers(*axes)], keepdims=int(keep))
    return [name, None] if graph.call.operation in ("max", "min") else name


@operation("var_mean", "var", "std", "std_mean")
def variance(graph, a):
    axes, shape, x = axes_of(graph, a["self"], a.get("dim")), graph.shape(a["self"]), graph.tensor(a["self"])
    correction = a.get("correction")
    correction = 1 if correction is None else correction
    count = math.prod(shape[axis] for axis in axes)
    keep = bool(a.get("keepdim", False))
    mean = graph.add("ReduceMean", [x, graph.integers(*axes)], "mean", keepdims=1)
    centred = graph.add("Sub", [x, mean], "centred")
    square = graph.add("Mul", [centred, centred], "square")
    result = graph.add("ReduceMean", [square, graph.integers(*axes)], "variance", keepdims=int(keep))
    if correction:
        result = graph.add("Mul", [result, graph.scalar(count / (count - correction))], "corrected")
    if graph.call.operation.startswith("std"):
        result = graph.add("Sqrt", [result], "deviation")
    if not graph.call.operation.endswith("_mean"):
        return result
    return [result, mean if keep else graph.add("Squeeze", [mean, graph.integers(*axes)], "mean.squeezed")]


@operation("linalg_vector_norm", "norm")
def norm(graph, a):
    order = a.get("ord", a.get("p", 2))
    if order not in (1, 2):
        raise ExportError(f"a norm of order {order}")
    axes = graph.integers(*axes_of(graph, a["self"], a["dim"]))
    return graph.add(f"ReduceL{int(order)}", [graph.tensor(a["self"]), axes], keepdims=int(bool(a["keepdim"])))


@operation("cumsum")
def cumulative_sum(graph, a):
    axis = graph.constant(torch.tensor(axis_of(graph, a["self"], a["dim"])))
    return graph.add("CumSum", [graph.tensor(a["self"]), axis])
