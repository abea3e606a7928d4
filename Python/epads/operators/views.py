"""The same elements in another shape or order, and parts of tensors."""

import torch

from ..graph import EVERYTHING, Batch
from ..recording import Constant
from ..stand_ins import ExportError
from .table import axes_of, axis_of, operation, sliced


@operation("view", "_unsafe_view", "reshape", "unsqueeze", "squeeze", "flatten", "_reshape_alias", "view_copy")
def view(graph, a):
    after = graph.shapes[graph.call.outputs[0].index]
    return graph.reshaped(graph.tensor(a["self"]), graph.shape(a["self"]), after)


@operation("permute")
def permute(graph, a):
    rank = len(a["dims"])
    return graph.add("Transpose", [graph.tensor(a["self"])], perm=[axis % rank for axis in a["dims"]])


@operation("transpose", "t")
def transpose(graph, a):
    rank = len(graph.shape(a["self"]))
    order = list(range(rank))
    first, second = a.get("dim0", 0) % rank, a.get("dim1", rank - 1) % rank
    order[first], order[second] = order[second], order[first]
    return graph.add("Transpose", [graph.tensor(a["self"])], perm=order)


@operation("expand")
def expand(graph, a):
    before, after = graph.shape(a["self"]), graph.shapes[graph.call.outputs[0].index]
    name = graph.tensor(a["self"])
    if before == after:
        return name
    if len(before) < len(after):
        leading = [1] * (len(after) - len(before)) + before
        name = graph.reshaped(name, before, leading, "leading")
        before = leading
    return graph.expanded(name, before, after)


@operation("copy")
def copy(graph, a):
    dtype = graph.type(a["self"])
    name, shape = graph.tensor(a["src"], dtype), graph.shapes[graph.call.outputs[0].index]
    return graph.expanded(name, graph.shape(a["src"]), shape)


@operation("fill", "zero")
def fill(graph, a):
    shape, value = graph.shapes[graph.call.outputs[0].index], a.get("value", 0)
    value = graph.tensor(value, graph.type(a["self"]))
    return graph.add("Expand", [value, graph.sizes(shape)])


@operation("repeat")
def repeat(graph, a):
    before, repeats = graph.shape(a["self"]), a["repeats"]
    leading = [1] * (len(repeats) - len(before)) + before
    name = graph.reshaped(graph.tensor(a["self"]), before, leading, "leading")
    if any(isinstance(each, Batch) for each in repeats):
        after = graph.shapes[graph.call.outputs[0].index]
        if any(each != 1 and size != 1 for each, size in zip(repeats, leading)):
            raise ExportError("a repetition as often as there are images")
        return graph.expanded(name, leading, after)
    return graph.add("Tile", [name, graph.integers(*repeats)])


@operation("slice")
def slice_(graph, a):
    axis, name = axis_of(graph, a["self"], a["dim"]), graph.tensor(a["self"])
    size, after = graph.shape(a["self"])[axis], graph.shapes[graph.call.outputs[0].index][axis]
    if size == after and a["step"] == 1:
        return name
    start, end = a["start"] or 0, a["end"]
    if isinstance(size, Batch) or isinstance(start, Batch) or isinstance(end, Batch):
        raise ExportError("a part of the batch")
    start = max(start + size, 0) if start < 0 else start
    end = size if end is None else max(end + size, 0) if end < 0 else end
    return sliced(graph, name, axis, start, min(end, EVERYTHING), a["step"])


@operation("slice_scatter")
def slice_scatter(graph, a):
    axis = axis_of(graph, a["self"], a["dim"])
    size = graph.shape(a["self"])[axis]
    start, end = a["start"] or 0, size if a["end"] is None else min(a["end"], size)
    if a["step"] != 1 or start < 0 or end < 0:
        raise ExportError("a part with steps is changed")
    whole, parts = graph.tensor(a["self"]), [graph.tensor(a["src"], graph.type(a["self"]))]
    if start > 0:
        parts.insert(0, sliced(graph, whole, axis, 0, start, part="before"))
    if end < size:
        parts.append(sliced(graph, whole, axis, end, size, part="after"))
    return graph.add("Concat", parts, axis=axis) if len(parts) > 1 else parts[0]


@operation("select")
def select(graph, a):
    axis = axis_of(graph, a["self"], a["dim"])
    size = graph.shape(a["self"])[axis]
    if isinstance(size, Batch):
        raise ExportError("one image of the batch")
    return graph.add("Gather", [graph.tensor(a["self"]), graph.scalar(a["index"] % size, torch.int64)], axis=axis)


@operation("unbind")
def unbind(graph, a):
    axis, x = axis_of(graph, a["self"], a["dim"]), graph.tensor(a["self"])
    size = graph.shape(a["self"])[axis]
    return [graph.add("Gather", [x, graph.scalar(index, torch.int64)], axis=axis) for index in range(size)]


@operation("split", "split_with_sizes", "chunk", "unsafe_split")
def split(graph, a):
    axis = axis_of(graph, a["self"], a["dim"])
    sizes = [graph.shapes[each.index][axis] for each in graph.call.outputs]
    if len(sizes) == 1:
        return [graph.tensor(a["self"])]
    if any(isinstance(size, Batch) for size in sizes):
        raise ExportError("a part of the batch")
    return graph.add("Split", [graph.tensor(a["self"]), graph.integers(*sizes)], outputs=len(sizes), axis=axis)


@operation("cat")
def concatenate(graph, a):
    parts = [each for each in a["tensors"] if graph.shape(each) != [0]]
    dtype = graph.types[graph.call.outputs[0].index]
    names = [graph.tensor(each, dtype) for each in parts]
    return graph.add("Concat", names, axis=axis_of(graph, parts[0], a["dim"])) if len(names) > 1 else names[0]


@operation("stack")
def stack(graph, a):
    rank = len(graph.shape(a["tensors"][0])) + 1
    axis = a["dim"] % rank
    names = [graph.add("Unsqueeze", [graph.tensor(each), graph.integers(axis)], "unsqueeze") for each in a["tensors"]]
    return graph.add("Concat", names, axis=axis)


@operation("roll")
def roll(graph, a):
    name = graph.tensor(a["self"])
    if not a["dims"]:
        raise ExportError("a roll of all elements")
    for shift, axis in zip(a["shifts"], a["dims"]):
        axis = axis_of(graph, a["self"], axis)
        size = graph.shape(a["self"])[axis]
        shift %= size
        if shift:
            parts = [(size - shift, size), (0, size - shift)]
            names = [sliced(graph, name, axis, start, end, part="part") for start, end in parts]
            name = graph.add("Concat", names, axis=axis)
    return name


@operation("flip")
def flip(graph, a):
    name = graph.tensor(a["self"])
    for axis in axes_of(graph, a["self"], a["dims"]):
        name = sliced(graph, name, axis, -1, -EVERYTHING, -1)
    return name


@operation("index")
def index(graph, a):
    given = [(axis, each) for axis, each in enumerate(a["indices"]) if each is not None]
    if len(given) != 1 or not isinstance(given[0][1], Constant):
        raise ExportError("an index by several tensors, or by one that is computed")
    axis, indices = given[0][0], given[0][1].tensor
    if indices.dtype == torch.bool:
        if indices.dim() != 1:
            raise ExportError("an index by a mask of several axes")
        indices = indices.nonzero().flatten()
    size = graph.shape(a["self"])[axis]
    indices = torch.where(indices < 0, indices + size, indices).long()
    return graph.add("Gather", [graph.tensor(a["self"]), graph.constant(indices)], axis=axis)


@operation("index_select", "embedding")
def index_select(graph, a):
    if graph.call.operation == "embedding":
        return graph.add("Gather", [graph.tensor(a["weight"]), graph.tensor(a["indices"])], axis=0)
    axis = axis_of(graph, a["self"], a["dim"])
    return graph.add("Gather", [graph.tensor(a["self"]), graph.tensor(a["index"])], axis=axis)
