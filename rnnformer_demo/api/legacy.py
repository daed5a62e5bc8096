"""The objects that the endpoints gave before there was a document, for one version more.

Their keys are those of schema 1; `notice` says what takes their place.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..document import (
    Attribution,
    ComparedModel,
    Document,
    Edit,
    Faithfulness,
    Prediction,
    RankedScore,
    Recurrence,
    Trajectory,
    Trust,
    require,
)

NOTICE = "This object goes with the next version: call /analyse, which gives parts of the analysis document."


def prediction(document: Document) -> dict[str, Any]:
    """Return a prediction as schema 1 had it."""
    return _prediction(document.model.name, document.prediction, document.warnings) | {"notice": NOTICE}


def explanation(document: Document) -> dict[str, Any]:
    """Return an explanation as schema 1 had it, with trust and internals where the document has them."""
    attribution = require(document.attribution, "attribution")
    parts = _explanation(document.model.name, document.model.sha256, attribution, document.input.unit_names)
    parts |= {"label": document.prediction.label, "notices": list(document.warnings), "notice": NOTICE}
    if document.input.layout == "sequence":
        parts["spans"] = [unit.span for unit in document.input.units]
    if document.trust:
        parts["trust"] = _trust(document.trust)
    if document.prefixes is not None:
        parts["beliefs"] = [_trajectory(each, document.model.labels) for each in document.prefixes]
    if document.interventions:
        conicity = document.attention.conicity if document.attention else None
        parts["matter"] = {
            "probability": document.interventions.probability,
            "total_variation": document.interventions.total_variation,
            "conicity": conicity,
        }
    if document.recurrence is not None:
        parts["memory"] = {each.name: _memory(each) for each in document.recurrence}
    return parts


def edit(document: Document) -> dict[str, Any]:
    """Return the last edit as schema 1 had it."""
    last = document.edits[-1]
    changed = [document.input.unit_names[unit] for unit in last.units]
    about = {"model": document.model.name, "model_sha256": document.model.sha256, "changed": changed, "notice": NOTICE}
    if last.kind == "counterfactual":
        return about | _counterfactual(last)
    return about | {
        "method": document.attribution.method if document.attribution else None,
        "target": last.target,
        "how": last.operation,
        "forecast": last.forecast,
        "measured": last.measured,
        "before": {"label": last.before, "probabilities": document.prediction.probabilities},
        "after": {"label": last.after, "probabilities": last.probabilities},
    }


def comparison(document: Document) -> dict[str, Any]:
    """Return a comparison as schema 1 had it, by the names of the models."""
    names = document.input.unit_names
    return {each.model.name: _compared(each, names) for each in document.comparison} | {"notice": NOTICE}


def _prediction(model: str, answer: Prediction, warnings: Sequence[str]) -> dict[str, Any]:
    return {
        "model": model,
        "label": answer.label,
        "confidence": answer.confidence,
        "probabilities": answer.probabilities,
        "in_domain": answer.ood.in_domain if answer.ood else None,
        "ood_score": answer.ood.score if answer.ood else None,
        "notices": list(warnings),
        "latency_ms": round(answer.latency_ms, 2),
    }


def _explanation(model: str, sha256: str, scored: Attribution, names: Sequence[str]) -> dict[str, Any]:
    return {
        "model": model,
        "model_sha256": sha256,
        "method": scored.method,
        "target": scored.target,
        **({"units": list(names)} if scored.grid is None else {"grid": list(scored.grid)}),
        "scores": list(scored.scores),
        "completeness_gap": scored.completeness_gap,
        "seed": scored.seed,
        "notices": list(scored.warnings),
    }


def _counterfactual(last: Edit) -> dict[str, Any]:
    return {
        "removal": last.operation,
        "before": last.before,
        "after": last.after,
        "exact": last.exact,
        "tried": last.evaluations,
    }


def _trust(trust: Trust) -> dict[str, Any]:
    first = next(iter(trust.perturbations.values()), None)
    return _measures(first) | {
        "max_sensitivity": trust.max_sensitivity,
        "infidelity": trust.infidelity,
        "completeness_gap": trust.completeness_gap,
        "agreement": trust.agreement,
        "removals": {name: _removal(scores) for name, scores in trust.perturbations.items()},
        "seed": trust.seed,
        "verdict": trust.verdict,
        "reasons": list(trust.reasons),
    }


def _measures(first: Faithfulness | None) -> dict[str, Any]:
    if first is None:
        return {}
    ranked = {name: _ranked(getattr(first, name)) for name in ("comprehensiveness", "sufficiency")}
    return ranked | {name: getattr(first, name).value for name in ("deletion_auc", "insertion_auc")}


def _removal(scores: Faithfulness) -> dict[str, Any]:
    ranked = ("comprehensiveness", "sufficiency", "deletion_auc", "insertion_auc")
    return asdict(scores) | {name: _ranked(getattr(scores, name)) for name in ranked}


def _ranked(score: RankedScore) -> dict[str, Any]:
    return {"value": score.value, "normalised": score.normalised, "percentile": score.percentile}


def _trajectory(trajectory: Trajectory, labels: Sequence[str]) -> dict[str, Any]:
    columns = trajectory.probabilities.numpy().T.tolist()
    return {
        "scan": trajectory.scan,
        "read_last": list(trajectory.names),
        "parts_read": list(trajectory.positions),
        "probabilities": dict(zip(labels, columns, strict=True)),
        "flips": [trajectory.names[place] for place in trajectory.flips],
        "decided_at": trajectory.names[trajectory.stable_from],
    }


def _memory(recurrence: Recurrence) -> dict[str, Any]:
    return {"half_life": list(recurrence.half_life), "saturation": recurrence.saturation}


def _compared(each: ComparedModel, names: Sequence[str]) -> dict[str, Any]:
    explained = _explanation(each.model.name, each.model.sha256, each.attribution, names)
    return {
        "prediction": _prediction(each.model.name, each.prediction, each.attribution.warnings),
        "explanation": explained | {"trust": _trust(each.trust)},
        "beliefs": [_trajectory(trajectory, each.model.labels) for trajectory in each.prefixes],
    }
