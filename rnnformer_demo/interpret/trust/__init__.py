"""How far an explanation can be trusted, measured on the input that it explains."""

from .assessment import assess
from .card import Measure, Removed, Trust

__all__ = ["Measure", "Removed", "Trust", "assess"]
