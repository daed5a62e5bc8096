"""The prediction: label, calibrated confidence, time, and what warns of it; bars of the most probable classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..document import Document
from .markup import fill
from .phrases import joined, ood_sentence
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LONGEST = 28  # letters of a class beside its bar
_HTML = (
    '{% if alarm %}<p class="ood" role="status">{{ alarm }}</p>{% endif %}'
    '<p class="facts"><strong>{{ label }}</strong>, {{ confidence }}. {{ time }}</p>'
    '{% if remark %}<p class="caption">{{ remark }}</p>{% endif %}'
    '{% if warnings %}<ul class="notices" role="status">{% for warning in warnings %}<li>{{ warning }}</li>{% endfor %}'
    "</ul>{% endif %}"
)


def most_probable(document: Document, count: int = 10) -> list[tuple[str, float]]:
    """Return the most probable classes with their calibrated probabilities, 0-1, the first one first."""
    return sorted(document.prediction.probabilities.items(), key=lambda item: -item[1])[:count]


def caption(document: Document, choices: Choices) -> str:
    """Return the prediction, its time, the out-of-distribution verdict and all other warnings."""
    prediction = document.prediction
    answer = f"{prediction.label}, {_confidence(document)}."
    return joined([answer, _time(document), ood_sentence(document), *_warnings(document)])


def html(document: Document, choices: Choices) -> str:
    """Return the same, the warning of a foreign input first, with a notice where no font draws what was written."""
    from .canvas import font_notice

    ood = document.prediction.ood
    foreign = ood is not None and not ood.in_domain
    sentence = ood_sentence(document)
    return fill(
        _HTML,
        alarm=sentence if foreign else "",
        remark="" if foreign else sentence,
        label=document.prediction.label,
        confidence=_confidence(document),
        time=_time(document),
        warnings=[*_warnings(document), *filter(None, [font_notice(document)])],
    )


def _confidence(document: Document) -> str:
    return f"calibrated probability {document.prediction.confidence:.1%}"


def _time(document: Document) -> str:
    latency = f"Reading it and one pass through {document.model.name} took {document.prediction.latency_ms:.0f} ms"
    seconds = sum(document.provenance.seconds.values())
    return f"{latency}, the whole analysis {seconds:.2f} s." if seconds else f"{latency}."


def _warnings(document: Document) -> list[str]:
    """Return those of the document without that of the detector, which stands beside its score."""
    ood = document.prediction.ood
    return [warning for warning in document.warnings if not ood or warning != ood.message]


def figure(document: Document, choices: Choices) -> Figure:
    """Draw the most probable classes as bars."""
    from .canvas import FOR_COLOUR, PLAIN_COLOUR, WIDTH, blank, note, room, share_bars, short, titled

    classes = most_probable(document)
    names, places = [name for name, _ in classes], range(len(classes))
    title = titled(
        document, "calibrated probability" + (" of the ten most probable classes" if len(names) == 10 else "")
    )
    height = 1.15 + 0.26 * len(names)
    drawn, ax, _ = blank(title, WIDTH, height, room(names, _LONGEST), right=0.7, bottom=0.55)
    colours = [FOR_COLOUR if name == document.prediction.label else PLAIN_COLOUR for name in names]
    share_bars(ax, [share for _, share in classes], places, colours)
    ax.set_yticks(places, [short(name, _LONGEST) for name in names], fontsize=8)
    for place, (_, share) in enumerate(classes):
        note(ax, place, f"{share:.1%}")
    return drawn


register(
    View(
        name="prediction",
        title="Prediction",
        help="The most probable class, with its probability calibrated on held-out data.",
        sections=("input", "prediction"),
        caption=caption,
        figure=figure,
        html=html,
        place=10,
    )
)
