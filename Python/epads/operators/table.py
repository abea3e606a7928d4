"""The table of operations, and what the functions in it share.

A function of the table takes the graph and the arguments of a call by their names in PyTorch's schema, and gives the
name of the value, or a list of names where the operation has several. The files beside this one fill it.
"""

OPERATIONS = {}


def operation(*names):
    def register(function):
        OPERATIONS.update(dict.fromkeys(names, function))
        return function

    return register


def axis_of(graph, reference, axis):
    return axis % max(len(graph.shape(reference)), 1)


def axes_of(graph, reference, axes):
    rank = len(graph.shape(reference))
    if isinstance(axes, int):
        axes = [axes]
    return sorted(axis % rank for axis in axes) if axes else list(range(rank))


def pair(numbers, count=2):
    numbers = [numbers] if isinstance(numbers, int) else list(numbers)
    return numbers * count if len(numbers) == 1 else numbers


def sliced(graph, name, axis, start, end, step=1, part=""):
    numbers = [graph.integers(number) for number in (start, end, axis, step)]
    return graph.add("Slice", [name, *numbers], part)
