"""Figures of an analysis. Each has a text alternative that says in words what it shows."""

from ..descriptions import MEAN_OF_HEADS, POOLING, describe_attention, describe_attribution, describe_states
from .attention import attention_figure, cell_at
from .attribution import attribution_figure
from .beliefs import beliefs_figure, comparison_figure
from .canvas import DPI, to_image, to_png, undrawable
from .states import states_figure
from .trust import trust_figure

__all__ = [
    "DPI",
    "MEAN_OF_HEADS",
    "POOLING",
    "attention_figure",
    "attribution_figure",
    "beliefs_figure",
    "cell_at",
    "comparison_figure",
    "describe_attention",
    "describe_attribution",
    "describe_states",
    "states_figure",
    "to_image",
    "to_png",
    "trust_figure",
    "undrawable",
]
