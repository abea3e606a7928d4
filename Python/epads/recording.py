"""What a network computes, recorded on PyTorch's meta device: every operation, with shapes and without the arithmetic.

The network runs as it is, so whatever its Python does is followed; nothing of it is parsed. Values that depend on
neither the image nor a drawn weight (masks, position tables, class tokens) are computed for real beside the recording,
and an operation reads them as constants. A network whose Python asks for the value of anything else cannot be recorded.
"""

import dataclasses

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .stand_ins import ExportError, on_meta, replaced, tensors_in
from .whole_operations import whole_operations

# The activation functions that count as sites, by operation.
SITES = {
    "relu": "relu", "hardtanh": "relu6", "leaky_relu": "leaky_relu", "_prelu_kernel": "prelu",
    "rrelu_with_noise": "rrelu", "silu": "silu", "gelu": "gelu", "hardswish": "hardswish", "elu": "elu", "mish": "mish",
    "celu": "celu",
}  # fmt: skip
SAME_VALUE = {"detach", "alias", "clone", "contiguous", "lift_fresh", "lift_fresh_copy", "dropout", "_to_copy"}
SHAPE_ONLY = {
    "zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty",
}  # fmt: skip
READS_VALUES = {"_local_scalar_dense", "equal", "nonzero", "masked_select", "is_nonzero", "unique", "_unique2"}


@dataclasses.dataclass(frozen=True)
class Value:
    """A tensor that depends on the image or on a drawn weight, by its place among all that are recorded."""

    index: int


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A tensor that a file names and need not hold: a drawn weight, a normalisation's weight or statistics."""

    name: str


@dataclasses.dataclass(frozen=True, eq=False)
class Constant:
    """A tensor with the value it had when it was read, and its name where it is one of the network's own, unchanged."""

    tensor: torch.Tensor
    name: str | None = None


@dataclasses.dataclass
class Call:
    """One operation: its name without overload and underscore, arguments by name, the values it makes."""

    operation: str
    arguments: dict
    outputs: list
    module: str
    site: tuple | None = None  # (index, function, type of module, number of the call within the module)


class Recorder(TorchDispatchMode):
    """The calls of one run of a network whose tensors are on the meta device."""

    def __init__(self, module, stands_for, image):
        super().__init__()
        self.calls, self.shapes, self.types = [], [], []
        # By id of a tensor: the value or parameter it is; its real value; the copy of that, with its version.
        self.known, self.real, self.snapshots = {}, {}, {}
        self.keep, self.outdated, self.stand_ins = [], {}, {}
        # By storage: the tensors in it; for the storage of a stand-in the one that it stands for.
        self.sharing, self.same_storage = {}, {}
        self.stands_for, self.originals, self.sites, self.calls_of = stands_for, {}, 0, {}
        self.silent = False
        self.scope = [("", module)]
        self.hooks = []
        for name, each in module.named_modules():
            if name:
                enter = each.register_forward_pre_hook(lambda m, i, n=name: self.scope.append((n, m)))
                leave = each.register_forward_hook(lambda m, i, o: self.scope.pop() and None)
                self.hooks += [enter, leave]
        self.image = self.define(image)

    # What a tensor is.

    def define(self, tensor):
        value = Value(len(self.shapes))
        self.shapes.append(list(tensor.shape))
        self.types.append(tensor.dtype)
        self.alias(tensor, value)
        return value

    def alias(self, tensor, value):
        self.known[id(tensor)] = value
        self.real.pop(id(tensor), None)
        self.outdated.pop(id(tensor), None)
        self.track(tensor)

    def track(self, tensor):
        self.keep.append(tensor)
        if not any(each is tensor for each in self.sharers(tensor)):
            self.sharers(tensor).append(tensor)

    def reference(self, tensor):
        """The value or parameter that a tensor is, or the tensor with its real value."""
        key = id(tensor)
        if key in self.outdated:
            self.renew(tensor)
        if key in self.known:
            return self.known[key]
        if key in self.real:
            return self.real[key]
        origin = self.stands_for.get(key)
        if isinstance(origin, str):
            self.alias(tensor, Parameter(origin))
            return self.known[key]
        if origin is not None:
            original, name = origin
            if original.is_meta:
                raise ExportError(f"{self.where()}: {name or 'a tensor'} keeps its value, but is on the meta device")
            self.real[key] = original.detach().cpu().clone()  # the network must not change
            self.originals[id(self.real[key])] = (name, self.real[key]._version)
        elif tensor.is_meta:
            raise ExportError(f"{self.where()}: a tensor comes from outside the network")
        else:
            self.real[key] = tensor
        self.track(tensor)
        return self.real[key]

    def where(self):
        name, module = self.scope[-1]
        return f"{name or 'the network'} ({type(module).__name__})"

    def snapshot(self, tensor):
        real = self.reference(tensor)
        if not isinstance(real, torch.Tensor):
            return real
        version = real._version
        if self.snapshots.get(id(real), (None, None))[1] != version:
            self.keep.append(real)
            name, unchanged = self.originals.get(id(real), (None, None))
            copied = Constant(real.detach().clone(), name if version == unchanged else None)
            self.snapshots[id(real)] = (copied, version)
        return self.snapshots[id(real)][0]

    def meta(self, tensor):
        if tensor.is_meta:
            return tensor
        if id(tensor) not in self.stand_ins:
            # Views of the stand-in share memory with the tensor, as far as what is changed in place is concerned.
            storage = tensor.untyped_storage()
            whole = torch.empty(storage.nbytes() // tensor.element_size(), dtype=tensor.dtype, device="meta")
            self.same_storage[whole.untyped_storage()._cdata] = storage._cdata
            self.stand_ins[id(tensor)] = whole.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
            self.keep.append(tensor)
        return self.stand_ins[id(tensor)]

    def sharers(self, tensor):
        key = tensor.untyped_storage()._cdata
        return self.sharing.setdefault(self.same_storage.get(key, key), [])

    # Operations.

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if self.silent:
            return func(*args, **(kwargs or {}))
        return self.call(func, args, kwargs or {})

    def call(self, func, args, kwargs):
        """Runs an operation and records it, or computes it where all that it reads is constant."""
        before, self.silent = self.silent, True  # what is done to find out is not the network's doing
        try:
            return self.recorded(func, args, kwargs)
        finally:
            self.silent = before

    def recorded(self, func, args, kwargs):
        operation = func._schema.name.split("::")[1]
        in_place = operation.endswith("_") and not operation.endswith("__")
        operation = operation[:-1] if in_place else operation
        bound = {}
        for position, argument in enumerate(func._schema.arguments):
            given = args[position] if position < len(args) else kwargs.get(argument.name, argument.default_value)
            bound[argument.name] = given
        bound.pop("noise", None)  # of a randomised rectifier, which is none outside training
        site = self.site_function(operation, bound)
        read = [self.reference(tensor) for tensor in tensors_in(list(args) + list(kwargs.values()))]
        if torch.Tag.nondeterministic_seeded in func.tags and site is None and operation not in SAME_VALUE:
            raise ExportError(f"{self.where()}: {func} is random")
        if operation in SHAPE_ONLY:
            return self.compute(func, args, kwargs, lambda tensor: torch.zeros_like(tensor, device="cpu"))
        if site is None and not any(isinstance(each, (Value, Parameter)) for each in read):
            return self.compute(func, args, kwargs, self.reference)
        if operation in READS_VALUES:
            raise ExportError(f"{self.where()}: {func}: what the network does depends on values that it computes")
        if operation == "as_strided" and laid_out_alike(self.meta(args[0]), bound["size"], bound["stride"]):
            results = func(*replaced(tuple(args), self.meta), **kwargs)  # in place, too, it changes no value
            self.alias(results, read[0])
            return results
        if operation == "index":
            args = (args[0], [self.places(each) for each in args[1]])
            bound["indices"] = args[1]
        given = {key: replaced(argument, self.snapshot) for key, argument in bound.items()}
        results = func(*replaced(tuple(args), self.meta), **replaced(kwargs, self.meta))
        outputs = list(results) if isinstance(results, (list, tuple)) else [results]
        if operation in SAME_VALUE and not in_place and outputs[0].dtype == args[0].dtype:
            self.alias(outputs[0], read[0])
            return results
        call = Call(operation, given, [], self.scope[-1][0])
        if site is not None:
            name, module = self.scope[-1]
            number = self.calls_of[name] = self.calls_of.get(name, -1) + 1
            call.site = (self.sites, site, type(module).__name__, number)
            self.sites += 1
        self.calls.append(call)
        if in_place:
            outputs = [args[0]]
            self.change(args[0], call)
            return args[0]
        call.outputs = [self.define(each) if isinstance(each, torch.Tensor) else None for each in outputs]
        return results

    @staticmethod
    def site_function(operation, arguments):
        if operation == "hardtanh" and arguments["min_val"] != 0:
            return None  # clamping to another interval is no rectifier
        return SITES.get(operation)

    def places(self, index):
        """A constant mask as the numbers of the places that it takes: on the meta device nobody knows how many."""
        real = None if index is None else self.reference(index)
        if isinstance(real, torch.Tensor) and real.dtype == torch.bool and real.dim() == 1:
            return real.nonzero().flatten()
        return index

    def compute(self, func, args, kwargs, real):
        given = replaced(tuple(args), real)
        named = {key: replaced(argument, real) for key, argument in kwargs.items()}
        operands = list(tensors_in(list(args) + list(kwargs.values())))
        on_meta = any(each.is_meta for each in operands)
        if named.get("device") is not None:
            on_meta = on_meta or torch.device(named["device"]).type == "meta"
            named["device"] = torch.device("cpu")
        exact = func(*given, **named)
        if "empty" in func._schema.name:
            exact.zero_()  # what is left there differs from run to run
        if not on_meta or not isinstance(exact, (torch.Tensor, list, tuple)):
            results = exact  # a number, or tensors that the network made on the processor
        else:
            results = func(*replaced(tuple(args), self.meta), **replaced(kwargs, self.meta))
        for tensor, value in zip(tensors_in(results), tensors_in(exact)):
            self.real[id(tensor)] = value
            self.track(tensor)
        return results

    # Operations that change a tensor in place.

    def change(self, tensor, call):
        """The tensor has a new value; others that share its memory are out of date where they overlap."""
        sharers = [each for each in self.sharers(tensor) if each is not tensor]
        for other in sharers:
            try:
                self.reference(other)
            except ExportError as error:  # lost, which matters only where it is read again
                self.outdated[id(other)] = error
        call.outputs = [self.define(tensor)]
        for other in sharers:
            alike = laid_out_alike(tensor, other.shape, other.stride())
            if alike and other.storage_offset() == tensor.storage_offset():
                self.alias(other, call.outputs[0])
            elif not isinstance(self.outdated.get(id(other)), ExportError) and overlap(tensor, other):
                self.outdated[id(other)] = (tensor, call.outputs[0])

    def renew(self, tensor):
        """A view of, or a tensor around, one that was changed in place."""
        if isinstance(self.outdated[id(tensor)], ExportError):
            raise self.outdated[id(tensor)]
        changed, value = self.outdated.pop(id(tensor))
        whole = tensor.numel() == changed.numel() and tensor.storage_offset() == changed.storage_offset()
        if whole and tensor.is_contiguous() and changed.is_contiguous():
            shape = list(tensor.shape)
            self.alias(tensor, self.add_call("view", {"self": value, "size": shape}, shape, tensor.dtype))
            return
        box = box_of(changed, tensor)
        for axis in range(tensor.dim() if box is None and changed.dim() + 1 == tensor.dim() else 0):
            # One place along an axis, which the view lacks.
            shape, strides = list(changed.shape), list(changed.stride())
            shape.insert(axis, 1)
            strides.insert(axis, tensor.stride(axis))
            box = box_of(changed.as_strided(shape, strides, changed.storage_offset()), tensor)
            if box is not None:
                value = self.add_call("view", {"self": value, "size": shape}, shape, self.types[value.index])
                break
        if box is None:
            raise ExportError(f"{self.where()}: a tensor is read after a view of it was changed in place")
        self.alias(tensor, self.scattered(self.snapshot(tensor), list(tensor.shape), value, box))

    def add_call(self, operation, arguments, shape, dtype):
        value = Value(len(self.shapes))
        self.shapes.append(shape)
        self.types.append(dtype)
        self.calls.append(Call(operation, arguments, [value], self.scope[-1][0]))
        return value

    def scattered(self, whole, shape, part, box):
        """A tensor of which a box has been replaced: the ends of the box by axis, outermost first."""
        (axis, start, end), *inner = box
        place = {"dim": axis, "start": start, "end": end, "step": 1}
        dtype = self.types[part.index]
        if inner:
            smaller = [*shape[:axis], end - start, *shape[axis + 1 :]]
            slab = self.add_call("slice", {"self": whole, **place}, smaller, dtype)
            part = self.scattered(slab, smaller, part, inner)
        return self.add_call("slice_scatter", {"self": whole, "src": part, **place}, shape, dtype)


def laid_out_alike(tensor, shape, strides):
    """Whether a tensor has these sizes and strides; the stride of an axis with one element does not matter."""
    axes = zip(tensor.shape, tensor.stride(), strides)
    return tensor.shape == torch.Size(shape) and all(size == 1 or left == right for size, left, right in axes)


def box_of(part, whole):
    """The axes along which a view is smaller than the tensor around it, with its ends there; None: no such view."""
    if part.dim() != whole.dim() or part.stride() != whole.stride():
        return None
    offset, box = part.storage_offset() - whole.storage_offset(), []
    for axis in sorted(range(whole.dim()), key=lambda axis: -whole.stride(axis)):
        start, offset = divmod(offset, whole.stride(axis)) if part.shape[axis] != whole.shape[axis] else (0, offset)
        if start < 0 or start + part.shape[axis] > whole.shape[axis]:
            return None
        if part.shape[axis] != whole.shape[axis]:
            box.append((axis, start, start + part.shape[axis]))
    return box if box and offset == 0 else None


def overlap(one, other):
    """Whether two tensors of one storage have an element in common."""
    size = one.untyped_storage().nbytes() // one.element_size()
    marks = torch.zeros(size, dtype=torch.bool)
    marks.as_strided(one.shape, one.stride(), one.storage_offset()).fill_(True)
    return bool(marks.as_strided(other.shape, other.stride(), other.storage_offset()).any())


def record(module, shape, batch):
    """The recorder of one run, and what the network returned: a list of references."""
    copied, stands_for, keep = on_meta(module)
    image = torch.empty((batch, *shape), device="meta", dtype=torch.float32)
    recorder = Recorder(copied, stands_for, image)
    recorder.keep.append(keep)
    try:
        with torch.no_grad(), whole_operations(recorder), recorder:
            result = copied(image)
    except (NotImplementedError, RuntimeError) as error:
        raise ExportError(f"{recorder.where()}: {error}") from error
    finally:
        for hook in recorder.hooks:
            hook.remove()
    results = list(tensors_in(list(result.values()) if isinstance(result, dict) else result))
    if not results:
        raise ExportError("the network returns no tensor")
    return recorder, [recorder.snapshot(each) for each in results]
