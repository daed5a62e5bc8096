"""Figures of an analysis. Each has a text alternative that says in words what it shows; pyplot is never touched."""

import io

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from .pipeline import Analysis

# Whichever of these is installed draws Chinese and Japanese; matplotlib complains of every absent one at every letter.
_CJK_FONTS = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")
_installed = set(font_manager.get_font_names())
matplotlib.rcParams["font.family"] = ["DejaVu Sans", *(name for name in _CJK_FONTS if name in _installed)]

DIVERGING, SEQUENTIAL, SIGNED_STATES = "RdBu", "viridis", "PuOr"  # safe for colour-blind eyes
MEAN_OF_HEADS = "mean of heads"
POOLING = "pooling"
_MAX_LABELS = 64  # more words than this cannot be read under an axis: every n-th is written
_MAX_WORD = 14
_BARS = 24


def attribution_figure(analysis: Analysis) -> Figure:
    """Scores of the explanation: bars for words, an overlay for a photo."""
    figure, ax = _figure(*((6.2, 5.4) if analysis.explanation.grid else (7.0, 5.4)))
    draw = _draw_photo_scores if analysis.explanation.grid else _draw_word_scores
    draw(ax, analysis)
    ax.set_title(_title(analysis, f"{analysis.explanation.method} for “{analysis.target}”"), fontsize=10)
    return figure


def attention_figure(analysis: Analysis, layer: str, head: str = MEAN_OF_HEADS) -> Figure:
    """Attention weights: steps by steps for words, an overlay of what is attended on average for a photo.

    Args:
        layer: a key of `Trace.attention`, or POOLING.
        head: a number counted from 1, or MEAN_OF_HEADS.

    Raises:
        ValueError: for a layer or head that the trace does not hold.
    """
    if layer == POOLING:
        weights, what = analysis.trace.pooling[None], "pooling weights"
    else:
        weights, what = _head(analysis, layer, head), f"attention, {layer}, {_head_name(head)}"
    figure, ax = _figure(*((6.2, 5.4) if analysis.sample.grid else (7.4, 6.4 if len(weights) > 1 else 2.4)))
    if analysis.sample.grid:
        _overlay(ax, analysis, weights.mean(0).view(analysis.sample.grid).numpy(), SEQUENTIAL)
        what += ", mean over the cells that look"
    else:
        _draw_matrix(ax, weights.numpy(), _step_names(analysis), SEQUENTIAL)
    ax.set_title(_title(analysis, what + "; each row sums to 1"), fontsize=10)
    return figure


def states_figure(analysis: Analysis, recurrence: str, direction: str = "forward") -> Figure:
    """Hidden states of one recurrence in one direction: units by steps, values in -1 to 1.

    Args:
        recurrence: a key of `Trace.states`.
        direction: "forward" or "backward".

    Raises:
        ValueError: for a recurrence or direction that the trace does not hold.
    """
    states = _states(analysis, recurrence, direction)
    figure, ax = _figure(7.4, 5.2)
    image = ax.imshow(states.T.numpy(), aspect="auto", cmap=SIGNED_STATES, vmin=-1, vmax=1, interpolation="nearest")
    figure.colorbar(image, ax=ax, label="hidden state")
    _label_steps(ax.xaxis, _step_names(analysis))
    ax.set_ylabel("unit")
    ax.set_title(_title(analysis, f"hidden states, {recurrence}, {direction}"), fontsize=10)
    return figure


def describe_attribution(analysis: Analysis, count: int = 5) -> str:
    """The attribution figure in words."""
    scores, names = analysis.explanation.scores, _score_names(analysis)
    order = scores.abs().argsort(descending=True)[:count].tolist()
    strongest = ", ".join(f"{names[index]} ({scores[index]:+.2f})" for index in order)
    return f"{analysis.explanation.method} for {analysis.target}. Strongest: {strongest}."


def describe_attention(analysis: Analysis, layer: str, head: str = MEAN_OF_HEADS, count: int = 5) -> str:
    """The attention figure in words."""
    weights = analysis.trace.pooling if layer == POOLING else _head(analysis, layer, head).mean(0)
    order = weights.argsort(descending=True)[:count].tolist()
    names = _step_names(analysis)
    most = ", ".join(f"{names[index]} ({weights[index]:.1%})" for index in order)
    return f"Attention, {layer}, {_head_name(head)}. Attended most on average: {most}."


def describe_states(analysis: Analysis, recurrence: str, direction: str = "forward") -> str:
    """The figure of hidden states in words."""
    states = _states(analysis, recurrence, direction)
    change = states.diff(dim=0).norm(dim=-1)
    if not len(change):
        return f"Hidden states of {recurrence}, {direction}: one step, {states.shape[1]} units."
    step = int(change.argmax()) + 1
    return (
        f"Hidden states of {recurrence}, {direction}: {states.shape[0]} steps, {states.shape[1]} units. "
        f"The largest change comes at {_step_names(analysis)[step]}."
    )


def to_png(figure: Figure, dpi: int = 110) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def to_image(figure: Figure, dpi: int = 110) -> Image.Image:
    """The figure as a picture."""
    return Image.open(io.BytesIO(to_png(figure, dpi))).convert("RGB")


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _title(analysis: Analysis, what: str) -> str:
    return f"{analysis.prediction.model}: {what}"


def _head_name(head: str) -> str:
    return head if head == MEAN_OF_HEADS else f"head {head}"


def _head(analysis: Analysis, layer: str, head: str) -> Tensor:
    """(T, T) weights of one head, or of all in the mean."""
    if layer not in analysis.trace.attention:
        raise ValueError(f"layer must be one of {sorted(analysis.trace.attention)}, got {layer!r}")
    weights = analysis.trace.attention[layer]  # (H, T, T)
    if head == MEAN_OF_HEADS:
        return weights.mean(0)
    if not str(head).isdecimal() or not 1 <= int(head) <= len(weights):
        raise ValueError(f"head must be 1 to {len(weights)} or {MEAN_OF_HEADS!r}, got {head!r}")
    return weights[int(head) - 1]


def _states(analysis: Analysis, recurrence: str, direction: str) -> Tensor:
    """(T, U) hidden states."""
    if recurrence not in analysis.trace.states:
        raise ValueError(f"recurrence must be one of {sorted(analysis.trace.states)}, got {recurrence!r}")
    if direction not in ("forward", "backward"):
        raise ValueError(f"direction must be 'forward' or 'backward', got {direction!r}")
    return analysis.trace.states[recurrence][:, 0 if direction == "forward" else 1]


def _step_names(analysis: Analysis) -> list[str]:
    """A name for each step: its word, or "…" where a word goes on; its cell."""
    names, previous = [], None
    for unit in analysis.sample.step_units.tolist():
        name = analysis.sample.names[unit] if unit != previous else "…"
        names.append(name if analysis.sample.grid is None else name.replace("row ", "").replace(", column ", "·"))
        previous = unit
    return names


def _score_names(analysis: Analysis) -> list[str]:
    explanation = analysis.explanation
    if explanation.grid is None or explanation.grid == analysis.sample.grid:
        return list(analysis.sample.names)
    rows, columns = explanation.grid
    return [f"pixel at {column}, {row}" for row in range(rows) for column in range(columns)]


def _short(word: str) -> str:
    # A dollar sign would start a formula.
    return (word if len(word) <= _MAX_WORD else word[: _MAX_WORD - 1] + "…").replace("$", r"\$")


def _label_steps(axis, names: list[str]) -> None:
    every = -(-len(names) // _MAX_LABELS)
    axis.set_ticks(range(0, len(names), every), [_short(name) for name in names[::every]], fontsize=7)
    if axis.axis_name == "x":
        axis.set_tick_params(rotation=90)


def _draw_matrix(ax: Axes, weights: np.ndarray, names: list[str], colours: str) -> None:
    image = ax.imshow(weights, aspect="auto", cmap=colours, vmin=0, interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="weight")
    _label_steps(ax.xaxis, names)
    ax.set_xlabel("is looked at")
    if len(weights) > 1:
        _label_steps(ax.yaxis, names)
        ax.set_ylabel("looks")
    else:
        ax.set_yticks([])


def _draw_word_scores(ax: Axes, analysis: Analysis) -> None:
    scores = analysis.explanation.scores
    order = sorted(scores.abs().argsort(descending=True)[:_BARS].tolist())
    values = [scores[index].item() for index in order]
    colours = matplotlib.colormaps[DIVERGING]
    ax.barh(range(len(order)), values, color=[colours(0.88 if value > 0 else 0.12) for value in values])
    ax.set_yticks(range(len(order)), [_short(analysis.sample.names[index]) for index in order], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    more = f" (the {_BARS} strongest of {len(scores)} words)" if len(scores) > _BARS else ""
    ax.set_xlabel(f"against ←  share of the logit  → for{more}")


def _draw_photo_scores(ax: Axes, analysis: Analysis) -> None:
    rows, columns = analysis.explanation.grid
    scores = analysis.explanation.scores.view(rows, columns).numpy()
    # A few extreme pixels would leave all others white: the scale ends at the 99.5th percentile.
    top = float(np.percentile(np.abs(scores), 99.5 if scores.size > 1000 else 100)) or 1.0
    _overlay(ax, analysis, scores, DIVERGING, top)


def _overlay(ax: Axes, analysis: Analysis, values: np.ndarray, colours: str, top: float | None = None) -> None:
    """Values over the grey photo; with `top`, a scale that is symmetric around zero."""
    photo = analysis.sample.shown
    width, height = photo.size
    ax.imshow(photo.convert("L"), cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    image = ax.imshow(
        values,
        cmap=colours,
        alpha=0.6,
        vmin=-top if top else 0,
        vmax=top,
        extent=(0, width, height, 0),
        interpolation="nearest",
    )
    ax.figure.colorbar(image, ax=ax, label="against ←  share of the logit  → for" if top else "weight")
    ax.set_axis_off()
