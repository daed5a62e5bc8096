"""Figures of an analysis. Each has a text alternative that says in words what it shows; pyplot is never touched."""

import io
import unicodedata
from collections.abc import Sequence

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from .colours import AGAINST, FOR
from .descriptions import (
    MEAN_OF_HEADS,
    POOLING,
    attended,
    describe_attention,
    describe_attribution,
    describe_states,
    head_name,
    head_weights,
    hidden_states,
    step_names,
)
from .explain import METHODS
from .pipeline import Analysis

__all__ = [
    "DPI",
    "MEAN_OF_HEADS",
    "POOLING",
    "attention_figure",
    "attribution_figure",
    "cell_at",
    "describe_attention",
    "describe_attribution",
    "describe_states",
    "states_figure",
    "to_image",
    "to_png",
    "undrawable",
]

# Whichever of these is installed draws Chinese and Japanese; matplotlib complains of every absent one at every letter.
_CJK_FONTS = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")
_installed = set(font_manager.get_font_names())
rcParams["font.family"] = ["DejaVu Sans", *(name for name in _CJK_FONTS if name in _installed)]

_FOR, _AGAINST = ([value / 255 for value in colour] for colour in (FOR, AGAINST))
# All safe for colour-blind eyes.
DIVERGING = LinearSegmentedColormap.from_list("against to for", [_AGAINST, (1, 1, 1), _FOR])
SEQUENTIAL, SIGNED_STATES = "viridis", "PuOr"
DPI = 130
_MAX_LABELS = 32  # more words than this cannot be read under an axis: every n-th is written
_MAX_WORD = 14  # Latin letters; one of Chinese is as wide as two
_BARS = 24
_WIDTH = 5.8  # inches
_MOST_OPAQUE = 0.75


def attribution_figure(analysis: Analysis) -> Figure:
    """Scores of the explanation: bars for words, an overlay for a photo."""
    title = _title(analysis, f"{analysis.explanation.method} for “{analysis.target}”")
    if analysis.explanation.grid:
        figure, ax, bar = _photo_figure(title)
        _draw_photo_scores(ax, bar, analysis)
    else:
        count = min(len(analysis.sample.names), _BARS)
        left = _room(analysis.sample.names)
        figure, ax, _ = _figure(title, _WIDTH, 1.6 + 0.2 * max(count, 8), left, right=0.3, bottom=0.65)
        _draw_word_scores(ax, analysis)
    return figure


def attention_figure(analysis: Analysis, layer: str, head: str = MEAN_OF_HEADS, from_step: int | None = None) -> Figure:
    """Attention weights: steps by steps for words, an overlay of what is attended for a photo.

    Args:
        layer: a key of `Trace.attention`, or POOLING.
        head: a number counted from 1, or MEAN_OF_HEADS.
        from_step: for a photo, the cell that looks; None for the mean over all cells.

    Raises:
        ValueError: for a layer, head or step that the trace does not hold.
    """
    pooling = layer == POOLING
    what = "pooling weights" if pooling else f"attention, {layer}, {head_name(head)}"
    if analysis.sample.grid:
        weights = attended(analysis, layer, head, from_step)
        if not pooling:
            what += ", mean over all cells" if from_step is None else f", from {analysis.sample.names[from_step]}"
        figure, ax, bar = _photo_figure(_title(analysis, what))
        _overlay(ax, bar, analysis, weights.view(analysis.sample.grid).numpy(), SEQUENTIAL, "weight")
        _outline(ax, analysis, from_step)
    else:
        weights = analysis.trace.pooling[None] if pooling else head_weights(analysis, layer, head)
        what += "" if pooling else "; each row sums to 1"
        room = _room(analysis.sample.names)
        left, height = (0.3, 1.5 + room) if pooling else (0.3 + room, 4.5 + room)
        figure, ax, bar = _figure(_title(analysis, what), _WIDTH, height, left, right=0.95, bottom=0.3 + room)
        _draw_matrix(ax, bar, weights.numpy(), step_names(analysis), SEQUENTIAL)
    return figure


def cell_at(figure: Figure, analysis: Analysis, x: float, y: float, dpi: int = DPI) -> int | None:
    """The cell of a photo's grid at a pixel of the drawn figure, counted from its upper left; None beside the photo."""
    figure.set_dpi(dpi)
    figure.draw_without_rendering()
    left, upper = figure.axes[0].transData.inverted().transform((x, figure.bbox.height - y))
    rows, columns = analysis.sample.grid
    width, height = analysis.sample.shown.size
    column, row = int(left * columns // width), int(upper * rows // height)
    return row * columns + column if 0 <= row < rows and 0 <= column < columns else None


def states_figure(analysis: Analysis, recurrence: str, direction: str = "forward") -> Figure:
    """Hidden states of one recurrence in one direction: units by steps, values in -1 to 1.

    Args:
        recurrence: a key of `Trace.states`.
        direction: "forward" or "backward".

    Raises:
        ValueError: for a recurrence or direction that the trace does not hold.
    """
    states = hidden_states(analysis, recurrence, direction)
    title = _title(analysis, f"hidden states, {recurrence}, {direction}")
    bottom = 0.55 if analysis.sample.grid else 0.1 + _room(analysis.sample.names)
    figure, ax, bar = _figure(title, _WIDTH, 4.2 + bottom, left=0.7, right=1.05, bottom=bottom)
    image = ax.imshow(states.T.numpy(), aspect="auto", cmap=SIGNED_STATES, vmin=-1, vmax=1, interpolation="nearest")
    _colour_bar(image, bar, "hidden state")
    if analysis.sample.grid:
        _label_rows(ax, analysis.sample.grid)
    else:
        _label_steps(ax.xaxis, step_names(analysis))
    ax.set_ylabel("unit")
    return figure


def undrawable(text: str) -> str:
    """The characters of a text, each once, that no installed font can draw: figures show boxes in their place."""
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in rcParams["font.family"]]
    characters = dict.fromkeys(character for character in text if character.isprintable())
    return "".join(
        character for character in characters if not any(font.get_char_index(ord(character)) for font in fonts)
    )


def to_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def to_image(figure: Figure, dpi: int = DPI) -> Image.Image:
    """The figure as a picture."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _figure(
    title: str, width: float, height: float, left: float, right: float, bottom: float, top: float = 0.45
) -> tuple[Figure, Axes, Axes]:
    """A figure, its axes, and the axes of a colour bar on their right. All sizes in inches.

    Fixed margins: matplotlib's automatic layouts draw everything twice.
    """
    figure = Figure(figsize=(width, height))
    tall = (height - top - bottom) / height
    ax = figure.add_axes((left / width, bottom / height, (width - left - right) / width, tall))
    bar = figure.add_axes(((width - right + 0.12) / width, bottom / height, 0.14 / width, tall))
    bar.set_axis_off()
    figure.text(0.12 / width, 1 - 0.14 / height, title.replace("$", r"\$"), fontsize=9, va="top")
    return figure, ax, bar


def _room(names: Sequence[str]) -> float:
    """Inches that the longest of some words takes beside an axis."""
    return 0.2 + 0.07 * max(_letters(_short(name)) for name in names)


def _letters(text: str) -> int:
    """The width of a text in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _photo_figure(title: str) -> tuple[Figure, Axes, Axes]:
    return _figure(title, _WIDTH, 5.3, left=0.12, right=0.95, bottom=0.12)


def _title(analysis: Analysis, what: str) -> str:
    return f"{analysis.prediction.model}: {what}"


def _short(word: str) -> str:
    cut = word[:_MAX_WORD]
    while _letters(cut) > _MAX_WORD:
        cut = cut[:-1]
    # A dollar sign would start a formula.
    return (word if cut == word else cut[:-1] + "…").replace("$", r"\$")


def _label_steps(axis, names: list[str]) -> None:
    every = -(-len(names) // _MAX_LABELS)
    axis.set_ticks(range(0, len(names), every), [_short(name) for name in names[::every]], fontsize=8)
    if axis.axis_name == "x":
        axis.set_tick_params(rotation=90)


def _label_rows(ax: Axes, grid: tuple[int, int]) -> None:
    """Names the rows of a photo's grid on an axis of its cells, and parts them."""
    rows, columns = grid
    ax.set_xticks([columns * row for row in range(rows)], [f"row {row + 1}" for row in range(rows)], fontsize=8)
    ax.set_xlabel("cells of the photo, row by row")
    for row in range(1, rows):
        ax.axvline(columns * row - 0.5, color="0.25", linewidth=0.6)


def _draw_matrix(ax: Axes, bar: Axes, weights: np.ndarray, names: list[str], colours: str) -> None:
    image = ax.imshow(weights, aspect="auto", cmap=colours, vmin=0, interpolation="nearest")
    _colour_bar(image, bar, "weight")
    _label_steps(ax.xaxis, names)
    ax.set_xlabel("is looked at")
    if len(weights) > 1:
        _label_steps(ax.yaxis, names)
        ax.set_ylabel("looks")
    else:
        ax.set_yticks([])


def _colour_bar(image: ScalarMappable, bar: Axes, label: str) -> None:
    bar.set_axis_on()
    bar.figure.colorbar(image, cax=bar, label=label)
    bar.tick_params(labelsize=8)


def _draw_word_scores(ax: Axes, analysis: Analysis) -> None:
    scores = analysis.explanation.scores
    order = sorted(scores.abs().argsort(descending=True)[:_BARS].tolist())
    values = [scores[index].item() for index in order]
    ax.barh(range(len(order)), values, height=0.75, color=[_FOR if value > 0 else _AGAINST for value in values])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.set_yticks(range(len(order)), [_short(analysis.sample.names[index]) for index in order], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    more = f" (the {_BARS} strongest of {len(scores)} words)" if len(scores) > _BARS else ""
    ax.set_xlabel(_score_label(analysis) + more)


def _score_label(analysis: Analysis) -> str:
    return f"against ←  {METHODS[analysis.explanation.method].scale}  → for"


def _draw_photo_scores(ax: Axes, bar: Axes, analysis: Analysis) -> None:
    rows, columns = analysis.explanation.grid
    scores = analysis.explanation.scores.view(rows, columns).numpy()
    # A few extreme pixels would leave all others white: the scale ends at the 99.5th percentile.
    top = float(np.percentile(np.abs(scores), 99.5 if scores.size > 1000 else 100)) or 1.0
    _overlay(ax, bar, analysis, scores, DIVERGING, _score_label(analysis), top)


def _overlay(
    ax: Axes,
    bar: Axes,
    analysis: Analysis,
    values: np.ndarray,
    colours: str | Colormap,
    label: str,
    top: float | None = None,
) -> None:
    """Values over the grey photo; with `top`, a scale that is symmetric around zero, where the photo shows through."""
    photo = analysis.sample.shown
    extent = (0, photo.width, photo.height, 0)
    ax.imshow(photo.convert("L"), cmap="gray", vmin=0, vmax=255, extent=extent)
    scale = Normalize(-top, top) if top else Normalize(0, float(values.max()) or 1.0)
    opacity = _MOST_OPAQUE * (np.clip(np.abs(values) / top, 0, 1) ** 0.7 if top else 0.85)
    ax.imshow(values, cmap=colours, norm=scale, alpha=opacity, extent=extent, interpolation="nearest")
    _colour_bar(ScalarMappable(scale, colours), bar, label)
    ax.set_axis_off()


def _outline(ax: Axes, analysis: Analysis, step: int | None) -> None:
    """A frame around the cell that looks."""
    if step is None:
        return
    rows, columns = analysis.sample.grid
    width, height = analysis.sample.shown.size[0] / columns, analysis.sample.shown.size[1] / rows
    row, column = divmod(step, columns)
    ax.add_patch(Rectangle((column * width, row * height), width, height, fill=False, edgecolor="white", linewidth=2.5))
