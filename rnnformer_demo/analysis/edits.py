"""What the model says of a changed input, beside what the explanation forecast."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..checkpoints.store import Checkpoint
from ..data import UNIT_NAMES, InputError
from ..interpret import counterfactual
from ..interpret.attribution import Report
from .internals import calibrated
from .service import Analysis, get, predict

_MOST_TEXTS, _MOST_PHOTOS = 2500, 400  # variants that a search may try: some seconds


@dataclass(frozen=True)
class EditEffect:
    """What a model says of a changed input, beside what the explanation forecast.

    Attributes:
        analysis: of the input as it was.
        changed: the words or cells that went or were replaced, as they are called.
        how: the removal, or the word that was put in.
        forecast: change of the explained class's logit that the scores promise.
        measured: the change that came.
        label: the most probable class now.
        probabilities: of every class, 0-1.
    """

    analysis: Analysis
    changed: tuple[str, ...]
    how: str
    forecast: float
    measured: float
    label: str
    probabilities: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """The object that `whatif --json` and the API give."""
        before = self.analysis.prediction
        return {
            "model": before.model,
            "model_sha256": self.analysis.model_sha256,
            "method": self.analysis.explanation.method,
            "target": self.analysis.target,
            "changed": list(self.changed),
            "how": self.how,
            "forecast": self.forecast,
            "measured": self.measured,
            "before": {"label": before.label, "probabilities": before.probabilities},
            "after": {"label": self.label, "probabilities": self.probabilities},
        }


@dataclass(frozen=True)
class CounterfactualEdit:
    """The fewest words or patches whose removal changes the label.

    Attributes:
        analysis: of the input as it was.
        units: indices of what goes; empty where no set was found.
        removal: how it goes.
        label: the label then, None where no set was found.
        exact: whether it is certain that no smaller set does.
        rows: how many variants were tried.
    """

    analysis: Analysis
    units: tuple[int, ...]
    perturbation: str
    label: str | None
    exact: bool
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """The object that `whatif --minimal_counterfactual --json` and the API give."""
        return {
            "model": self.analysis.prediction.model,
            "model_sha256": self.analysis.model_sha256,
            "removal": self.perturbation,
            "changed": [self.analysis.sample.unit_names[unit] for unit in self.units],
            "before": self.analysis.prediction.label,
            "after": self.label,
            "exact": self.exact,
            "tried": self.rows,
        }


def perturbations(model: str) -> tuple[str, ...]:
    """The ways in which a model's words or patches can be taken out, the usual one first.

    Raises:
        InputError: for a model that is not there.
    """
    return tuple(get(model).model.perturbations)


def units_named(analysis: Analysis, name: str) -> list[int]:
    """Indices of the words or cells that a name means, see `UNIT_NAMES`.

    Raises:
        InputError: where there is none.
    """
    names, grid = analysis.sample.unit_names, analysis.sample.grid
    if match := re.fullmatch(r"#(\d+)", name):
        found = [int(match[1]) - 1] if 1 <= int(match[1]) <= len(names) else []
    elif grid and (match := re.fullmatch(r"(\d+),(\d+)", name)):
        row, column = int(match[1]), int(match[2])
        found = [(row - 1) * grid[1] + column - 1] if 1 <= row <= grid[0] and 1 <= column <= grid[1] else []
    else:
        found = [index for index, known in enumerate(names) if known == name]
    if not found:
        raise InputError(f"There is no {name[:60]} in this input: name {UNIT_NAMES}.")
    return found


def unit_named(analysis: Analysis, name: str) -> int:
    """Index of the one word or cell that a name means.

    Raises:
        InputError: where there is none, or more than one.
    """
    found = units_named(analysis, name)
    if len(found) > 1:
        raise InputError(f"{name} stands there {len(found)} times: say which by its number, such as #{found[0] + 1}.")
    return found[0]


def ablate_units(analysis: Analysis, units: Sequence[int], perturbation: str | None = None) -> EditEffect:
    """What the model says without some words or patches.

    Args:
        units: their indices, counted from 0.
        removal: see `perturbations`; the usual one by default.

    Raises:
        InputError: for units or a removal that are not there.
    """
    checkpoint = get(analysis.prediction.model)
    perturbation = _checked_removal(checkpoint, perturbation)
    chosen = sorted(set(units))
    if not chosen:
        raise InputError("Nothing is chosen yet: choose the words or cells that are to go.")
    if chosen[0] < 0 or chosen[-1] >= len(analysis.sample.unit_names):
        raise InputError(f"There are {len(analysis.sample.unit_names)} words or cells: there is none beyond them.")
    change = counterfactual.ablate_units(checkpoint.model, analysis.sample, analysis.explanation, chosen, perturbation)
    probabilities = calibrated(checkpoint, analysis)(change.logits)
    names = tuple(analysis.sample.unit_names[unit] for unit in chosen)
    return _variant(analysis, names, perturbation, change.forecast, change.measured, probabilities)


def replace_word(analysis: Analysis, unit: int, word: str) -> EditEffect:
    """What the model says with another word in the place of one; the forecast knows what goes, not what comes.

    Args:
        unit: index of the word, counted from 0.

    Raises:
        InputError: where the input has no words, and for a word that is not there or that the model cannot read.
    """
    sample = analysis.sample
    if not sample.spans:
        raise InputError("Only words can be replaced: cover parts of a photo instead.")
    if not 0 <= unit < len(sample.unit_names):
        raise InputError(f"There are {len(sample.unit_names)} words: there is none beyond them.")
    if not word.strip():
        raise InputError("There is no new word yet: type one, or take the old one out.")
    checkpoint = get(analysis.prediction.model)
    start, end = sample.spans[unit]
    changed = predict(checkpoint, f"{sample.display[:start]}{word.strip()}{sample.display[end:]}")
    index = checkpoint.labels.index(analysis.target)
    measured = (changed.logits[index] - analysis.trace.logits[index]).item()
    forecast = -counterfactual.unit_scores(analysis.explanation, sample)[unit].item()
    shares = torch.tensor(list(changed.probabilities.values()))
    return _variant(analysis, (sample.unit_names[unit],), word.strip(), forecast, measured, shares)


def minimal_counterfactual(
    analysis: Analysis, perturbation: str | None = None, report: Report = lambda share: None
) -> CounterfactualEdit:
    """The fewest words or patches whose removal changes the label.

    Args:
        removal: see `perturbations`; the usual one by default.
        report: is called with the share that is done, 0-1.

    Raises:
        InputError: for a removal that is not there.
    """
    checkpoint = get(analysis.prediction.model)
    perturbation = _checked_removal(checkpoint, perturbation)
    most = _MOST_TEXTS if analysis.sample.grid is None else _MOST_PHOTOS
    found = counterfactual.minimal_counterfactual(checkpoint.model, analysis.sample, perturbation, most, report)
    label = None if found.label is None else checkpoint.labels[found.label]
    return CounterfactualEdit(analysis, found.units, perturbation, label, found.exact, found.rows)


def _variant(
    analysis: Analysis, changed: tuple[str, ...], how: str, forecast: float, measured: float, probabilities: Tensor
) -> EditEffect:
    labels = list(analysis.prediction.probabilities)
    shares = dict(zip(labels, probabilities.tolist(), strict=True))
    return EditEffect(analysis, changed, how, forecast, measured, max(shares, key=shares.__getitem__), shares)


def _checked_removal(checkpoint: Checkpoint, perturbation: str | None) -> str:
    known = tuple(checkpoint.model.perturbations)
    if perturbation is None:
        return known[0]
    if perturbation not in known:
        raise InputError(
            f"There is no removal {str(perturbation)[:60]!r} for {checkpoint.name}: there is {', '.join(known)}."
        )
    return perturbation
