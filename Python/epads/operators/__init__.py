"""How each recorded operation is written in ONNX's standard operators."""

from . import activations, elements, images, layers, reductions, views  # noqa: F401  (each fills the table)
from .table import OPERATIONS

__all__ = ["OPERATIONS"]
