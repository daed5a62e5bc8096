"""The text as the model read it, each word on the colour of its attribution score."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..document import Attribution, Document, require
from .colours import AGAINST, FOR
from .markup import fill
from .phrases import strongest_scores
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRONGEST = 0.55  # opacity of the strongest word; more, and text on it falls below a contrast of 4.5:1
_FAINTEST = 0.04  # a share of the strongest score below which a word stays plain
_POINTS, _LINE, _MARGIN = 10, 0.25, 0.15  # of the figure: letters; inches of a line, and beside the text
_BETWEEN = re.compile(r"\n|[^\S\n]+|[^\s]+")
_STEPS = (-1, -0.6, -0.25, 0.25, 0.6, 1)  # of the legend, as shares of the strongest score

_WORDS = (
    '<div class="words" tabindex="0" dir="auto">{% for before, word, score, colour in words %}{{ before }}'
    '<span title="{{ word }}: {{ score }}"{% if colour %} style="background:{{ colour }}"{% endif %}>{{ word }}</span>'
    "{% endfor %}{{ rest }}</div>"
    '<p class="legend">{% if signed %}<span>against “{{ target }}”</span><span class="scale" aria-hidden="true">'
    '{% for colour in steps %}<i style="background:{{ colour }}"></i>{% endfor %}</span>'
    "<span>for “{{ target }}”</span><span>strongest colour: {{ scale }} ±{{ strongest }}</span>"
    "{% else %}<span>strongest colour: {{ scale }} {{ strongest }}</span>{% endif %}</p>"
)


def coloured_words(document: Document, attribution: Attribution) -> str:
    """Return the text as HTML, each word on the colour of its score, and a legend."""
    text, strongest = document.input.text or "", max(map(abs, attribution.scores), default=0)
    end = max((unit.span[1] for unit in document.input.units if unit.span), default=0)
    return fill(
        _WORDS,
        words=list(_words(document, attribution, strongest or 1.0)),
        rest=text[end:],
        signed=attribution.signed,
        target=attribution.target,
        steps=[_colour(share) for share in _STEPS],
        scale=attribution.scale,
        strongest=f"{strongest:.2f}",
    )


def _words(document: Document, attribution: Attribution, strongest: float) -> Iterator[tuple[str, str, str, str]]:
    """Yield for each word the text before it, the word, its score and its colour."""
    for (before, word), score in zip(_spans(document), attribution.scores, strict=True):
        yield before, word, f"{score:+.3f}", _colour(score / strongest)


def _spans(document: Document) -> Iterator[tuple[str, str]]:
    """Yield for each word the text before it, and the word."""
    text, end = document.input.text or "", 0
    for unit in document.input.units:
        if unit.span is None:
            raise ValueError(f"span must be that of a word, got None for {unit.name!r}")
        start, stop = unit.span
        yield text[end:start], text[start:stop]
        end = stop


def _colour(share: float) -> str:
    if abs(share) < _FAINTEST:
        return ""
    red, green, blue = FOR if share > 0 else AGAINST
    return f"rgba({red},{green},{blue},{abs(share) * STRONGEST:.3f})"


def html(document: Document, choices: Choices) -> str:
    """Return the coloured words of the attribution that is shown."""
    return coloured_words(document, require(document.attribution, "attribution"))


def caption(document: Document, choices: Choices) -> str:
    """Return the meaning of the colours, and the strongest words."""
    attribution = require(document.attribution, "attribution")
    return f"Words on the colours of their scores: {strongest_scores(document, attribution)}"


@dataclass(frozen=True)
class _Placed:
    """A piece of text on a figure: its left end and its width in inches, its line, and its share of the top score."""

    text: str
    share: float
    left: float
    width: float
    line: int


def figure(document: Document, choices: Choices) -> Figure:
    """Draw the text in lines, each word on the colour of its score."""
    from matplotlib.patches import Rectangle

    from .canvas import AGAINST_COLOUR, FOR_COLOUR, WIDTH, blank, plain, titled

    attribution, width = require(document.attribution, "attribution"), WIDTH - 2 * _MARGIN
    placed = _in_lines(_pieces(document, attribution), width)
    lines = 1 + max((piece.line for piece in placed), default=0)
    title = titled(document, f"{attribution.method} for “{attribution.target}”, word by word")
    drawn, ax, _ = blank(title, WIDTH, _LINE * lines + 0.8, _MARGIN, _MARGIN, bottom=0.35)
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(lines, 0)
    for piece in placed:
        if abs(piece.share) >= _FAINTEST:
            colour, opacity = FOR_COLOUR if piece.share > 0 else AGAINST_COLOUR, abs(piece.share) * STRONGEST
            ax.add_patch(
                Rectangle((piece.left, piece.line + 0.1), piece.width, 0.82, color=colour, alpha=opacity, lw=0)
            )
        ax.text(piece.left, piece.line + 0.7, plain(piece.text), fontsize=_POINTS)
    drawn.text(_MARGIN / WIDTH, 0.02, plain(_legend(attribution)), fontsize=8, color="0.3", va="bottom")
    return drawn


def _legend(attribution: Attribution) -> str:
    strongest = max(map(abs, attribution.scores), default=0)
    if not attribution.signed:
        return f"strongest colour: {attribution.scale} {strongest:.2f}"
    return f"blue speaks for it, orange against it; strongest colour: {attribution.scale} ±{strongest:.2f}"


def _pieces(document: Document, attribution: Attribution) -> Iterator[tuple[str, float]]:
    """Yield words with their shares of the top score, and what stands between them with 0: spaces, breaks, marks."""
    strongest, read = max(map(abs, attribution.scores), default=0) or 1.0, 0
    for (before, word), score in zip(_spans(document), attribution.scores, strict=True):
        yield from ((part, 0.0) for part in _BETWEEN.findall(before))
        yield word, score / strongest
        read += len(before) + len(word)
    yield from ((part, 0.0) for part in _BETWEEN.findall((document.input.text or "")[read:]))


def _in_lines(pieces: Iterable[tuple[str, float]], width: float) -> list[_Placed]:
    """Place pieces of text from left to right, in as many lines as they need; longer ones than a line are cut."""
    from .canvas import text_width

    placed, left, line = [], 0.0, 0
    for piece, share in pieces:
        text = piece
        while text:
            needed = 0.0 if text == "\n" else text_width(text, _POINTS)
            if text == "\n" or (text.isspace() and left + needed > width):
                left, line = 0.0, line + 1
                break
            if left > 0 and left + needed > width:
                left, line = 0.0, line + 1
            letters = len(text) if needed <= width else max(1, int(len(text) * width / needed))
            part, text = text[:letters], text[letters:]
            taken = text_width(part, _POINTS)
            placed.append(_Placed(part, share, left, taken, line))
            left += taken
    return placed


register(
    View(
        name="words",
        title="Word by word",
        help="Blue speaks for the class, orange against it; rest on a word to read its score.",
        sections=("input", "attribution"),
        caption=caption,
        figure=figure,
        html=html,
        layouts=("sequence",),
        place=20,
    )
)
