"""Planted evidence for the maps of attention and recurrence: small text hybrids whose tasks can only be solved by
bringing two tokens together. Which map shows them?

Copying: a cue stands before the token that decides, and tokens like that one stand elsewhere. Negation: a word decides,
unless a negation stands so many steps before it, which turns it round.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ...data import Sample
from ...interpret.attention_flow import gradient_attention, pooled_rollout, rollout
from ...interpret.attribution import explain
from ...interpret.gates import memory_contributions, states_before
from ...interpret.jacobian import attention_through_recurrence, token_jacobian
from ...interpret.prefixes import prefix_predictions
from ...interpret.trace import Trace, trace
from ...models import Hybrid
from .benchmark import Measure, figure
from .planted import INPUTS_PER_MODEL, MODELS, TOKENS, Planted, plant_task, sample_of
from .scoring import Part

FILLERS = 40  # ids 2 to 41 decide nothing
GOOD, BAD, CUE, NOT = 42, 43, 44, 45
_UPDATES, _ROUNDS = 200, 12
_NEGATED = 0.3  # of the texts: of a half the word alone would tell nothing, and some models never begin to learn
NEAR, FAR = 1, 6  # steps between a negation and its word

MEASURES = {
    "copied": Measure("copied token found", "share of inputs in which the token after the cue has the highest value"),
    "near": Measure(
        f"negation found, {NEAR} step before",
        "share of inputs in which negation and word have the two highest values, or the word's row points at it",
    ),
    "far": Measure(f"negation found, {FAR} steps before", "the same, at a distance"),
}


@dataclass(frozen=True)
class PairInputs:
    """Texts whose label follows from two tokens.

    Attributes:
        ids: (B, T).
        labels: (B,) 0 or 1.
        first, second: (B,) places of the two, the cue or negation before the token that decides.
        joined: (B,) true where both are there and count.
    """

    ids: Tensor
    labels: Tensor
    first: Tensor
    second: Tensor
    joined: Tensor


def draw_copies(count: int, generator: torch.Generator) -> PairInputs:
    """Draw texts whose label is that of the token after the cue, amid others of its kind."""
    ids = torch.randint(2, 2 + FILLERS, (count, TOKENS), generator=generator)
    decoys = torch.rand(count, TOKENS, generator=generator) < 0.4
    ids[decoys] = GOOD + torch.randint(2, (int(decoys.sum()),), generator=generator)
    rows, first = torch.arange(count), torch.randint(TOKENS - 1, (count,), generator=generator)
    labels = torch.randint(2, (count,), generator=generator)
    ids[rows, first], ids[rows, first + 1] = CUE, GOOD + labels
    return PairInputs(ids, labels, first, first + 1, torch.ones(count, dtype=torch.bool))


def draw_negations(distance: int) -> Callable[[int, torch.Generator], PairInputs]:
    """Return a function that draws texts of one word that decides; in some of them a negation stands before it."""

    def draw(count: int, generator: torch.Generator) -> PairInputs:
        ids = torch.randint(2, 2 + FILLERS, (count, TOKENS), generator=generator)
        rows, first = torch.arange(count), torch.randint(TOKENS - distance, (count,), generator=generator)
        words = torch.randint(2, (count,), generator=generator)
        negated = (torch.rand(count, generator=generator) < _NEGATED).long()
        ids[rows, first + distance] = GOOD + words
        ids[rows, first] = torch.where(negated == 1, NOT, ids[rows, first])
        return PairInputs(ids, words ^ negated, first, first + distance, negated == 1)

    return draw


TASKS = {"copied": draw_copies, "near": draw_negations(NEAR), "far": draw_negations(FAR)}


@dataclass(frozen=True)
class _Seen:
    """One input and what its maps are made of."""

    model: Hybrid
    sample: Sample
    trace: Trace
    target: int


def _attention(seen: _Seen) -> Tensor:
    return next(iter(seen.trace.attention.values())).mean(0)


def _rolled(seen: _Seen) -> Tensor:
    return rollout(seen.trace)


def _jacobian(seen: _Seen) -> Tensor:
    return token_jacobian(seen.model, seen.sample).norms


def _through(seen: _Seen) -> Tensor:
    return attention_through_recurrence(pooled_rollout(seen.trace), token_jacobian(seen.model, seen.sample))[0]


def _written(seen: _Seen) -> Tensor:
    return torch.stack([memory_contributions(gates).abs().sum((1, 2)) for gates in seen.trace.gates.values()]).sum(0)


def _state_changes(seen: _Seen) -> Tensor:
    changes = [
        states - states_before(states, seen.trace.gates[name].order) for name, states in seen.trace.states.items()
    ]
    return torch.cat(changes, dim=-1).square().sum((1, 2)).sqrt()


def _belief_changes(seen: _Seen) -> Tensor:
    forward, backward = (
        scan.logits.softmax(-1)[:, seen.target] for scan in prefix_predictions(seen.model, seen.sample)[:2]
    )
    changes = [shares.diff(prepend=shares.new_tensor([0.5])).abs() for shares in (forward, backward)]
    return changes[0] + changes[1].flip(0)


def _random(seen: _Seen) -> Tensor:
    number = int(seen.sample.inputs.sum())
    return torch.rand(TOKENS, generator=torch.Generator().manual_seed(number))


def _scores(seen: _Seen, method: str) -> Tensor:
    return explain(seen.model, seen.sample, seen.target, method).scores.abs()


# Maps with a row for each query, those with one value for each token, and attributions to compare them with.
MAPS: dict[str, Callable[[_Seen], Tensor]] = {
    "attention, mean of heads": _attention,
    "attention rollout": _rolled,
    "Jacobian of the recurrence": _jacobian,
    "pooling weights": lambda seen: seen.trace.pooling,
    "rollout read by the pooling": lambda seen: pooled_rollout(seen.trace),
    "attention through the recurrence": _through,
    "gradient x attention": lambda seen: gradient_attention(seen.model, seen.sample, seen.target),
    "what is written into memory": _written,
    "change of the hidden state": _state_changes,
    "change of the belief": _belief_changes,
    "integrated gradients, absolute": lambda seen: _scores(seen, "integrated-gradients"),
    "occlusion, absolute": lambda seen: _scores(seen, "occlusion"),
    "random": _random,
}


def finds(values: Tensor, first: int, second: int, task: str) -> bool:
    """Return True where a map (T,) or (T, T) shows the tokens that decide.

    Args:
        values: high where a token counts; of a map with rows, of a key for a query.
        first, second: places of the cue or negation, and of the token that decides.
        task: a key of `TASKS`.
    """
    if task == "copied":
        columns = values if values.dim() == 1 else values.mean(0)
        return int(columns.argmax()) == second
    if values.dim() == 2:
        row = values[second].clone()
        row[second] = -1  # how much a token depends on itself is not asked
        return int(row.argmax()) == first
    return set(values.topk(2).indices.tolist()) == {first, second}


def planted_task(task: str, seed: int) -> Planted:
    """Train a small hybrid on a task of two tokens.

    Raises:
        RuntimeError: where it did not learn the task.
    """

    def draw(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        drawn = TASKS[task](count, generator)
        return drawn.ids, drawn.labels, drawn.second

    return plant_task("text", seed, draw, _UPDATES, _ROUNDS)


def measure_maps(seed: int, report: Callable[[float], None] = lambda share: None) -> dict[str, dict]:
    """Return for each map its figures by task, as `ScoreAccumulator.figures` does: `MODELS` models a task,
    `INPUTS_PER_MODEL` inputs each, of which both tokens count."""
    parts: dict[str, list[dict[str, Part]]] = {name: [] for name in MAPS}
    for done, (task, number) in enumerate((task, number) for task in TASKS for number in range(MODELS)):
        for seen, first, second in _inputs(task, seed + number):
            for name, read in MAPS.items():
                parts[name].append({task: (float(finds(read(seen), first, second, task)), 1.0)})
        report((done + 1) / (len(TASKS) * MODELS))
    return {
        name: {
            "measures": {task: figure([part[task] for part in scored if task in part], 0, seed) for task in MEASURES}
        }
        for name, scored in parts.items()
    }


def _inputs(task: str, seed: int) -> Iterator[tuple[_Seen, int, int]]:
    """Yield inputs that a model of its own was not trained on, with the places of both tokens."""
    model = planted_task(task, seed).model
    drawn = TASKS[task](8 * INPUTS_PER_MODEL, torch.Generator().manual_seed(1_000_000 + seed))
    for row in drawn.joined.nonzero().flatten()[:INPUTS_PER_MODEL].tolist():
        sample = sample_of(model, drawn.ids[row : row + 1])
        seen = _Seen(model, sample, trace(model, sample), int(drawn.labels[row]))
        yield seen, int(drawn.first[row]), int(drawn.second[row])
