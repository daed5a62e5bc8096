"""Sections of the analysis document: plain values, tuples of them, and `Array`s. No torch, no models.

Shape legend: T tokens (of a text, or cells of a photo's grid), n units (words or cells), C classes, H heads, U units of
one direction of one recurrence. Tokens of a text are pieces of words; `Input.token_to_unit` says of which.
"""

from .attention import Attention, Jacobian
from .attribution import Attribution
from .behaviour import Interventions, Trajectory
from .core import Architecture, Input, Model, OutOfDistribution, Prediction, Provenance, Unit
from .edits import ComparedModel, Edit
from .recurrence import Contributor, FullestUnit, Recurrence
from .trust import Faithfulness, RankedScore, ShapleyEstimate, Trust

__all__ = [
    "Architecture",
    "Attention",
    "Attribution",
    "ComparedModel",
    "Contributor",
    "Edit",
    "Faithfulness",
    "FullestUnit",
    "Input",
    "Interventions",
    "Jacobian",
    "Model",
    "OutOfDistribution",
    "Prediction",
    "Provenance",
    "RankedScore",
    "Recurrence",
    "ShapleyEstimate",
    "Trajectory",
    "Trust",
    "Unit",
]
