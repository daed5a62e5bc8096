"""A self-contained HTML report of one analysis document. It needs no model to be written, and no network to be read."""

from .render import render

__all__ = ["render"]
