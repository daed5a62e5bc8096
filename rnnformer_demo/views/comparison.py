"""The same input through several models: predictions, attributions, latencies, and one trajectory of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ..document import ComparedModel, Document
from .markup import fill
from .phrases import joined, strongest_scores
from .prefixes import draw_trajectories, probabilities_of, trajectory_sentence
from .registry import Choices, View, register
from .words import coloured_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HTML = (
    '<table class="measures"><tr><th scope="col">model</th><th scope="col">prediction</th><th scope="col">latency</th>'
    '<th scope="col">verdict on its attribution</th></tr>'
    '{% for each in models %}<tr><th scope="row">{{ each.model.name }}</th>'
    '<td>{{ each.prediction.label }} {{ "{:.1%}".format(each.prediction.confidence) }}</td>'
    '<td>{{ "{:.1f} ms".format(each.prediction.latency_ms) }}</td><td>{{ each.trust.verdict }}</td></tr>{% endfor %}'
    '</table>{% for name, words in coloured %}<p class="caption">{{ name }}</p>{{ words }}{% endfor %}'
)


def caption(document: Document, choices: Choices) -> str:
    """Return a line for each model: prediction, latency, strongest scores, verdict, and its trajectory."""
    return "\n".join(_line(document, each) for each in document.comparison)


def _line(document: Document, each: ComparedModel) -> str:
    prediction = each.prediction
    answer = f"{each.model.name}: {prediction.label} ({prediction.confidence:.1%}), {prediction.latency_ms:.1f} ms."
    trajectory = trajectory_sentence(each.prefixes[0], each.model.labels) if each.prefixes else ""
    verdict = f"Verdict: {each.trust.verdict}."
    return joined([answer, strongest_scores(document, each.attribution), verdict, trajectory])


def html(document: Document, choices: Choices) -> str:
    """Return a table of the models, and the words of each on the colours of its scores."""
    coloured = [
        (each.model.name, Markup(coloured_words(document, each.attribution)))
        for each in document.comparison
        if document.input.layout == "sequence"
    ]
    return fill(_HTML, models=document.comparison, coloured=coloured)


def figure(document: Document, choices: Choices) -> Figure | None:
    """Draw the probability of the class that all explain, along the first scan, a curve for each model."""
    models = [each for each in document.comparison if each.prefixes]
    if not models:
        return None
    target = models[0].attribution.target
    title = f"probability of “{target}”, read {models[0].prefixes[0].scan}"
    curves = {
        each.model.name: (each.prefixes[0], probabilities_of(each.prefixes[0], each.model.labels, target))
        for each in models
    }
    return draw_trajectories(document, title, curves)


register(
    View(
        name="comparison",
        title="Compare with baselines",
        help="The same input through networks that lack some of the model's parts.",
        sections=("input", "comparison"),
        caption=caption,
        figure=figure,
        html=html,
        place=100,
    )
)
