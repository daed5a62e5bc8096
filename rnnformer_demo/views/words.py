"""The text as the model read it, each word on the colour of its attribution score."""

from collections.abc import Iterator

from ..document import Attribution, Document, require
from .colours import AGAINST, FOR
from .markup import fill
from .phrases import strongest_scores
from .registry import Choices, View, register

STRONGEST = 0.55  # opacity of the strongest word; more, and text on it falls below a contrast of 4.5:1
_FAINTEST = 0.04  # a share of the strongest score below which a word stays plain
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
    text, strongest = document.input.text or "", max(map(abs, attribution.scores), default=0) or 1.0
    end = max((unit.span[1] for unit in document.input.units if unit.span), default=0)
    return fill(
        _WORDS,
        words=list(_words(document, attribution, strongest)),
        rest=text[end:],
        signed=attribution.signed,
        target=attribution.target,
        steps=[_colour(share) for share in _STEPS],
        scale=attribution.scale,
        strongest=f"{strongest:.2f}",
    )


def _words(document: Document, attribution: Attribution, strongest: float) -> Iterator[tuple[str, str, str, str]]:
    """Yield for each word the text before it, the word, its score and its colour."""
    text, end = document.input.text or "", 0
    for unit, score in zip(document.input.units, attribution.scores, strict=True):
        if unit.span is None:
            raise ValueError(f"span must be that of a word, got None for {unit.name!r}")
        start, stop = unit.span
        yield text[end:start], text[start:stop], f"{score:+.3f}", _colour(score / strongest)
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


register(
    View(
        name="words",
        title="Word by word",
        help="Blue speaks for the class, orange against it; rest on a word to read its score.",
        sections=("input", "attribution"),
        caption=caption,
        html=html,
        layouts=("sequence",),
        place=20,
    )
)
