"""Any torch module as an ONNX file, with or without its weights."""

from . import onnx_writer
from .graph import ELEMENTS, Graph, Node, merged
from .operators import OPERATIONS
from .recording import Call, Value, record
from .stand_ins import ExportError, free_parameters

__all__ = ["ExportError", "export"]

VERSION = "1"


def export(module, shape, path=None, weights=False):
    """Writes what `module` computes for images of `shape`, (channels, height, width), as an ONNX file.

    The file goes to `path`; without one its bytes are returned. Weights of convolutions and linear layers, weights and
    statistics of normalisations and the slopes of PReLU are inputs of the graph, with a shape and no value; every other
    parameter and buffer that the network reads is in the file. With `weights` all are, and ONNX Runtime computes what
    the module does in evaluation mode. The module is not changed, and its weights are not copied. `ExportError` names
    what cannot be written, and where.
    """
    graph, outputs = build(module, tuple(shape))
    data = written(graph, outputs, module, tuple(shape), weights)
    if path is None:
        return data
    with open(path, "wb") as file:
        file.write(data)
    return None


def build(module, shape):
    """The graph, and its results: name, type, shape. Runs of two and of three images tell what depends on the batch."""
    (first, results), (second, again) = record(module, shape, 2), record(module, shape, 3)
    if [call.operation for call in first.calls] != [call.operation for call in second.calls]:
        raise ExportError("what the network does depends on the number of images")
    shapes = [merged(one, other) for one, other in zip(first.shapes, second.shapes)]
    parameters = dict([*module.named_parameters(), *module.named_buffers()])
    leaves = {name for name, each in module.named_modules() if name and not any(True for _ in each.children())}
    graph = Graph(shapes, first.types, parameters, leaves)
    for call, other in zip(first.calls, second.calls):
        convert(graph, call, other)
    graph.call = Call("output", {}, [], "")
    references = [merged(one, other) for one, other in zip(results, again)]
    return graph, [(graph.tensor(each), graph.type(each), graph.shape(each)) for each in references]


def values_in(argument):
    return [each for one in argument for each in (values_in(one) if isinstance(one, list) else [one])]


def convert(graph, call, other):
    place = f"{call.module or 'the network'}: {call.operation}"
    if call.operation not in OPERATIONS:
        raise ExportError(f"{place} is not supported")
    for output in call.outputs:
        if output is not None and graph.types[output.index] not in ELEMENTS:
            raise ExportError(f"{place}: numbers of type {graph.types[output.index]} are not supported")
    read = [each for each in values_in(list(call.arguments.values())) if isinstance(each, Value)]
    if any(each.index not in graph.names for each in read):
        if call.site is not None:
            raise ExportError(f"{place} of something that has no value, such as the places of a pool's maxima")
        return  # what is made of them is of no use either
    graph.call = call
    try:
        arguments = {key: merged(value, other.arguments[key]) for key, value in call.arguments.items()}
        names = OPERATIONS[call.operation](graph, arguments)
    except (ExportError, TypeError) as error:  # arithmetic with a size that depends on the batch is a TypeError
        raise ExportError(f"{place}: {error}") from error
    for output, name in zip(call.outputs, names if isinstance(names, list) else [names]):
        if output is not None and name is not None:
            graph.names[output.index] = name


def written(graph, outputs, module, shape, weights):
    """The bytes: what the results and the sites need, in order of execution."""
    needed = {name for name, _, _ in outputs}
    nodes = []
    for node in reversed(graph.nodes):
        if node.site or needed.intersection(node.outputs):
            needed.update(node.inputs)
            nodes.append(node)
    nodes.reverse()

    final, values = {}, []
    produced = {name for node in nodes for name in node.outputs}
    for number, (name, dtype, sizes) in enumerate(outputs):
        result = graph.unique(f"logits.{number}") if number else "logits"
        if name in produced and name not in final:
            final[name] = result
        else:  # an input of the network, or one tensor twice
            nodes.append(Node("Identity", [name], [result], result, {}, "", False))
        sizes = [size if isinstance(size, int) else f"{size.times}*batch".removeprefix("1*") for size in sizes]
        values.append(onnx_writer.value(result, ELEMENTS[dtype], sizes))

    free, drawn = free_parameters(module)
    free = set(free.values())
    inputs, initializers = [onnx_writer.value("image", onnx_writer.FLOAT, ["batch", *shape])], []
    for name, parameter in graph.parameters.items():
        if name not in needed or name not in free:
            continue
        if weights:
            data = parameter.detach().cpu().contiguous().numpy().tobytes()
            initializers.append(onnx_writer.tensor(name, ELEMENTS[parameter.dtype], parameter.shape, data))
        else:
            inputs.append(onnx_writer.value(name, ELEMENTS[parameter.dtype], list(parameter.shape)))
    for name, (element, sizes, data) in graph.initializers.items():
        if name in needed:
            initializers.append(onnx_writer.tensor(name, element, sizes, data))

    texts = []
    for node in nodes:
        read, made = ([final.get(name, name) for name in names] for names in (node.inputs, node.outputs))
        texts.append(onnx_writer.node(node.operator, read, made, node.name, node.attributes, node.description))
    metadata = {"epads.drawn": "\n".join(sorted(drawn & needed))}
    return onnx_writer.model(type(module).__name__, texts, initializers, inputs, values, metadata, VERSION)
