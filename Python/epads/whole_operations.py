"""Operations that PyTorch takes apart, or whose arguments it loses on the meta device, before a mode sees them."""

import contextlib

import torch
import torch.nn.functional as functional

from .stand_ins import ExportError


@contextlib.contextmanager
def whole_operations(recorder):
    """Records linear layers, products, attention and the like, which PyTorch takes apart before a mode sees them."""

    original_index = torch.Tensor.__getitem__

    def product(left, other):
        return recorder.call(torch.ops.aten.matmul.default, (left, other), {})

    def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
        if enable_gqa or is_causal and attn_mask is not None:
            raise ExportError(f"{recorder.where()}: scaled_dot_product_attention with grouped queries or two masks")
        weights = product(query * (scale if scale is not None else query.shape[-1] ** -0.5), key.transpose(-2, -1))
        if is_causal:
            attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            weights = weights.masked_fill(attn_mask.logical_not(), float("-inf"))
        elif attn_mask is not None:
            weights = weights + attn_mask
        return product(torch.softmax(weights, -1), value)

    def normalised(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
        given = (input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled)
        return recorder.call(torch.ops.aten.instance_norm.default, given, {})

    def indexed(tensor, index):
        # A list becomes a tensor on the meta device before a mode sees it, and its numbers are lost.
        index = index if isinstance(index, tuple) else (index,)
        return original_index(tensor, tuple(torch.tensor(each) if isinstance(each, list) else each for each in index))

    def linear(input, weight, bias=None):
        return recorder.call(torch.ops.aten.linear.default, (input, weight, bias), {})

    def matmul(input, other):
        return product(input, other)

    replacements = [
        (functional, "linear", linear), (functional, "scaled_dot_product_attention", attention),
        (torch, "matmul", matmul), (torch.Tensor, "matmul", matmul), (torch.Tensor, "__matmul__", matmul),
        (torch, "instance_norm", normalised), (torch.Tensor, "__getitem__", indexed),
    ]  # fmt: skip
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    before = [(holder, name, holder.__dict__.get(name)) for holder, name, _ in replacements]
    for holder, name, replacement in replacements:
        setattr(holder, name, replacement)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        for holder, name, original in before:
            if original is None:
                delattr(holder, name)  # it was inherited
            else:
                setattr(holder, name, original)
