"""What can be asked about an analysis: how far its explanation can be trusted, what the model believed on the way,
whether attention and memory matter, and what it would say without a word or a patch. Page, command line and API call
these.
"""

from .edits import (
    CounterfactualEdit,
    EditEffect,
    ablate_units,
    minimal_counterfactual,
    perturbations,
    replace_word,
    unit_named,
    units_named,
)
from .internals import (
    ATTENTION,
    MEMORY,
    ORIGINAL,
    InterventionEffects,
    PrefixTrajectory,
    assess,
    inside,
    measure_interventions,
    prefix_predictions,
    token_jacobian_norms,
)

__all__ = [
    "ATTENTION",
    "MEMORY",
    "ORIGINAL",
    "CounterfactualEdit",
    "EditEffect",
    "InterventionEffects",
    "PrefixTrajectory",
    "ablate_units",
    "assess",
    "inside",
    "measure_interventions",
    "minimal_counterfactual",
    "perturbations",
    "prefix_predictions",
    "replace_word",
    "token_jacobian_norms",
    "unit_named",
    "units_named",
]
