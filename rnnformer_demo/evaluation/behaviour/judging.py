"""Which cases of a behavioural test a model fails, and how sure its failure rate is. Imports no torch."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ..intervals import wilson_interval
from .cases import Case

TOLERANCE = 0.1  # of the probability of the class that is right
_DRAWS = 1000
Probabilities = Mapping[str, Mapping[str, float]]  # of each class, by text


def fails(kind: str, case: Case, probabilities: Probabilities) -> bool:
    """Tell if a model fails a case.

    MFT: another class is the likeliest. INV: the probability of the class that is right moves by more than `TOLERANCE`.
    DIR: it is lower by more than that for the stronger text. So a model may pass INV and DIR with wrong answers.
    """
    believed = [probabilities[text][case.label] for text in case.texts]
    if kind == "MFT":
        return believed[0] < max(probabilities[case.texts[0]].values())
    moved = believed[1] - believed[0]
    return abs(moved) > TOLERANCE if kind == "INV" else moved < -TOLERANCE


def summary(kind: str, tested: Sequence[Case], probabilities: Probabilities) -> dict[str, Any]:
    """Return the figures of a capability, shares in 0-1.

    Returns:
        n, failures, failure_rate; its Wilson interval, for whose width cases of one template count as if they were
        independent, and `template_interval`, of 1,000 bootstrap samples of templates, for which they do not; of pairs
        `changed`, the share whose answer is another one; and of each template its label, n and failures.
    """
    failed = [fails(kind, case, probabilities) for case in tested]
    by_template: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case, failure in zip(tested, failed, strict=True):
        by_template[case.template, case.label].append(failure)
    figures = {
        "n": len(failed),
        "failures": sum(failed),
        "failure_rate": sum(failed) / len(failed),
        "interval": list(wilson_interval(sum(failed), len(failed))),
        "template_interval": list(_bootstrap([*by_template.values()])),
    }
    if kind != "MFT":
        changed = sum(len({_answer(probabilities[text]) for text in case.texts}) > 1 for case in tested)
        figures["changed"] = changed / len(tested)
    templates = [
        {"template": template, "label": label, "n": len(own), "failures": sum(own)}
        for (template, label), own in by_template.items()
    ]
    return {**figures, "templates": templates}


def failing(kind: str, tested: Sequence[Case], probabilities: Probabilities) -> list[dict[str, Any]]:
    """Return the cases that fail: their texts, the class that is right, and its probability for each text."""
    return [
        {
            "texts": list(case.texts),
            "label": case.label,
            "probabilities": [round(probabilities[text][case.label], 3) for text in case.texts],
        }
        for case in tested
        if fails(kind, case, probabilities)
    ]


def _answer(probabilities: Mapping[str, float]) -> str:
    return max(probabilities, key=probabilities.__getitem__)


def _bootstrap(groups: Sequence[Sequence[bool]]) -> tuple[float, float]:
    """Return the 95 % percentile interval of a share over groups that are drawn with replacement, by a fixed seed."""
    chooser, shares = random.Random(0), []
    for _ in range(_DRAWS):
        drawn = chooser.choices(groups, k=len(groups))
        shares.append(sum(map(sum, drawn)) / sum(map(len, drawn)))
    shares.sort()
    return shares[int(0.025 * _DRAWS)], shares[int(0.975 * _DRAWS) - 1]
