"""The model-parameter randomisation test (Adebayo et al. 2018): an explanation of a model must change with its weights.

The weights are drawn anew from the head down to the input, one stage after the other and all above it (cascading), as
the modules draw them themselves. Beside each stage stands the rank correlation of |scores| with those of the trained
model, for the same class.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import torch

from ...interpret.trust.agreement import rank_correlation
from ...models import ATTENTION, RECURRENT, Hybrid, build, freeze
from .benchmark import Example, Measure, explain_as, figure

_STAGES = {RECURRENT: "recurrence", ATTENTION: "attention"}  # by the kind of a block
MAX_CORRELATION = 0.5  # with all weights drawn anew, above which a method fails: it shows the input, not the model


def stages(model: Hybrid) -> dict[str, tuple[str, ...]]:
    """Return the stages from the head to the input: their names, and the prefixes of the names of their weights."""
    by_stage = {
        "head": ("core.head.",),
        "pooling": ("core.norm.", "core.pooling."),
        **dict(reversed([*_block_stages(model.config.blocks)])),
        "input": ("",),  # the rest: projection, embedding or CNN
    }
    weights = [*model.state_dict()]  # a mean has none
    return {stage: begin for stage, begin in by_stage.items() if any(name.startswith(begin) for name in weights)}


def _block_stages(blocks: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and the weights of each block, numbered within its kind."""
    numbers: Counter[str] = Counter()
    for place, kind in enumerate(blocks):
        numbers[kind] += 1
        yield f"{_STAGES[kind]} {numbers[kind]}", (f"core.blocks.{place}.",)


def randomised(model: Hybrid, seed: int, fresh: Callable[[], Hybrid] | None = None) -> dict[str, Hybrid]:
    """Return a copy of a model for each stage, in which the weights of this stage and of those above it are drawn anew.

    Args:
        fresh: makes a model with new weights; by default one of the same config.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        new_weights = (fresh() if fresh else build(model.modality, model.config)).state_dict()
    weights = model.state_dict()
    copies: dict[str, Hybrid] = {}
    replaced: tuple[str, ...] = ()
    for stage, prefixes in stages(model).items():
        replaced += prefixes
        copies[stage] = freeze(deepcopy(model))
        copies[stage].load_state_dict(
            {name: (new_weights if name.startswith(replaced) else weights)[name] for name in weights}, strict=True
        )
    return copies


def randomisation(
    model: Hybrid,
    examples: Sequence[Example],
    methods: Sequence[str],
    seed: int,
    advance: Callable[[], None] = lambda: None,
    fresh: Callable[[], Hybrid] | None = None,
) -> dict[str, dict]:
    """Return `measures` and `methods` of a result: for each method the mean correlation at each stage, and its verdict.

    An input whose scores are all the same before or after has no rank correlation, and counts as undefined.

    Args:
        examples: inputs and classes to explain.
        advance: is called after each input of each method.
        fresh: see `randomised`.
    """
    copies = randomised(model, seed, fresh)
    by_method = {}
    for method in methods:
        by_stage: dict[str, list[float | None]] = {stage: [] for stage in copies}
        for number, example in enumerate(examples):
            trained = explain_as(model, example.sample, example.target, method, seed + number).scores.abs()
            for stage, copy in copies.items():
                scores = explain_as(copy, example.sample, example.target, method, seed + number).scores.abs()
                by_stage[stage].append(rank_correlation(trained, scores))
            advance()
        figures = {}
        for stage, correlations in by_stage.items():
            defined = [(rho, 1.0) for rho in correlations if rho is not None]
            figures[stage] = figure(defined, len(correlations) - len(defined), seed)
        by_method[method] = {"measures": figures, "verdict": _verdict(figures["input"]["value"])}
    return {"measures": _measures(tuple(copies)), "methods": by_method}


def _verdict(correlation: float | None) -> str:
    if correlation is None:
        return "undefined"
    return "fails" if correlation > MAX_CORRELATION else "passes"


def _measures(names: tuple[str, ...]) -> dict[str, dict]:
    """Return the stages as measures; the last one, with all weights drawn anew, is cited first."""
    ordered = (names[-1], *names[:-1])
    return {
        name: vars(
            Measure(
                "all weights drawn anew" if name == names[-1] else f"down to {name}",
                "mean rank correlation of |scores| with those of the trained model",
                unit="",
            )
        )
        for name in ordered
    }
