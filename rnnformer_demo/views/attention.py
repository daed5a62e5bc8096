"""Attention weights: queries by keys for words, an overlay of the keys for a photo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..document import Attention, Document, require
from .phrases import joined, token_names
from .registry import OFF, ON, Choices, Control, View, register

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POOLING, ROLLOUT, POOLED_ROLLOUT = "pooling", "rollout", "pooled rollout"  # in place of a layer
MEAN_OF_HEADS = "mean of heads"
ALL_CELLS = "all cells, on average"
_STRONGEST = 5
_OF_POOLING, _ROLLED = (POOLING, POOLED_ROLLOUT), (ROLLOUT, POOLED_ROLLOUT)


def rollout(attention: Attention) -> np.ndarray:
    """Return the attention rollout (Abnar & Zuidema 2020) of all layers, (T, T), each row sums to 1.

    The mean over heads is mixed half and half with the residual around each layer, and the layers are multiplied.
    """
    rolled = np.eye(len(attention.pooling.numpy()), dtype=np.float32)
    for heads in attention.layers.values():
        rolled = 0.5 * heads.numpy().mean(0) @ rolled + 0.5 * rolled
    return rolled


def to_token_attention(weights: np.ndarray, norms: np.ndarray) -> np.ndarray:
    """Return weights over states, (..., T), as weights over the tokens that those states depend on, (..., T).

    Each state's weight is shared out among the tokens in proportion to its row of the Jacobian's norms (T, T); sums are
    kept. A state whose row is empty keeps its weight for its own token.
    """
    sums = norms.sum(-1, keepdims=True)
    return weights @ np.where(sums > 0, norms / np.where(sums > 0, sums, 1), np.eye(len(norms), dtype=norms.dtype))


def weights_of(document: Document, choices: Choices) -> np.ndarray:
    """Return (T, T) weights of one head, the mean of all or the rollout, or (1, T) of the pooling; rows are queries.

    Raises:
        ValueError: for choices that the document does not have.
    """
    attention, chosen = _attention(document), VIEW.check(document, choices)
    if chosen["layer"] == POOLING:
        weights = attention.pooling.numpy()[None]
    elif chosen["layer"] == POOLED_ROLLOUT:
        weights = attention.pooled_rollout.numpy()[None]
    elif chosen["layer"] == ROLLOUT:
        weights = rollout(attention)
    else:
        heads = attention.layers[chosen["layer"]].numpy()  # (H, T, T)
        weights = heads.mean(0) if chosen["head"] == MEAN_OF_HEADS else heads[int(chosen["head"]) - 1]
    if chosen.get("through") == ON:
        return to_token_attention(weights, require(document.jacobian, "jacobian").norms.numpy())
    return weights


def _attention(document: Document) -> Attention:
    return require(document.attention, "attention")


def _keys(document: Document, choices: Choices) -> np.ndarray:
    """Return (T,) weights that the tokens get: from one cell, in the mean over all queries, or from the pooling."""
    weights, query = weights_of(document, choices), _query(document, choices)
    return weights.mean(0) if query is None else weights[query]


def _query(document: Document, choices: Choices) -> int | None:
    """Return the index of the cell that looks; None for all of them."""
    viewpoint = VIEW.check(document, choices).get("viewpoint", ALL_CELLS)
    return None if viewpoint == ALL_CELLS else document.input.unit_names.index(viewpoint)


def _layers(document: Document, choices: Choices) -> tuple[str, ...]:
    layers = tuple(_attention(document).layers)
    return (*layers, POOLING, *(_ROLLED if layers else ()))


def _heads(document: Document, choices: Choices) -> tuple[str, ...]:
    if choices["layer"] in (POOLING, *_ROLLED):
        return ()
    count = _attention(document).layers[choices["layer"]].shape[0]
    return (MEAN_OF_HEADS, *(str(1 + head) for head in range(count)))


def _viewpoints(document: Document, choices: Choices) -> tuple[str, ...]:
    return () if choices["layer"] in _OF_POOLING else (ALL_CELLS, *document.input.unit_names)


def _through(document: Document, choices: Choices) -> tuple[str, ...]:
    return () if document.recurrence == () or choices["layer"] in _ROLLED else (OFF, ON)


def caption(document: Document, choices: Choices) -> str:
    """Return the layer, the head, the strongest keys, and a warning where the states point the same way."""
    chosen, weights, names = VIEW.check(document, choices), _keys(document, choices), token_names(document)
    order = np.argsort(-weights, kind="stable")[:_STRONGEST]
    strongest = ", ".join(f"{names[index]} ({weights[index]:.1%})" for index in order)
    through = ", through the recurrence" if chosen.get("through") == ON else ""
    name = _name(chosen)[0].upper() + _name(chosen)[1:]
    if chosen["layer"] in _OF_POOLING:
        sentence = f"{name}{through}. The decision draws most on: {strongest}."
    else:
        query = _query(document, choices)
        source = "on average" if query is None else f"from {names[query]}"
        sentence = f"{name}{through}. Attended most {source}: {strongest}."
    error = document.jacobian.relative_error if through and document.jacobian else None
    estimated = "" if error is None else f"The Jacobian's norms are estimated: standard error {error:.0%} of a norm."
    return joined([sentence, estimated, _attention(document).warning or ""])


def _name(chosen: Choices) -> str:
    """Return what is shown, such as "attention, layer 2, head 1"."""
    layer, head = chosen["layer"], chosen.get("head", MEAN_OF_HEADS)
    if layer in _ROLLED:
        return "attention rollout" if layer == ROLLOUT else "attention rollout, read by the pooling"
    if layer == POOLING:
        return "pooling weights"
    return f"attention, {layer}, {head if head == MEAN_OF_HEADS else f'head {head}'}"


def figure(document: Document, choices: Choices) -> Figure:
    """Draw the weights: queries by keys for words, an overlay of the keys for a photo."""
    return _draw_photo(document, choices) if document.input.grid else _draw_words(document, choices)


def _title(document: Document, choices: Choices) -> str:
    from .canvas import titled

    chosen = VIEW.check(document, choices)
    pooling = chosen["layer"] in _OF_POOLING
    parts = [_name(chosen)]
    if chosen.get("through") == ON:
        parts.append("through the recurrence")
    if not pooling and document.input.grid:
        viewpoint = chosen["viewpoint"]
        parts.append("mean over all cells" if viewpoint == ALL_CELLS else f"from {viewpoint}")
    # Through the recurrence rows sum to 1 too, but the title would end beyond the figure.
    rows = "" if pooling or document.input.grid or chosen.get("through") == ON else "; each row sums to 1"
    return titled(document, ", ".join(parts) + rows)


def _draw_words(document: Document, choices: Choices) -> Figure:
    from .canvas import SEQUENTIAL, WIDTH, blank, colour_bar, label_steps, room

    weights, names, beside = weights_of(document, choices), token_names(document), room(document.input.unit_names)
    pooling = VIEW.check(document, choices)["layer"] in _OF_POOLING
    left, height = (0.3, 1.5 + beside) if pooling else (0.3 + beside, 4.5 + beside)
    drawn, ax, bar = blank(_title(document, choices), WIDTH, height, left, right=0.95, bottom=0.3 + beside)
    image = ax.imshow(weights, aspect="auto", cmap=SEQUENTIAL, vmin=0, interpolation="nearest")
    colour_bar(image, bar, "weight")
    label_steps(ax.xaxis, names)
    ax.set_xlabel("key: is looked at")
    if len(weights) > 1:
        label_steps(ax.yaxis, names)
        ax.set_ylabel("query: looks")
    else:
        ax.set_yticks([])
    return drawn


def _draw_photo(document: Document, choices: Choices) -> Figure:
    from .canvas import SEQUENTIAL, overlay, photo_figure

    drawn, ax, bar = photo_figure(_title(document, choices))
    overlay(ax, bar, document, _keys(document, choices).reshape(document.input.grid), SEQUENTIAL, "weight")
    query = _query(document, choices)
    if query is not None:
        _outline(ax, document, query)
    return drawn


def _outline(ax: Axes, document: Document, query: int) -> None:
    """Draw a frame around the cell that looks."""
    from matplotlib.patches import Rectangle

    rows, columns = require(document.input.grid, "input.grid")
    width, height = ax.get_xlim()[1] / columns, ax.get_ylim()[0] / rows
    row, column = divmod(query, columns)
    ax.add_patch(Rectangle((column * width, row * height), width, height, fill=False, edgecolor="white", linewidth=2.5))


def variants(document: Document) -> Iterator[Choices]:
    """Yield every layer and the pooling, also through the recurrence where the Jacobian is there."""
    for through in (OFF, ON) if document.jacobian and document.recurrence != () else (OFF,):
        for layer in (*_attention(document).layers, POOLING):
            yield {"layer": layer} if through == OFF else {"layer": layer, "through": ON}


VIEW = register(
    View(
        name="attention",
        title="Attention",
        help="Which query looks at which key in each layer and head of the Transformer, and what the pooling draws on.",
        sections=("input", "attention"),
        caption=caption,
        figure=figure,
        controls=(
            Control("layer", _layers),
            Control("head", _heads),
            Control("viewpoint", _viewpoints, layouts=("grid",)),
            Control("through", _through),
        ),
        variants=variants,
        extends=lambda choices: ("jacobian",) if choices.get("through") == ON else (),
        place=50,
    )
)
