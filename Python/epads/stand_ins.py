"""A network's copy on the meta device, and what its tensors stand for."""

import copy

import torch
from torch import nn

NORMALISATIONS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)
LAYERS_WITH_DRAWN_WEIGHTS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


class ExportError(Exception):
    """The network cannot be written; the text says which operation of which module is in the way."""


def free_parameters(module):
    """Names of the parameters that may be left out of a file, and among them of those that are drawn."""
    names, drawn = {}, set()
    every = {id(tensor): name for name, tensor in [*module.named_parameters(), *module.named_buffers()]}
    for each in module.modules():
        own = [(key, tensor) for key, tensor in each.named_parameters(recurse=False)]
        if isinstance(each, NORMALISATIONS):
            own += [(key, getattr(each, key, None)) for key in ("running_mean", "running_var")]
        for key, tensor in own:
            if tensor is None:
                continue
            layer = isinstance(each, LAYERS_WITH_DRAWN_WEIGHTS) and key in ("weight", "bias")
            norm = isinstance(each, NORMALISATIONS) and key in ("weight", "bias", "running_mean", "running_var")
            if layer or norm or isinstance(each, nn.PReLU):
                names[id(tensor)] = every[id(tensor)]
            if layer:
                drawn.add(every[id(tensor)])
    return names, drawn


def on_meta(module):
    """A copy whose tensors have no values; what each stands for: a free parameter's name, or a tensor and its name."""
    names, _ = free_parameters(module)
    every = {id(tensor): name for name, tensor in [*module.named_parameters(), *module.named_buffers()]}
    memo, stands_for, keep = {}, {}, []

    def stand_in(tensor):
        if id(tensor) in memo:
            return
        meta = torch.empty_like(tensor, device="meta", requires_grad=False)
        if isinstance(tensor, nn.Parameter):
            meta = nn.Parameter(meta, requires_grad=False)
        memo[id(tensor)] = meta
        stands_for[id(meta)] = names.get(id(tensor)) or (tensor, every.get(id(tensor)))
        keep.append(meta)

    for each in module.modules():
        # Tensors that are neither parameters nor buffers, such as a cached table, are attributes of the module.
        holders = [each._parameters, each._buffers, each.__dict__]
        holders += [held for held in each.__dict__.values() if isinstance(held, dict)]
        for holder in holders:
            for held in list(holder.values()):
                for tensor in held if isinstance(held, (list, tuple)) else [held]:
                    if isinstance(tensor, nn.parameter.UninitializedTensorMixin):
                        raise ExportError("a lazy module has no shapes before its first call; call the network once")
                    if isinstance(tensor, torch.Tensor):
                        stand_in(tensor)
    copied = copy.deepcopy(module, memo)
    copied.eval()
    for each in copied.modules():
        if isinstance(each, nn.modules.batchnorm._BatchNorm):
            each.train()
    return copied, stands_for, keep


def tensors_in(argument):
    if isinstance(argument, torch.Tensor):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from tensors_in(each)


def replaced(argument, replacement):
    if isinstance(argument, torch.Tensor):
        return replacement(argument)
    if isinstance(argument, (list, tuple)):
        return type(argument)(replaced(each, replacement) for each in argument)
    return argument
