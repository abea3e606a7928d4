"""Writes PyTorch networks as files that `epads` reads."""

from .export import ExportError, export

__all__ = ["ExportError", "export"]
