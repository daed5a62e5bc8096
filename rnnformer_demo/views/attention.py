"""Attention weights: steps by steps for words, an overlay of what is attended for a photo."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from ..analysis.service import Analysis
from .canvas import DPI, SEQUENTIAL, WIDTH, blank, colour_bar, label_steps, overlay, photo_figure, room, titled
from .descriptions import MEAN_OF_HEADS, POOLING, attended, head_name, head_weights, step_names


def attention_figure(
    analysis: Analysis,
    layer: str,
    head: str = MEAN_OF_HEADS,
    from_step: int | None = None,
    dependence: Tensor | None = None,
) -> Figure:
    """Attention weights: steps by steps for words, an overlay of what is attended for a photo.

    Args:
        layer: a key of `Trace.attention`, or POOLING.
        head: a number counted from 1, or MEAN_OF_HEADS.
        from_step: for a photo, the cell that looks; None for the mean over all cells.
        dependence: traces the weights through the recurrence to words or patches, see `inquiry.dependence`.

    Raises:
        ValueError: for a layer, head or step that the trace does not hold.
    """
    pooling = layer == POOLING
    what = "pooling weights" if pooling else f"attention, {layer}, {head_name(head)}"
    what += "" if dependence is None else ", through the recurrence"
    if analysis.sample.grid:
        weights = attended(analysis, layer, head, from_step, dependence)
        if not pooling:
            what += ", mean over all cells" if from_step is None else f", from {analysis.sample.unit_names[from_step]}"
        figure, ax, bar = photo_figure(titled(analysis, what))
        overlay(ax, bar, analysis, weights.view(analysis.sample.grid).numpy(), SEQUENTIAL, "weight")
        _outline(ax, analysis, from_step)
    else:
        weights = head_weights(analysis, layer, head, dependence)
        what += "" if pooling else "; each row sums to 1"
        beside = room(analysis.sample.unit_names)
        left, height = (0.3, 1.5 + beside) if pooling else (0.3 + beside, 4.5 + beside)
        figure, ax, bar = blank(titled(analysis, what), WIDTH, height, left, right=0.95, bottom=0.3 + beside)
        _draw_matrix(ax, bar, weights.numpy(), step_names(analysis), SEQUENTIAL)
    return figure


def cell_at(figure: Figure, analysis: Analysis, x: float, y: float, dpi: int = DPI) -> int | None:
    """The cell of a photo's grid at a pixel of the drawn figure, counted from its upper left; None beside the photo."""
    figure.set_dpi(dpi)
    figure.draw_without_rendering()
    left, upper = figure.axes[0].transData.inverted().transform((x, figure.bbox.height - y))
    rows, columns = analysis.sample.grid
    width, height = analysis.sample.display.size
    column, row = int(left * columns // width), int(upper * rows // height)
    return row * columns + column if 0 <= row < rows and 0 <= column < columns else None


def _draw_matrix(ax: Axes, bar: Axes, weights: np.ndarray, names: list[str], colours: str) -> None:
    image = ax.imshow(weights, aspect="auto", cmap=colours, vmin=0, interpolation="nearest")
    colour_bar(image, bar, "weight")
    label_steps(ax.xaxis, names)
    ax.set_xlabel("is looked at")
    if len(weights) > 1:
        label_steps(ax.yaxis, names)
        ax.set_ylabel("looks")
    else:
        ax.set_yticks([])


def _outline(ax: Axes, analysis: Analysis, step: int | None) -> None:
    """A frame around the cell that looks."""
    if step is None:
        return
    rows, columns = analysis.sample.grid
    width, height = analysis.sample.display.size[0] / columns, analysis.sample.display.size[1] / rows
    row, column = divmod(step, columns)
    ax.add_patch(Rectangle((column * width, row * height), width, height, fill=False, edgecolor="white", linewidth=2.5))
