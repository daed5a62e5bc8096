"""Stability of the verdict of `trust`: how often it is the same whichever random orders are drawn."""

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...interpret.attribution import Explanation
from ...interpret.trust.stability import unit_scores
from ...interpret.trust.verdict import VERDICTS, Findings, conclude
from .benchmark import Benchmark, Example, Measure, Parts
from .faithfulness import FAITHFUL_PHOTOS, FAITHFUL_TEXTS, curves_of, usable_sample

_TRUSTED, _, _REFUSED, _UNDECIDED = VERDICTS
_MEASURES = {
    "same": Measure("same verdict", "mean share of the seeds with the most frequent verdict of an input"),
    "always": Measure("all the same", "share of inputs with one verdict for all seeds"),
    "swapped": Measure(f"“{_TRUSTED}” and “{_REFUSED}”", "share of inputs that get both from different seeds"),
    "undecided": Measure(f"verdict “{_UNDECIDED}”", "share of all verdicts"),
}


def stability_of(benchmark: Benchmark, seeds: int) -> Benchmark:
    """Return the benchmark that gives each explanation its verdict by so many seeds, on the inputs of one of
    faithfulness.

    Raises:
        InputError: for any other benchmark, and for less than two seeds.
    """
    if benchmark not in (FAITHFUL_TEXTS, FAITHFUL_PHOTOS):
        raise InputError(f"Seeds are for sets on which faithfulness is measured, not for {benchmark.name}.")
    if seeds < 2:
        raise InputError(f"There must be at least 2 seeds, got {seeds}.")
    example = functools.partial(_example, seeds=seeds)
    explained = f"{benchmark.explained}, by {seeds} seeds"
    return replace(benchmark, name="stability", explained=explained, measures=_MEASURES, make_example=example)


def _example(checkpoint: Checkpoint, source: Callable[[], object], seeds: int) -> Example:
    sample, target = usable_sample(checkpoint, source)
    curves = functools.cache(lambda seed: curves_of(checkpoint, sample, target, seed))

    def score(explanation: Explanation) -> Parts:
        scores = unit_scores(explanation, sample)
        findings = Findings(len(scores), explanation.completeness_gap)
        verdicts = Counter(conclude(curves(seed), scores, findings)[1][0] for seed in range(seeds))
        return {
            "same": (verdicts.most_common(1)[0][1], seeds),
            "always": (float(len(verdicts) == 1), 1.0),
            "swapped": (float(_TRUSTED in verdicts and _REFUSED in verdicts), 1.0),
            "undecided": (verdicts[_UNDECIDED], seeds),
        }

    return Example(checkpoint.model, sample, target, score, {})
