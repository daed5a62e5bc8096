"""HTML that is built from visitors' text and from models' cards: everything in it goes through `html.escape`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..interpret.attribution import METHODS
from ..views.colours import AGAINST, FOR

if TYPE_CHECKING:
    from ..analysis.comparison import ModelComparison
    from ..analysis.service import Analysis
    from ..interpret.trust import RankedScore, Trust
    from .model_list import ModelEntry

STRONGEST = 0.55  # opacity of the strongest word; more, and text on it falls below a contrast of 4.5:1
READING = """<dl class="reading">
<dt>Attribution</dt>
<dd>How much each word or cell of the photo moves the logit of the class, compared with an input without evidence.
Another method may tell another story: try two before you believe one.</dd>
<dt>Attention</dt>
<dd>Which steps a layer mixes. Attention acts on hidden states, and a state has already mixed the whole input: a bright
column is no proof that this word alone decides. “pooling” is the last step, where the states are averaged.</dd>
<dt>Hidden states</dt>
<dd>What each unit of the LSTM and the GRU holds after each step, between −1 and 1. A vertical edge is a step at which
the network changes its mind; “backward” reads from the end.</dd>
<dt>Trust</dt>
<dd>The strongest words or patches are taken out, and the prediction should fall more than when random ones go. “trust”
needs 95 % of random orders to do worse, whichever way they go; below 75 % the picture is no better than chance. It says
that the picture is true of the model, not that the model is right.</dd>
<dt>Beliefs</dt>
<dd>What the model would say had the input ended there, or begun. A ring marks where the label changes.</dd>
<dt>Gates</dt>
<dd>Of an LSTM: what it lets in (input), keeps (forget) and shows (output); of a GRU: what it keeps (update) and looks
back at (reset). “written” is what each step left in the memory as it is in the end.</dd>
<dt>Prediction</dt>
<dd>The probabilities are calibrated on held-out data, yet the model names one of its classes for anything that it is
shown, also for what it has never seen.</dd>
<dt>Strangeness</dt>
<dd>How far the input lies from the training data, in the model's own representation. Above 1 it lies further out than
nearly everything of its own kind; below 1 it may still be foreign. A model without this measure says nothing.</dd>
</dl>"""
_MEASURES = {
    "comprehensiveness": "falls when the strongest go",
    "sufficiency": "falls when only the strongest stay",
    "deletion_auc": "area while they go",
    "insertion_auc": "area while they come",
}
_VERDICT_CLASSES = {"trust": "trusted", "with care": "doubted", "don't": "refused"}
_FAINTEST = 0.04  # a share of the strongest score below which a word stays plain
_TESTED_ON = {"held_out": "training data held out"}  # the other tests bear the names of their data sets


def summary(analysis: Analysis, domain: str, more_notices: Iterable[str] = ()) -> str:
    """What was predicted, how long it took, and the notices.

    Args:
        domain: what `describe_domain` says; a warning stands before all else.
        more_notices: beyond those about the input and the computation.
    """
    prediction = analysis.prediction
    # Not those of the prediction, which would warn of a strange input a second time.
    listed = (*analysis.sample.warnings, *analysis.explanation.warnings, *more_notices)
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in listed)
    warning, remark = ("", domain) if prediction.in_domain else (domain, "")
    return (
        (f'<p class="stranger" role="status">{escape(warning)}</p>' if warning else "")
        + f'<p class="facts"><strong>{escape(prediction.label)}</strong>, {prediction.confidence:.1%} sure. '
        f"Reading it and one pass through <code>{escape(prediction.model)}</code> took {prediction.latency_ms:.0f} ms, "
        f"the whole analysis {analysis.seconds:.2f} s.</p>"
        + (f'<p class="caption">{escape(remark)}</p>' if remark else "")
        + (f'<ul class="notices" role="status">{notices}</ul>' if notices else "")
    )


def words(analysis: Analysis) -> str:
    """The text as it was read, each word on the colour of its score, with a legend. For words only."""
    scores = analysis.explanation.scores.tolist()
    strongest = max(map(abs, scores)) or 1.0
    text, parts, end = str(analysis.sample.display), [], 0
    for (start, stop), score in zip(analysis.sample.spans, scores, strict=True):
        parts += [escape(text[end:start]), _word(text[start:stop], score, score / strongest)]
        end = stop
    parts.append(escape(text[end:]))
    return f'<div class="words" tabindex="0" dir="auto">{"".join(parts)}</div>{_legend(analysis, strongest)}'


def _word(name: str, score: float, share: float) -> str:
    title = f'title="{escape(name)}: {score:+.3f}"'
    if abs(share) < _FAINTEST:
        return f"<span {title}>{escape(name)}</span>"
    return f'<span {title} style="background:{_colour(share)}">{escape(name)}</span>'


def _colour(share: float) -> str:
    red, green, blue = FOR if share > 0 else AGAINST
    return f"rgba({red},{green},{blue},{abs(share) * STRONGEST:.3f})"


def _legend(analysis: Analysis, strongest: float) -> str:
    method, target = METHODS[analysis.explanation.method], escape(analysis.target)
    if not method.signed:
        return f'<p class="legend"><span>strongest colour: {method.scale} {strongest:.2f}</span></p>'
    steps = "".join(f'<i style="background:{_colour(share)}"></i>' for share in (-1, -0.6, -0.25, 0.25, 0.6, 1))
    return (
        f'<p class="legend"><span>against “{target}”</span>'
        f'<span class="scale" aria-hidden="true">{steps}</span>'
        f"<span>for “{target}”</span><span>strongest colour: {method.scale} ±{strongest:.2f}</span></p>"
    )


def completeness(analysis: Analysis) -> str:
    """What the method means, and how exactly its scores add up, in a sentence or two."""
    about = escape(METHODS[analysis.explanation.method].about)
    gap = analysis.explanation.completeness_gap
    exactness = "" if gap is None else f" Here they do to within <strong>{gap:.2%}</strong> (completeness gap)."
    return f'<p class="caption">{about}{exactness}</p>'


def trust(card: Trust) -> str:
    """Verdict, reasons, and what was measured, as a table."""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in card.reasons)
    rows = "".join(
        f"<tr><th>{_MEASURES[name]}</th>"
        + "".join(f"<td>{_measure(getattr(removed, name))}</td>" for removed in card.perturbations.values())
        + "</tr>"
        for name in _MEASURES
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in card.perturbations)
    table = f'<table class="measures"><tr><th></th>{head}</tr>{rows}</table>' if card.perturbations else ""
    return (
        f'<p class="verdict {_VERDICT_CLASSES[card.verdict]}"><strong>{escape(card.verdict)}</strong></p>'
        f'<ul class="notices">{reasons}</ul>{table}<p class="caption">{escape(" ".join(_further(card)))}</p>'
    )


def _measure(measure: RankedScore) -> str:
    reach = "" if measure.normalised is None else f", {measure.normalised:.2f}"
    return f"{measure.value:+.2f} <small>{measure.percentile:.0f} %{reach}</small>"


def _further(card: Trust) -> Iterator[str]:
    if card.perturbations:
        orders = next(iter(card.perturbations.values())).orders
        yield (
            f"In small: how many of {orders} random orders do worse (chance is 50 %), and how far it is on the way "
            "from the worst order that was found, 0, to the best, 1."
        )
    if card.max_sensitivity is not None:
        yield f"A move of the input by 2 % changes the scores by {card.max_sensitivity:.0%} at most."
    if card.infidelity is not None:
        yield f"As a forecast of the logit the scores leave {card.infidelity:.0%} of the variation unexplained."
    if card.agreement:
        told = ", ".join(f"{name} {correlation:+.2f}" for name, correlation in card.agreement.items())
        yield f"Rank correlation with other methods: {told}."
    yield f"Measured in {card.seconds:.1f} s, seed {card.seed}."


def answer(sentence: str) -> str:
    """The answer to a question."""
    return f'<p class="facts" role="status">{escape(sentence)}</p>'


def sides(compared: Sequence[ModelComparison]) -> str:
    """A row for each model: what it says, how fast, how far its explanation can be trusted; and its words, coloured."""
    rows = "".join(
        f"<tr><th>{escape(side.analysis.prediction.model)}</th>"
        f"<td>{escape(side.analysis.prediction.label)} {side.analysis.prediction.confidence:.1%}</td>"
        f"<td>{side.latency_ms:.1f} ms</td><td>{escape(side.analysis.trust.verdict)}</td></tr>"
        for side in compared
    )
    head = "<tr><th>model</th><th>says</th><th>takes</th><th>its explanation</th></tr>"
    coloured = "".join(
        f'<p class="caption">{escape(side.analysis.prediction.model)}</p>{words(side.analysis)}'
        for side in compared
        if not side.analysis.explanation.grid
    )
    return f'<table class="measures">{head}{rows}</table>{coloured}'


def caption(description: str) -> str:
    """A figure's text alternative, to be read below it."""
    return f'<p class="caption">{escape(description)}</p>'


def model_facts(model: ModelEntry) -> str:
    """What a model is for, how good and how large it is, and what it cannot do."""
    task = f"<strong>{escape(_sentence(model.task))}</strong> " if model.task else ""
    alike = " and has about its size" if model.matched else ""
    rival = f"It is a rival of {model.rival_of}{alike}. " if model.rival_of else ""
    size = f"{model.parameters / 1e6:.1f} million parameters, {model.bytes / 1e6:.1f} MB, {len(model.labels)} classes."
    about = f"{_measured(model.metrics)} {rival}Made of {model.made_of}: {size}"
    limits = f'<p class="caption">What it cannot do: {escape(_sentence(model.limits))}</p>' if model.limits else ""
    return f'<p class="caption">{task}{escape(about)}</p>{limits}'


def _measured(metrics: dict) -> str:
    """Accuracy on each test; on the held-out part, where the best epoch was chosen, only if there is no test."""
    measured = {
        test: figures for test, figures in metrics.items() if isinstance(figures, dict) and "accuracy" in figures
    }
    tests = [test for test in measured if test != "held_out"] or list(measured)
    if not tests:
        return "Not measured yet."
    told = (
        f"{measured[test]['accuracy']:.1%} of {measured[test]['n']:,} ({_TESTED_ON.get(test, test)})" for test in tests
    )
    return f"Right on {', '.join(told)}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
