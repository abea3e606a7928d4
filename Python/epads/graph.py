"""A graph of ONNX nodes as it is built from recorded calls: names, constants, sizes that depend on the batch."""

import dataclasses
import fractions
import hashlib

import torch

from . import onnx_writer
from .recording import Constant, Parameter, Value
from .stand_ins import ExportError

ELEMENTS = {
    torch.float32: onnx_writer.FLOAT, torch.float64: onnx_writer.DOUBLE, torch.int64: onnx_writer.INT64,
    torch.int32: onnx_writer.INT32, torch.bool: onnx_writer.BOOL,
}  # fmt: skip
EVERYTHING = (1 << 63) - 1  # the end of a slice that has none


@dataclasses.dataclass(frozen=True)
class Batch:
    """A size of so many times the number of images."""

    times: int


def merged(first, second):
    """What two runs, of two and of three images, have in common: where numbers differ they depend on the batch."""
    if isinstance(first, Constant) and isinstance(second, Constant):
        return merged_constant(first, second)
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)) and len(first) == len(second):
        return [merged(one, other) for one, other in zip(first, second)]
    numbers = type(first) is type(second) and type(first) in (int, float)
    if numbers and first != second:
        times = fractions.Fraction(first) / 2
        if times.denominator != 1 or times * 3 != second:
            raise ExportError(
                f"a number depends on the batch, but is no multiple of it: {first} of 2, {second} of 3 images"
            )
        return Batch(int(times))
    if type(first) is not type(second) or first != second:
        raise ExportError("what the network does depends on the number of images")
    return first


def merged_constant(first, second):
    one, other = first.tensor, second.tensor
    if one.shape == other.shape:
        if not torch.equal(one.nan_to_num(), other.nan_to_num()):
            raise ExportError("a constant depends on the number of images")
        return first
    # The same values again for every image, such as a class token: one image's, and where they are repeated.
    axes = [axis for axis in range(one.dim()) if one.shape[axis] != other.shape[axis]]
    times = fractions.Fraction(one.shape[axes[0]], 2)
    if len(axes) == 1 and times.denominator == 1 and times * 3 == other.shape[axes[0]]:
        period = one.narrow(axes[0], 0, int(times))
        again = [all(torch.equal(part, period) for part in each.split(int(times), axes[0])) for each in (one, other)]
        if all(again):
            return Repeated(period.clone(), axes[0])
    raise ExportError("a constant depends on the number of images")


@dataclasses.dataclass(frozen=True, eq=False)
class Repeated:
    """A constant that has its values again for every image along one axis."""

    tensor: torch.Tensor
    axis: int


@dataclasses.dataclass
class Node:
    operator: str
    inputs: list
    outputs: list
    name: str
    attributes: dict
    description: str
    site: bool


class Graph:
    def __init__(self, shapes, types, parameters, leaves):
        self.shapes, self.types, self.parameters, self.leaves = shapes, types, parameters, leaves
        self.nodes, self.initializers, self.by_content = [], {}, {}
        self.taken = {"image", "logits", *parameters}
        self.names = {0: "image"}
        self.call = None
        self.has_batch = None

    # Names.

    def unique(self, wanted):
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name

    def label(self, part):
        if self.call.site is not None:
            label = f"activation.{self.call.site[0]}.{self.call.site[1]}"
            return f"{label}.{part}" if part else label
        own = self.call.module in self.leaves
        words = [self.call.module] if self.call.module else []
        words += [part] if part else [] if own else [self.call.operation.strip("_")]
        return ".".join(words)

    def add(self, operator, inputs, part="", outputs=1, **attributes):
        """Adds a node and gives the name of its value, or a list of names."""
        name = self.unique(self.label(part))
        names = [name] if outputs == 1 else [self.unique(f"{name}.{number}") for number in range(outputs)]
        site = self.call.site is not None
        description = f"{self.call.module} {self.call.site[2]} call {self.call.site[3]}" if site else ""
        self.nodes.append(Node(operator, list(inputs), names, name, attributes, description, site))
        return names[0] if outputs == 1 else names

    # Tensors.

    def shape(self, reference):
        if isinstance(reference, Value):
            return self.shapes[reference.index]
        if isinstance(reference, Parameter):
            return list(self.parameters[reference.name].shape)
        if isinstance(reference, Repeated):
            shape = list(reference.tensor.shape)
            shape[reference.axis] = Batch(shape[reference.axis])
            return shape
        return list(reference.tensor.shape)

    def type(self, reference):
        if isinstance(reference, Value):
            return self.types[reference.index]
        if isinstance(reference, Parameter):
            return self.parameters[reference.name].dtype
        return reference.tensor.dtype

    def constant(self, tensor, own=None):
        """The name of an initializer. Those that are not the network's own are one where they are equal."""
        tensor = tensor.detach().contiguous()
        if tensor.dtype not in ELEMENTS:
            raise ExportError(f"{self.call.module}: a constant of type {tensor.dtype}")
        data = tensor.numpy().tobytes()
        key = own or (tensor.dtype, tuple(tensor.shape), hashlib.sha256(data).digest())
        if key not in self.by_content:
            name = own or self.unique(f"constant.{len(self.by_content)}")
            self.by_content[key] = name
            self.initializers[name] = (ELEMENTS[tensor.dtype], tuple(tensor.shape), data)
        return self.by_content[key]

    def integers(self, *numbers):
        return self.constant(torch.tensor(numbers, dtype=torch.int64))

    def scalar(self, number, dtype=torch.float32):
        return self.constant(torch.tensor(number, dtype=dtype))

    def tensor(self, reference, dtype=None, broadcasting=False):
        """The name of a tensor, converted where its type is another. One that is broadcast need not be repeated."""
        if isinstance(reference, (bool, int, float)):
            return self.scalar(reference, dtype or torch.float32)
        if isinstance(reference, Value):
            if reference.index not in self.names:
                raise ExportError("something that has no value, such as the places of a pool's maxima")
            name = self.names[reference.index]
        elif isinstance(reference, Parameter):
            name = reference.name
        else:
            tensor = reference.tensor if dtype is None else reference.tensor.to(dtype)
            own = getattr(reference, "name", None) if tensor.dtype == reference.tensor.dtype else None
            name = self.constant(tensor, own)
            if isinstance(reference, Repeated) and not (broadcasting and tensor.shape[reference.axis] == 1):
                name = self.repeated(name, list(tensor.shape), reference.axis)
            return name
        if dtype is not None and self.type(reference) != dtype:
            name = self.add("Cast", [name], "cast", to=ELEMENTS[dtype])
        return name

    def images(self, times=1):
        """A list of one number: so many times the number of images."""
        name = self.add("Shape", ["image"], "batch", start=0, end=1)
        return name if times == 1 else self.add("Mul", [name, self.integers(times)], "batch.times")

    def sizes(self, sizes):
        """A list of sizes; an initializer unless one of them depends on the batch."""
        if not any(isinstance(size, Batch) for size in sizes):
            return self.integers(*sizes)
        parts = [self.images(size.times) if isinstance(size, Batch) else self.integers(size) for size in sizes]
        return self.add("Concat", parts, "sizes", axis=0) if len(parts) > 1 else parts[0]

    def repeated(self, name, shape, axis):
        period = shape[axis]
        if period == 1:
            target = [1] * len(shape)
            target[axis] = Batch(1)
            return self.add("Expand", [name, self.sizes(target)], "repeat")
        name = self.add("Unsqueeze", [name, self.integers(axis)], "unsqueeze")
        target = [1] * (len(shape) + 1)
        target[axis] = Batch(1)
        name = self.add("Expand", [name, self.sizes(target)], "repeat")
        return self.add("Reshape", [name, self.integers(*shape[:axis], -1, *shape[axis + 1 :])], "reshape")

    # Shapes.

    def reshaped(self, name, before, after, part=""):
        """A view with other sizes. The size that depends on the batch is written -1."""
        if before == after:
            return name
        dependent = [axis for axis, size in enumerate(after) if isinstance(size, Batch)]
        if dependent == [0] and len(after) == 2 and len(before) > 2 and before[0] == after[0]:
            return self.add("Flatten", [name], part or "flatten", axis=1)
        sizes = list(after)
        for axis in dependent[1:]:
            if axis >= len(before) or before[axis] != after[axis]:
                raise ExportError(f"{self.call.module}: a reshape with two sizes that depend on the batch")
            sizes[axis] = 0
        if dependent:
            sizes[dependent[0]] = -1
        return self.add("Reshape", [name, self.integers(*sizes)], part or "reshape")

    def expanded(self, name, before, after, part="expand"):
        before = [1] * (len(after) - len(before)) + list(before)
        target = [1 if one == other else other for one, other in zip(before, after)]
        if all(size == 1 for size in target):
            return name if len(before) == len(after) else name
        return self.add("Expand", [name, self.sizes(target)], part)
