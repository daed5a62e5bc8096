"""Views of an analysis document: its figures, their captions and HTML. Importing this registers every view.

A view is a module of this folder that calls `register`; adding one touches no other file. matplotlib is imported with
the first figure, and torch never.
"""

from importlib import import_module
from pkgutil import iter_modules

from .registry import VIEWS, Choices, Control, View, ordered, register, views_for

__all__ = ["VIEWS", "Choices", "Control", "View", "ordered", "register", "views_for"]

_DRAWING = "canvas"  # no view, and it imports matplotlib

for _module in iter_modules(__path__):
    if _module.name != _DRAWING:
        import_module(f"{__name__}.{_module.name}")
