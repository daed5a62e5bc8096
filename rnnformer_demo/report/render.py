"""One page with a whole analysis: figures, numbers, and the command that repeats it. It asks nothing of the net."""

import base64
import shlex
from collections.abc import Iterator
from html import escape

from ..analysis.inquiry import InterventionEffects, PrefixTrajectory
from ..analysis.service import Analysis
from ..views.attention import attention_figure
from ..views.attribution import attribution_figure
from ..views.beliefs import beliefs_figure
from ..views.canvas import to_png
from ..views.descriptions import (
    MEAN_OF_HEADS,
    POOLING,
    describe_attention,
    describe_attention_matter,
    describe_attribution,
    describe_course,
    describe_domain,
    describe_memory_matter,
    describe_states,
    describe_trust,
    quantities,
)
from ..views.states import states_figure
from ..views.trust import trust_figure

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1e293b; }
h1, h2 { line-height: 1.2; } figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
figcaption, footer { color: #475569; } table { border-collapse: collapse; }
th, td { text-align: left; padding: 0.15rem 1rem 0.15rem 0; border-bottom: 1px solid #cbd5e1; font-weight: 400; }
code { overflow-wrap: anywhere; } blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 4px solid #cbd5e1; }
"""


def page(
    analysis: Analysis,
    courses: tuple[PrefixTrajectory, ...],
    measure_interventions: InterventionEffects,
    source: str,
    options: dict[str, str],
    seed: int,
) -> str:
    """The page as HTML.

    Args:
        courses: of the beliefs, see `inquiry.prefix_predictions`.
        matter: see `inquiry.measure_interventions`.
        source: the input as the command line names it: a text, or the path of a photo.
        options: of the method, by name.
        seed: of all that was drawn.
    """
    prediction = analysis.prediction
    title = f"{prediction.model}: {prediction.label} ({prediction.confidence:.1%})"
    shown = escape(source if analysis.sample.grid else str(analysis.sample.display))
    figures = "".join(_figure(png, text) for png, text in _figures(analysis, courses))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1><blockquote>{shown}</blockquote>"
        f"<p>{escape(describe_domain(prediction))}</p>{_notices(analysis)}{_probabilities(analysis)}"
        f"{figures}<p>{escape(describe_attention_matter(measure_interventions))}</p><p>{escape(describe_memory_matter(measure_interventions))}</p>"
        f"{_scores(analysis)}{_footer(analysis, source, options, seed)}</body></html>\n"
    )


def _figures(analysis: Analysis, courses: tuple[PrefixTrajectory, ...]) -> Iterator[tuple[bytes, str]]:
    """Every picture and what it says in words."""
    yield to_png(attribution_figure(analysis)), describe_attribution(analysis)
    if analysis.trust is not None:
        curves = to_png(trust_figure(analysis)) if analysis.trust.perturbations else b""
        yield curves, describe_trust(analysis.trust)
    yield to_png(beliefs_figure(analysis, courses)), " ".join(map(describe_course, courses))
    for layer in (*analysis.trace.attention, POOLING):
        yield to_png(attention_figure(analysis, layer)), describe_attention(analysis, layer, MEAN_OF_HEADS)
    for recurrence in analysis.trace.states:
        for direction in ("forward", "backward"):
            for quantity in quantities(analysis, recurrence):
                shown = (analysis, recurrence, direction, quantity)
                yield to_png(states_figure(*shown)), describe_states(*shown)


def _figure(png: bytes, text: str) -> str:
    data = base64.b64encode(png).decode()
    picture = f'<img src="data:image/png;base64,{data}" alt="{escape(text)}">' if png else ""
    return f"<figure>{picture}<figcaption>{escape(text)}</figcaption></figure>"


def _notices(analysis: Analysis) -> str:
    items = "".join(f"<li>{escape(notice)}</li>" for notice in analysis.warnings)
    return f"<ul>{items}</ul>" if items else ""


def _probabilities(analysis: Analysis) -> str:
    shares = sorted(analysis.prediction.probabilities.items(), key=lambda item: -item[1])[:10]
    return _table((label, f"{share:.2%}") for label, share in shares)


def _scores(analysis: Analysis) -> str:
    """Every score of a word or a cell; of pixels there are too many to be read."""
    names, scores = analysis.sample.unit_names, analysis.explanation.scores.tolist()
    if len(names) != len(scores):
        return ""
    return "<h2>Scores</h2>" + _table((name, f"{score:+.4f}") for name, score in zip(names, scores, strict=True))


def _table(rows: Iterator[tuple[str, str]]) -> str:
    return f"<table>{''.join(f'<tr><th>{escape(name)}</th><td>{value}</td></tr>' for name, value in rows)}</table>"


def _footer(analysis: Analysis, source: str, options: dict[str, str], seed: int) -> str:
    method = analysis.explanation.method
    chosen = [part for name, value in options.items() for part in ("--option", f"{name}={value}")]
    command = ["python", "-m", "rnnformer_demo", "explain", analysis.prediction.model, source, "--method", method]
    command += ["--target", analysis.target, *chosen, "--seed", str(seed), "--out", "report.html"]
    return (
        f"<footer><h2>How to repeat it</h2><p><code>{escape(shlex.join(command))}</code></p>"
        f"<p>Weights: sha256 {analysis.model_sha256}. Seed: {seed}.</p></footer>"
    )
