"""The claim that dropout prevents vanishing and exploding gradients: the same gradients with dropout and without."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Quantity, Report, Series, Verdict, named, steps
from .lab.rules import is_above, sentence, together
from .lab.statistics import differences, point, quantity

_BATCH, _LAYERS = 8, 2
_RATES = (0.2, 0.5)
_CURED = 1.0  # powers of ten nearer to an even gradient: less is no cure of what spans many of them
_STATES = {"vanishing": None, "exploding": 1.5}  # spectral radius of the recurrent weights; None as PyTorch draws them


@dataclass(frozen=True)
class Sizes:
    """Steps of a sequence, and seeds of weights and of dropout."""

    length: int
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Measure gradients through two stacked layers, with dropout between them as it is usual, and without."""
    import torch

    left: dict[tuple[str, str, float], list[float]] = {}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for seed in steps(report, sizes.seeds):
            for kind, state in _cases():
                for rate in (0.0, *_RATES):
                    value = _left_of_gradient(kind, _STATES[state], rate, sizes.length, seed)
                    left.setdefault((kind, state, rate), []).append(value)
    plot = Plot(
        f"Gradient left over {sizes.length} steps, with dropout between two layers",
        "share of features dropped",
        "powers of ten; 0 is an even gradient",
        tuple(
            Series(f"{kind}, {state}", tuple(point(rate, left[kind, state, rate]) for rate in (0.0, *_RATES)))
            for kind, state in _cases()
        ),
    )
    nearer = [
        quantity(
            "nearer to an even gradient",
            {"network": kind, "trouble": state, "dropout": rate},
            differences(*([abs(value) for value in left[kind, state, each]] for each in (0.0, rate))),
            "powers of ten",
        )
        for kind, state in _cases()
        for rate in _RATES
    ]
    notes = (f"{_LAYERS} layers on random inputs at initialisation; the same weights and inputs with every rate.",)
    return Measured((plot,), tuple(nearer), tuple(range(sizes.seeds)), notes)


def _cases() -> list[tuple[str, str]]:
    from .lab.networks import GRU, LSTM, TANH

    return [(TANH, "vanishing"), (TANH, "exploding"), (LSTM, "vanishing"), (GRU, "vanishing")]


def _left_of_gradient(kind: str, radius: float | None, rate: float, length: int, seed: int) -> float:
    """Return what is left of the gradient at the farthest step, in powers of ten."""
    import math

    import torch
    from torch import nn

    from .lab import gradients, networks

    torch.manual_seed(seed)
    layers = [networks.RecurrentLayer(kind, networks.WIDTH, networks.WIDTH) for _ in range(_LAYERS)]
    scale = 1.0
    if radius is not None:
        scale = 0.0  # zero states, at which tanh does not hold the growth back
        for layer in layers:
            layer.norm = nn.Identity()
            gradients.set_spectral_radius(layer.rnn, radius)
    x = scale * torch.randn(_BATCH, length, networks.WIDTH)
    first, *others = layers
    stack = nn.Sequential(first, *(part for layer in others for part in (nn.Dropout(rate), layer)))
    return math.log10(max(gradients.reach(gradients.gradient_norms(stack, x)), gradients.FLOOR))


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read by how many powers of ten dropout brings the gradient nearer to an even one: a condition holds where the
    whole interval is above 0 and the mean above 1, and fails where none of the interval is above 1."""
    nearer = named(quantities, "nearer to an even gradient")
    answers = []
    for found in nearer:
        answers.append(is_above(found, 0.0 if found.value > _CURED else _CURED))
    return Verdict(together(answers), tuple(sentence(found) for found in nearer))


register(
    Claim(
        name="dropout_gradients",
        place=4,
        sentence="Dropout prevents vanishing and exploding gradients.",
        source="The article, on its remedies for RNNs.",
        method="What is left of the gradient over a sequence, with dropout between layers and without.",
        quick=Sizes(length=64, seeds=5),
        full=Sizes(length=128, seeds=10),
        measure=measure,
        rule=rule,
    )
)
