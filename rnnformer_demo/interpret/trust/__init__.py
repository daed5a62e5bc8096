"""Trust in an explanation, measured on the input that it explains."""

from .assessment import assess

__all__ = ["assess"]
