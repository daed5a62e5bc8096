"""The prediction in words: label, calibrated confidence, time, and what warns of it."""

from ..document import Document
from .markup import fill
from .phrases import joined, ood_sentence
from .registry import Choices, View, register

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


register(
    View(
        name="prediction",
        title="Prediction",
        help="The most probable class, with its probability calibrated on held-out data.",
        sections=("input", "prediction"),
        caption=caption,
        html=html,
        place=10,
    )
)
