"""Recurrent cells, one file each. To add one, add a file here that registers a subclass of `Cell`.

The files are imported with this package, which the page's start imports: they import torch only inside their functions.
"""

from importlib import import_module
from pkgutil import iter_modules

from .cell import CELLS, Cell, LinearRecurrence, register

__all__ = ["CELLS", "Cell", "LinearRecurrence", "register"]

for _module in iter_modules(__path__):
    import_module(f".{_module.name}", __name__)
