"""What is computed element by element, and softmax."""

import torch

from ..stand_ins import ExportError
from .table import axis_of, operation

UNARY = {
    "sigmoid": "Sigmoid", "tanh": "Tanh", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "neg": "Neg",
    "erf": "Erf", "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos", "floor": "Floor", "ceil": "Ceil",
    "round": "Round", "sign": "Sign", "logical_not": "Not", "bitwise_not": "Not",
}  # fmt: skip


@operation("rsqrt")
def reciprocal_square_root(graph, a):
    return graph.add("Reciprocal", [graph.add("Sqrt", [graph.tensor(a["self"])], "sqrt")])


@operation("hardsigmoid")
def hard_sigmoid(graph, a):
    return graph.add("HardSigmoid", [graph.tensor(a["self"])], alpha=1 / 6, beta=0.5)


@operation("softplus")
def softplus(graph, a):
    if a["beta"] != 1:
        raise ExportError("softplus with a beta that is not 1")
    return graph.add("Softplus", [graph.tensor(a["self"])])


@operation("log_sigmoid_forward")
def log_sigmoid(graph, a):
    softened = graph.add("Softplus", [graph.add("Neg", [graph.tensor(a["self"])], "negative")], "softplus")
    return [graph.add("Neg", [softened]), None]


@operation("hardshrink", "softshrink")
def shrink(graph, a):
    limit = float(a["lambd"])
    bias = limit if graph.call.operation == "softshrink" else 0.0
    return graph.add("Shrink", [graph.tensor(a["self"])], lambd=limit, bias=bias)


@operation("threshold")
def threshold(graph, a):
    dtype, x = graph.type(a["self"]), graph.tensor(a["self"])
    above = graph.add("Greater", [x, graph.scalar(a["threshold"], dtype)], "above")
    return graph.add("Where", [above, x, graph.scalar(a["value"], dtype)])


@operation("lerp")
def interpolate(graph, a):
    difference = binary(graph, "Sub", a["end"], a["self"], "difference")
    scaled = graph.add("Mul", [difference, graph.tensor(a["weight"], graph.type(a["self"]))], "scaled")
    return graph.add("Add", [graph.tensor(a["self"], broadcasting=True), scaled])


BINARY = {
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "maximum": "Max", "minimum": "Min",
    "gt": "Greater", "ge": "GreaterOrEqual", "lt": "Less", "le": "LessOrEqual", "eq": "Equal", "logical_and": "And",
    "bitwise_and": "And", "logical_or": "Or", "bitwise_or": "Or",
}  # fmt: skip


def operand_type(graph, *operands):
    """The type in which PyTorch computes. Numbers and tensors without axes follow those that have some."""

    def like(each):
        return (
            each
            if isinstance(each, (bool, int, float))
            else torch.empty([1] if graph.shape(each) else [], dtype=graph.type(each))
        )

    first, second = operands
    return torch.result_type(like(first), like(second))


def binary(graph, operator, first, second, part="", dtype=None):
    dtype = dtype or operand_type(graph, first, second)
    return graph.add(operator, [graph.tensor(each, dtype, broadcasting=True) for each in (first, second)], part)


def plain_binary(name):
    def write(graph, a):
        first, second = a["self"], a.get("other", a.get("exponent"))
        if a.get("rounding_mode") == "trunc":
            raise ExportError("a quotient that is cut off")
        dtype = operand_type(graph, first, second)
        if name == "div" and not dtype.is_floating_point:
            dtype = torch.float32
        if name in ("add", "sub") and a.get("alpha", 1) != 1:
            scaled = binary(graph, "Mul", second, float(a["alpha"]), "scaled", dtype)
            return graph.add(BINARY[name], [graph.tensor(first, dtype, broadcasting=True), scaled])
        if a.get("rounding_mode") == "floor":
            return graph.add("Floor", [binary(graph, "Div", first, second, "quotient", dtype)])
        return binary(graph, BINARY[name], first, second, dtype=dtype)

    return write


for _name in BINARY:
    operation(_name)(plain_binary(_name))
for _name, _operator in UNARY.items():
    operation(_name)(lambda graph, a, operator=_operator: graph.add(operator, [graph.tensor(a["self"])]))


@operation("rsub")
def reversed_difference(graph, a):
    second = (
        binary(graph, "Mul", a["self"], float(a["alpha"]), "scaled") if a["alpha"] != 1 else graph.tensor(a["self"])
    )
    return graph.add("Sub", [graph.tensor(a["other"], graph.type(a["self"])), second])


@operation("addcmul")
def add_product(graph, a):
    product = binary(graph, "Mul", a["tensor1"], a["tensor2"], "product")
    if a["value"] != 1:
        product = graph.add("Mul", [product, graph.scalar(float(a["value"]))], "scaled")
    return graph.add("Add", [graph.tensor(a["self"], broadcasting=True), product])


@operation("clamp", "clamp_min", "clamp_max")
def clamp(graph, a):
    dtype = graph.type(a["self"])
    x, low, high = graph.tensor(a["self"]), a.get("min"), a.get("max")
    if all(limit is None or isinstance(limit, (int, float)) for limit in (low, high)):
        limits = ["" if limit is None else graph.scalar(limit, dtype) for limit in (low, high)]
        return graph.add("Clip", [x, *limits] if limits[1] else [x, limits[0]])
    if low is not None:
        x = graph.add("Max", [x, graph.tensor(low, dtype, broadcasting=True)], "low" if high is not None else "")
    return x if high is None else graph.add("Min", [x, graph.tensor(high, dtype, broadcasting=True)])


@operation("where")
def where(graph, a):
    dtype = operand_type(graph, a["self"], a["other"])
    values = [graph.tensor(a[key], dtype, broadcasting=True) for key in ("self", "other")]
    return graph.add("Where", [graph.tensor(a["condition"], broadcasting=True), *values])


@operation("masked_fill")
def masked_fill(graph, a):
    dtype = graph.type(a["self"])
    mask = graph.tensor(a["mask"], broadcasting=True)
    return graph.add("Where", [mask, graph.tensor(a["value"], dtype, broadcasting=True), graph.tensor(a["self"])])


@operation("_to_copy")
def convert(graph, a):
    return graph.tensor(a["self"], a["dtype"])


@operation("glu")
def gated_linear_unit(graph, a):
    axis = axis_of(graph, a["self"], a["dim"])
    half = graph.shape(a["self"])[axis] // 2
    first, second = graph.add("Split", [graph.tensor(a["self"]), graph.integers(half, half)], "split", 2, axis=axis)
    return graph.add("Mul", [first, graph.add("Sigmoid", [second], "gate")])


@operation("_softmax", "_log_softmax")
def softmax(graph, a):
    operator = "LogSoftmax" if graph.call.operation == "_log_softmax" else "Softmax"
    return graph.add(operator, [graph.tensor(a["self"])], axis=axis_of(graph, a["self"], a["dim"]))
