"""What a figure shows, taken from an analysis and said in words: the text alternative of each."""

from collections.abc import Sequence

from torch import Tensor

from ..analysis.comparison import ModelComparison
from ..analysis.inquiry import (
    ATTENTION,
    MEMORY,
    ORIGINAL,
    CounterfactualEdit,
    EditEffect,
    InterventionEffects,
    PrefixTrajectory,
)
from ..analysis.service import Analysis, Prediction
from ..interpret.attention_flow import to_token_attention
from ..interpret.gates import median_half_life, memory_contributions, saturation, top_contributors
from ..interpret.trust import FaithfulnessScores, Trust

MEAN_OF_HEADS = "mean of heads"
POOLING = "pooling"
HIDDEN, CELL, MEMORY_CONTRIBUTIONS = "hidden state", "cell state", "written"
DIRECTIONS = ("forward", "backward")


def describe_domain(prediction: Prediction) -> str:
    """Whether the input looks like what the model was trained on; "" for a model that cannot tell."""
    if prediction.in_domain is None:
        return ""
    said = prediction.warning or "This looks like what the model was trained on."
    return f"{said} Strangeness {prediction.ood_score:.2f}, threshold 1."


def describe_attribution(analysis: Analysis, count: int = 5) -> str:
    """The attribution figure in words, with a warning where the answer that it explains may mean nothing."""
    scores, names = analysis.explanation.scores, score_names(analysis)
    order = scores.abs().argsort(descending=True)[:count].tolist()
    strongest = ", ".join(f"{names[index]} ({scores[index]:+.2f})" for index in order)
    said = f"{analysis.explanation.method} for {analysis.target}. Strongest: {strongest}."
    return f"{said} {describe_domain(analysis.prediction)}" if analysis.prediction.in_domain is False else said


def describe_attention(
    analysis: Analysis,
    layer: str,
    head: str = MEAN_OF_HEADS,
    from_step: int | None = None,
    dependence: Tensor | None = None,
    count: int = 5,
) -> str:
    """The attention figure in words."""
    weights = attended(analysis, layer, head, from_step, dependence)
    order = weights.argsort(descending=True)[:count].tolist()
    names = spoken_steps(analysis)
    most = ", ".join(f"{names[index]} ({weights[index]:.1%})" for index in order)
    if layer == POOLING:
        return f"Pooling. The decision draws most on: {most}."
    who = "on average" if from_step is None else f"from {names[from_step]}"
    return f"Attention, {layer}, {head_name(head)}. Attended most {who}: {most}."


def describe_states(analysis: Analysis, recurrence: str, direction: str = "forward", quantity: str = HIDDEN) -> str:
    """The figure of a recurrence in words."""
    values = recurrent_values(analysis, recurrence, direction, quantity)
    steps = _counted(len(values), "step")
    told = f"{quantity.capitalize()} of {recurrence}, {direction}: {steps}, {values.shape[1]} units."
    change = values.diff(dim=0).norm(dim=-1)
    if len(change):
        told += f" The largest change comes at {spoken_steps(analysis)[int(change.argmax()) + 1]}."
    gates = analysis.trace.gates[recurrence]
    half_life = median_half_life(gates)[DIRECTIONS.index(direction)].item()
    told += f" Half of what a unit holds is gone after {half_life:.1f} steps (median over units)."
    if quantity == MEMORY_CONTRIBUTIONS:
        told += f" {_fullest(analysis, recurrence, DIRECTIONS.index(direction), values)}"
    shares = saturation(gates).get(quantity.removesuffix(" gate"))
    if shares:
        told += f" {shares[0]:.0%} of its values lie at the lower end of the scale, {shares[1]:.0%} at the upper."
    return told


def _fullest(analysis: Analysis, recurrence: str, direction: int, written: Tensor) -> str:
    """Who wrote the unit that holds most in the end; `written` (T, U)."""
    unit = int(written.sum(0).abs().argmax())
    names = spoken_steps(analysis)
    writers = top_contributors(analysis.trace.gates[recurrence], direction, unit, most=3)
    told = ", ".join(f"{names[step]} ({share:+.0%})" for step, share in writers)
    return f"Unit {unit} holds most in the end: written by {told}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def describe_trust(trust: Trust) -> str:
    """The trust card in words: the verdict, its reasons, and what was measured."""
    measured = [_measured(name, removed) for name, removed in trust.perturbations.items()]
    told = [f"Measured: {'; '.join(measured)}."] if measured else []
    return " ".join([f"Verdict: {trust.verdict}.", *trust.reasons, *told])


def _measured(perturbation: str, removed: FaithfulnessScores) -> str:
    falls, stays = removed.comprehensiveness, removed.sufficiency
    return (
        f"{perturbation}: comprehensiveness {falls.value:+.2f} and sufficiency {stays.value:+.2f}, better than "
        f"{falls.percentile:.0f} % and {stays.percentile:.0f} % of {removed.orders} random orders"
    )


def describe_course(course: PrefixTrajectory) -> str:
    """How the belief went along one scan, in words."""
    read, final = course.belief.names, course.labels[int(course.probabilities[-1].argmax())]
    sure = course.probabilities[-1].max()
    if not course.flips:
        return f"Read {course.belief.scan}: {final} from {read[0]} on, in the end {sure:.1%} sure."
    turns = "once" if len(course.flips) == 1 else f"{len(course.flips)} times"
    return (
        f"Read {course.belief.scan}: the label changes {turns}; it is {final} from {read[course.stable_from]} on, "
        f"in the end {sure:.1%} sure."
    )


def describe_attention_matter(found: InterventionEffects) -> str:
    """Whether attention matters to a decision, in words; "" for a model without any."""
    told = [
        f"with {name} {found.shares[name]:.1%} (the output moves by {found.distances[name]:.2f} of 1)"
        for name in ATTENTION
        if name in found.distances
    ]
    if not told:
        return ""
    before = f"{found.target} has {found.shares[ORIGINAL]:.1%} as it is"
    sentence = f"Does attention matter here? {before}, {', '.join(told)}. Conicity of the states {found.conicity:.2f}."
    return f"{sentence} {found.notice}" if found.notice else sentence


def describe_memory_matter(found: InterventionEffects) -> str:
    """Whether the recurrence matters to a decision, in words; "" for a model without one."""
    if MEMORY not in found.shares:
        return ""
    return (
        f"Does memory matter here? {found.target} has {found.shares[ORIGINAL]:.1%} as it is and "
        f"{found.shares[MEMORY]:.1%} with the recurrence switched off."
    )


def describe_variant(variant: EditEffect) -> str:
    """What a changed input brought, beside what was forecast, in words."""
    before, target = variant.analysis.prediction, variant.analysis.target
    what = _listed(variant.changed)
    return (
        f"{what} → {variant.how}: the logit of {target} was forecast to change by {variant.forecast:+.2f} and changed "
        f"by {variant.measured:+.2f}; {before.label} ({before.confidence:.1%}) became {variant.label} "
        f"({variant.probabilities[variant.label]:.1%})."
    )


def describe_turn(turn: CounterfactualEdit) -> str:
    """The fewest units that change the label, in words."""
    before = turn.analysis.prediction.label
    if turn.label is None:
        return (
            f"No words or parts were found whose removal ({turn.perturbation}) changes {before}; "
            f"{turn.rows} sets tried."
        )
    names = _listed([turn.analysis.sample.unit_names[unit] for unit in turn.units])
    certain = "no smaller set does" if turn.exact else "a smaller set may do, too"
    return (
        f"Without {names} ({turn.perturbation}) it is {turn.label} instead of {before}; {certain} "
        f"({turn.rows} sets tried)."
    )


def describe_side(side: ModelComparison) -> str:
    """One of several models on the same input, in words."""
    prediction = side.analysis.prediction
    lines = [
        f"{prediction.model}: {prediction.label} ({prediction.confidence:.1%}), {side.latency_ms:.1f} ms",
        describe_attribution(side.analysis),
        *([describe_trust(side.analysis.trust)] if side.analysis.trust else []),
        *map(describe_course, side.courses),
    ]
    return "\n  ".join(lines)


def _listed(names: Sequence[str], most: int = 12) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"“{name}”" for name in names[:most]) + more


def head_name(head: str) -> str:
    """A head as a title takes it."""
    return head if head == MEAN_OF_HEADS else f"head {head}"


def attended(
    analysis: Analysis, layer: str, head: str, from_step: int | None, dependence: Tensor | None = None
) -> Tensor:
    """(T,) weights that the steps get: from one step, or in the mean over all; or from the pooling.

    Args:
        dependence: see `head_weights`.

    Raises:
        ValueError: for a layer, head or step that the trace does not hold.
    """
    weights = head_weights(analysis, layer, head, dependence)
    if layer == POOLING:
        return weights[0]
    if from_step is None:
        return weights.mean(0)
    if not 0 <= from_step < len(weights):
        raise ValueError(f"from_step must be 0 to {len(weights) - 1}, got {from_step}")
    return weights[from_step]


def head_weights(analysis: Analysis, layer: str, head: str, dependence: Tensor | None = None) -> Tensor:
    """(T, T) weights of one head, or of all in the mean; (1, T) those of the pooling.

    Args:
        dependence: (T, T) how much each state depends on each token, see `inquiry.dependence`: with it the weights are
            those that the tokens get through the states, without it those of the states.

    Raises:
        ValueError: for a layer or head that the trace does not hold.
    """
    weights = analysis.trace.pooling[None] if layer == POOLING else _layer_weights(analysis, layer, head)
    return weights if dependence is None else to_token_attention(weights, dependence)


def _layer_weights(analysis: Analysis, layer: str, head: str) -> Tensor:
    if layer not in analysis.trace.attention:
        raise ValueError(f"layer must be one of {sorted(analysis.trace.attention)}, got {layer!r}")
    weights = analysis.trace.attention[layer]  # (H, T, T)
    if head == MEAN_OF_HEADS:
        return weights.mean(0)
    if not str(head).isdecimal() or not 1 <= int(head) <= len(weights):
        raise ValueError(f"head must be 1 to {len(weights)} or {MEAN_OF_HEADS!r}, got {head!r}")
    return weights[int(head) - 1]


def quantities(analysis: Analysis, recurrence: str) -> tuple[str, ...]:
    """What can be shown of a recurrence: its hidden states, cell states (of an LSTM), gates, candidate, and what each
    step wrote into the memory as it is in the end."""
    gates = analysis.trace.gates[recurrence]
    named = (name if name == "candidate" else f"{name} gate" for name in gates.gates)
    return (HIDDEN, *([CELL] if gates.cells is not None else []), *named, MEMORY_CONTRIBUTIONS)


def recurrent_values(analysis: Analysis, recurrence: str, direction: str, quantity: str = HIDDEN) -> Tensor:
    """(T, U) values of one quantity of one recurrence in one direction.

    Raises:
        ValueError: for a recurrence, direction or quantity that the trace does not hold.
    """
    if recurrence not in analysis.trace.states:
        raise ValueError(f"recurrence must be one of {sorted(analysis.trace.states)}, got {recurrence!r}")
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {DIRECTIONS}, got {direction!r}")
    if quantity not in quantities(analysis, recurrence):
        raise ValueError(f"quantity must be one of {quantities(analysis, recurrence)}, got {quantity!r}")
    gates = analysis.trace.gates[recurrence]
    if quantity == HIDDEN:
        values = analysis.trace.states[recurrence]
    elif quantity == MEMORY_CONTRIBUTIONS:
        values = memory_contributions(gates)
    else:
        values = gates.cells if quantity == CELL else gates.gates[quantity.removesuffix(" gate")]
    return values[:, DIRECTIONS.index(direction)]


def spoken_steps(analysis: Analysis) -> list[str]:
    """A name for each step as a sentence takes it."""
    return list(analysis.sample.unit_names) if analysis.sample.grid else step_names(analysis)


def step_names(analysis: Analysis) -> list[str]:
    """A name for each step: its word, or "…" where a word goes on; its cell."""
    names, previous = [], None
    for unit in analysis.sample.token_to_unit.tolist():
        name = analysis.sample.unit_names[unit] if unit != previous else "…"
        names.append(name if analysis.sample.grid is None else name.replace("row ", "").replace(", column ", "·"))
        previous = unit
    return names


def score_names(analysis: Analysis) -> list[str]:
    """A name for each score: its word, its cell or its pixel."""
    explanation = analysis.explanation
    if explanation.grid is None or explanation.grid == analysis.sample.grid:
        return list(analysis.sample.unit_names)
    rows, columns = explanation.grid
    return [f"pixel at {column}, {row}" for row in range(rows) for column in range(columns)]
