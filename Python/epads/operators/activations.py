"""The activation functions that are sites."""

from ..stand_ins import ExportError
from .table import operation


@operation("relu")
def relu(graph, a):
    return graph.add("Relu", [graph.tensor(a["self"])])


@operation("hardtanh")
def hardtanh(graph, a):
    limits = [graph.scalar(float(a["min_val"])), graph.scalar(float(a["max_val"]))]
    return graph.add("Clip", [graph.tensor(a["self"]), *limits])


@operation("leaky_relu")
def leaky_relu(graph, a):
    return graph.add("LeakyRelu", [graph.tensor(a["self"])], alpha=float(a["negative_slope"]))


@operation("rrelu_with_noise")
def rrelu(graph, a):
    slope = (float(a["lower"]) + float(a["upper"])) / 2  # what it is outside training
    return [graph.add("LeakyRelu", [graph.tensor(a["self"])], alpha=slope)]


@operation("_prelu_kernel")
def prelu(graph, a):
    return graph.add("PRelu", [graph.tensor(a["self"]), graph.tensor(a["weight"])])


@operation("silu")
def silu(graph, a):
    x = graph.tensor(a["self"])
    return graph.add("Mul", [x, graph.add("Sigmoid", [x])], "product")


@operation("gelu")
def gelu(graph, a):
    return graph.add("Gelu", [graph.tensor(a["self"])], approximate=a["approximate"])


@operation("hardswish")
def hardswish(graph, a):
    return graph.add("HardSwish", [graph.tensor(a["self"])])


@operation("mish")
def mish(graph, a):
    return graph.add("Mish", [graph.tensor(a["self"])])


@operation("celu")
def celu(graph, a):
    return graph.add("Celu", [graph.tensor(a["self"])], alpha=float(a["alpha"]))


@operation("elu")
def elu(graph, a):
    x, alpha, scale = graph.tensor(a["self"]), float(a["alpha"]), float(a["scale"])
    if a["input_scale"] != 1:
        raise ExportError("elu with a scaled input")
    if scale == 1:
        return graph.add("Elu", [x], alpha=alpha)
    return graph.add("Selu", [x], alpha=alpha, gamma=scale)
