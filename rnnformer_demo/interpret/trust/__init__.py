"""Trust in an explanation, measured on the input that it explains."""

from .assessment import assess
from .card import FaithfulnessScores, RankedScore, Trust

__all__ = ["FaithfulnessScores", "RankedScore", "Trust", "assess"]
