"""What a figure shows, taken from an analysis and said in words: the text alternative of each."""

from torch import Tensor

from .pipeline import Analysis, Prediction

MEAN_OF_HEADS = "mean of heads"
POOLING = "pooling"


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
    analysis: Analysis, layer: str, head: str = MEAN_OF_HEADS, from_step: int | None = None, count: int = 5
) -> str:
    """The attention figure in words."""
    weights = attended(analysis, layer, head, from_step)
    order = weights.argsort(descending=True)[:count].tolist()
    names = spoken_steps(analysis)
    most = ", ".join(f"{names[index]} ({weights[index]:.1%})" for index in order)
    if layer == POOLING:
        return f"Pooling. The decision draws most on: {most}."
    who = "on average" if from_step is None else f"from {names[from_step]}"
    return f"Attention, {layer}, {head_name(head)}. Attended most {who}: {most}."


def describe_states(analysis: Analysis, recurrence: str, direction: str = "forward") -> str:
    """The figure of hidden states in words."""
    states = hidden_states(analysis, recurrence, direction)
    change = states.diff(dim=0).norm(dim=-1)
    if not len(change):
        return f"Hidden states of {recurrence}, {direction}: one step, {states.shape[1]} units."
    step = int(change.argmax()) + 1
    return (
        f"Hidden states of {recurrence}, {direction}: {states.shape[0]} steps, {states.shape[1]} units. "
        f"The largest change comes at {spoken_steps(analysis)[step]}."
    )


def head_name(head: str) -> str:
    """A head as a title takes it."""
    return head if head == MEAN_OF_HEADS else f"head {head}"


def attended(analysis: Analysis, layer: str, head: str, from_step: int | None) -> Tensor:
    """(T,) weights that the steps get: from one step, or in the mean over all; or from the pooling.

    Raises:
        ValueError: for a layer, head or step that the trace does not hold.
    """
    if layer == POOLING:
        return analysis.trace.pooling
    weights = head_weights(analysis, layer, head)
    if from_step is None:
        return weights.mean(0)
    if not 0 <= from_step < len(weights):
        raise ValueError(f"from_step must be 0 to {len(weights) - 1}, got {from_step}")
    return weights[from_step]


def head_weights(analysis: Analysis, layer: str, head: str) -> Tensor:
    """(T, T) weights of one head, or of all in the mean.

    Raises:
        ValueError: for a layer or head that the trace does not hold.
    """
    if layer not in analysis.trace.attention:
        raise ValueError(f"layer must be one of {sorted(analysis.trace.attention)}, got {layer!r}")
    weights = analysis.trace.attention[layer]  # (H, T, T)
    if head == MEAN_OF_HEADS:
        return weights.mean(0)
    if not str(head).isdecimal() or not 1 <= int(head) <= len(weights):
        raise ValueError(f"head must be 1 to {len(weights)} or {MEAN_OF_HEADS!r}, got {head!r}")
    return weights[int(head) - 1]


def hidden_states(analysis: Analysis, recurrence: str, direction: str) -> Tensor:
    """(T, U) hidden states of one recurrence in one direction.

    Raises:
        ValueError: for a recurrence or direction that the trace does not hold.
    """
    if recurrence not in analysis.trace.states:
        raise ValueError(f"recurrence must be one of {sorted(analysis.trace.states)}, got {recurrence!r}")
    if direction not in ("forward", "backward"):
        raise ValueError(f"direction must be 'forward' or 'backward', got {direction!r}")
    return analysis.trace.states[recurrence][:, 0 if direction == "forward" else 1]


def spoken_steps(analysis: Analysis) -> list[str]:
    """A name for each step as a sentence takes it."""
    return list(analysis.sample.names) if analysis.sample.grid else step_names(analysis)


def step_names(analysis: Analysis) -> list[str]:
    """A name for each step: its word, or "…" where a word goes on; its cell."""
    names, previous = [], None
    for unit in analysis.sample.step_units.tolist():
        name = analysis.sample.names[unit] if unit != previous else "…"
        names.append(name if analysis.sample.grid is None else name.replace("row ", "").replace(", column ", "·"))
        previous = unit
    return names


def score_names(analysis: Analysis) -> list[str]:
    """A name for each score: its word, its cell or its pixel."""
    explanation = analysis.explanation
    if explanation.grid is None or explanation.grid == analysis.sample.grid:
        return list(analysis.sample.names)
    rows, columns = explanation.grid
    return [f"pixel at {column}, {row}" for row in range(rows) for column in range(columns)]
