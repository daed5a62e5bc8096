"""Faithfulness of the attribution: the prediction while units are removed or inserted in the order of their scores."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import TYPE_CHECKING

from ..document import Document, Faithfulness, RankedScore, ShapleyEstimate, Trust, require
from .markup import fill
from .phrases import joined
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEASURES = {
    "comprehensiveness": (
        "Comprehensiveness (higher is better)",
        "mean fall of the probability when the strongest are removed",
    ),
    "sufficiency": ("Sufficiency (lower is better)", "mean fall when only the strongest are kept"),
    "deletion_auc": ("Deletion AUC (lower is better)", "area under the probability while they are removed"),
    "insertion_auc": ("Insertion AUC (higher is better)", "area while they are inserted"),
}
_CLASSES = {"trust": "trusted", "with care": "doubted", "don't": "refused", "undecided": "doubted"}
_HTML = (
    '<p class="verdict {{ kind }}"><strong>{{ trust.verdict }}</strong></p>'
    '<ul class="notices">{% for reason in trust.reasons %}<li>{{ reason }}</li>{% endfor %}</ul>'
    '{% if rows %}<table class="measures"><tr><th scope="col">Measure</th>'
    '{% for name in trust.perturbations %}<th scope="col">{{ name }}</th>{% endfor %}</tr>'
    '{% for title, help, cells in rows %}<tr><th scope="row">{{ title }}<br><small>{{ help }}</small></th>'
    "{% for value, rank in cells %}<td>{{ value }} <small>{{ rank }}</small></td>{% endfor %}</tr>{% endfor %}"
    "</table>{% endif %}"
    '{% for line in lines %}<p class="caption">{{ line }}</p>{% endfor %}'
)


def trust_sentence(trust: Trust) -> str:
    """Return the verdict, its reasons, and the measures under each perturbation."""
    measures = "; ".join(_measures(name, scores) for name, scores in trust.perturbations.items())
    return joined([f"Verdict: {trust.verdict}.", *trust.reasons, f"Measured: {measures}." if measures else ""])


def _measures(perturbation: str, scores: Faithfulness) -> str:
    removal, keeping = scores.comprehensiveness, scores.sufficiency
    return (
        f"{perturbation}: comprehensiveness {removal.value:+.2f} and sufficiency {keeping.value:+.2f}, better than "
        f"{removal.percentile:.0f} % and {keeping.percentile:.0f} % of {scores.orders} random orders"
    )


def caption(document: Document, choices: Choices) -> str:
    """Return the verdict, its reasons, and the measures under each perturbation."""
    return trust_sentence(require(document.trust, "trust"))


def html(document: Document, choices: Choices) -> str:
    """Return the verdict, its reasons, and a table of the measures."""
    trust = require(document.trust, "trust")
    rows = [
        (title, help, [_cell(getattr(scores, name)) for scores in trust.perturbations.values()])
        for name, (title, help) in _MEASURES.items()
    ]
    lines = [joined(_details(trust)), *([trust.benchmark] if trust.benchmark else [])]
    return fill(
        _HTML, trust=trust, kind=_CLASSES.get(trust.verdict, ""), rows=rows if trust.perturbations else [], lines=lines
    )


def _cell(score: RankedScore) -> tuple[str, str]:
    """Return the value, and the percentile with the normalised value."""
    normalised = "" if score.normalised is None else f", {score.normalised:.2f}"
    return f"{score.value:+.2f}", f"{score.percentile:.0f} %{normalised}"


def _details(trust: Trust) -> Iterator[str]:
    if trust.perturbations:
        orders = next(iter(trust.perturbations.values())).orders
        yield (
            f"In small: the percentile, how many of {orders} random orders do worse (chance is 50 %), and the "
            "normalised value, from 0 at the worst order that was found to 1 at the best."
        )
    if trust.max_sensitivity is not None:
        yield f"Max-sensitivity {trust.max_sensitivity:.0%}: how much a move of the input by 2 % changes the scores."
    if trust.infidelity is not None:
        yield f"Infidelity {trust.infidelity:.0%}: what the scores leave unexplained as a forecast of the logit."
    if trust.agreement:
        listing = ", ".join(f"{name} {correlation:+.2f}" for name, correlation in trust.agreement.items())
        yield f"Rank correlation (Spearman) with other methods: {listing}."
    if trust.shapley is not None:
        yield _shapley(trust.shapley)
    yield from trust.left_out
    yield f"Measured in {trust.seconds:.1f} s, seed {trust.seed}."


def _shapley(estimate: ShapleyEstimate) -> str:
    error = max(estimate.standard_errors) / (max(map(abs, estimate.scores)) or 1.0)
    correlation = "undefined" if estimate.correlation is None else f"{estimate.correlation:+.2f}"
    return (
        f"Rank correlation with the Shapley values of the same random orders: {correlation}; they rest on "
        f"{estimate.coalitions:,} coalitions, with standard errors of up to {error:.0%} of the largest."
    )


def figure(document: Document, choices: Choices) -> Figure | None:
    """Draw deletion and insertion curves, one line style for each perturbation; None where one unit is all there is."""
    from .canvas import AGAINST_COLOUR, FOR_COLOUR, WIDTH, blank, plain, titled

    trust = require(document.trust, "trust")
    if not trust.perturbations:
        return None
    title = titled(document, f"probability of “{trust.target}”, strongest parts first")
    drawn, ax, _ = blank(title, WIDTH, 3.4, left=0.65, right=0.2, bottom=0.55)
    for (name, scores), style in zip(trust.perturbations.items(), cycle(("-", "--", ":")), strict=False):
        shares = [100 * share for share in scores.shares]
        ax.plot(shares, scores.deletion, style, color=AGAINST_COLOUR, label=plain(f"deletion ({name})"))
        ax.plot(shares, scores.insertion, style, color=FOR_COLOUR, label=plain(f"insertion ({name})"))
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("share of the words or patches, %")
    ax.set_ylabel("probability")
    ax.grid(color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=8, frameon=False, loc="best")
    return drawn


register(
    View(
        name="trust",
        title="Trust",
        help="Faithfulness of the attribution, measured on this input against random orders.",
        sections=("trust",),
        caption=caption,
        figure=figure,
        html=html,
        place=40,
    )
)
