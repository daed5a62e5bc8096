"""The article's claims, one file each: sentence, measurement, and the rule that makes a verdict of its numbers.

To add one, add a file here that calls `register`. The registry is read without torch, which comes with the first
measurement; what several claims measure with lies in `lab/`.
"""

from importlib import import_module
from pkgutil import iter_modules

from .lab.registry import CLAIMS, Claim, claim_named, in_order, register

__all__ = ["CLAIMS", "Claim", "claim_named", "in_order", "register"]

for _module in iter_modules(__path__):
    if not _module.ispkg:
        import_module(f"{__name__}.{_module.name}")
