"""The claim that RNNs suffer from vanishing and exploding gradients: how far gradients reach back, and what grows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lab.registry import Claim, register
from .lab.result import (
    FAILS,
    HOLDS,
    PARTLY,
    Measured,
    Plot,
    Point,
    Quantity,
    Report,
    Series,
    Verdict,
    named,
    part_of,
    parts,
    steps,
)
from .lab.rules import is_above, is_below, sentence
from .lab.statistics import point, quantity

if TYPE_CHECKING:
    from .lab.networks import RecurrentLayer

_BATCH, _RANGE = 8, (0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0)
_VANISHED = -3.0  # powers of ten: a thousandth of the gradient is left
_EXPLODED = 3.0
_CLIP = 1.0
_MOMENTS = 40  # of a training that are drawn
_REGIMES = ("zero states", "inputs of size 1")


@dataclass(frozen=True)
class Sizes:
    """What is measured.

    Attributes:
        length: steps of a sequence.
        seeds: of the weights at initialisation.
        shapes: of the models whose whole gradient is watched along training, clipped and not.
        updates: of that training.
        kinds: of the networks whose gradient by distance is measured along another training.
        moments: numbers of updates after which it is, the last one the end.
    """

    length: int
    seeds: int
    shapes: tuple[str, ...]
    updates: int
    kinds: tuple[str, ...]
    moments: tuple[int, ...]


def _variants() -> dict[str, tuple[str, Callable[[Any], None]]]:
    """Return the networks by their titles: kind, and a change of their initial weights."""
    from .lab import gradients, networks

    def unchanged(network: Any) -> None:
        """Leave PyTorch's own draw."""

    variants: dict[str, tuple[str, Callable[[Any], None]]] = {kind: (kind, unchanged) for kind in networks.NETWORKS}
    variants["tanh RNN, orthogonal"] = (networks.TANH, lambda network: gradients.make_orthogonal(network.rnn))
    for bias in (0, 1, 3):
        variants[f"LSTM, forget bias {bias}"] = (networks.LSTM, _forget_bias(bias))
    variants["LSTM, forget bias 1, orthogonal"] = (networks.LSTM, _as_in_this_project)
    return variants


def _forget_bias(bias: float) -> Callable[[Any], None]:
    from .lab import gradients

    return lambda network: gradients.set_forget_bias(network.rnn, bias)


def _as_in_this_project(network: "RecurrentLayer") -> None:
    from .lab import gradients

    gradients.make_orthogonal(network.rnn)
    gradients.set_forget_bias(network.rnn, 1)


def measure(sizes: Sizes, report: Report) -> Measured:
    """Measure gradients at initialisation, against the spectral radius, and along training."""
    curves, reaches = _at_initialisation(sizes, part_of(report, 0.0, 0.2))
    grown, growth = _by_radius(sizes, part_of(report, 0.2, 0.4))
    trained, clipped = _along_training(sizes, part_of(report, 0.4, 0.7))
    learned, left = _by_distance_along_training(sizes, part_of(report, 0.7, 1.0))
    notes = (
        "One layer of each kind, of equal numbers of weights, on random inputs; the loss reads the last step.",
        "At zero states a tanh RNN is linear: nothing holds the growth back that its spectral radius sets.",
        "What is left of the minGRU's gradient below about 1e-15 is the rounding of its scan in logarithms.",
    )
    return Measured(
        (curves, *learned, grown, trained), (*reaches, *growth, *clipped, *left), tuple(range(sizes.seeds)), notes
    )


def _at_initialisation(sizes: Sizes, report: Report) -> tuple[Plot, list[Quantity]]:
    import torch

    from .lab import gradients, networks

    variants = _variants()
    norms: dict[str, list[list[float]]] = {title: [] for title in variants}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for seed in steps(report, sizes.seeds):
            for title, (kind, prepare) in variants.items():
                torch.manual_seed(seed)
                network = networks.network(kind)
                prepare(network)
                x = torch.randn(_BATCH, sizes.length, networks.WIDTH)
                norms[title].append(gradients.gradient_norms(network, x))
    plot = Plot(
        "Gradient at initialisation",
        "distance from the loss, steps",
        "norm of d loss / d x",
        tuple(Series(title, tuple(_curve(rows))) for title, rows in norms.items()),
        log_y=True,
    )
    reaches = [
        quantity(
            "left of the gradient",
            {"network": title, "distance": sizes.length - 1},
            [_log10(gradients.reach(row)) for row in rows],
            "powers of ten",
        )
        for title, rows in norms.items()
    ]
    return plot, reaches


def _curve(rows: list[list[float]]) -> Iterator[Point]:
    """Yield the geometric mean of the norms at about forty distances."""
    every = max(1, len(rows[0]) // 40)
    for distance in range(1, len(rows[0]), every):
        mean = sum(_log10(row[distance]) for row in rows) / len(rows)
        yield Point(distance, 10**mean)


def _log10(value: float) -> float:
    import math

    from .lab.gradients import FLOOR

    return math.log10(max(value, FLOOR))


def _by_radius(sizes: Sizes, report: Report) -> tuple[Plot, list[Quantity]]:
    """Measure what the gradient of a small tanh RNN becomes over a sequence, by the spectral radius of its weights."""
    import torch

    from .lab import gradients, networks

    found: dict[tuple[str, float], list[float]] = {(regime, radius): [] for regime in _REGIMES for radius in _RANGE}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for seed in steps(report, sizes.seeds):
            for regime, radius in found:
                torch.manual_seed(seed)
                network = networks.RecurrentLayer(networks.TANH, networks.WIDTH, networks.WIDTH)
                gradients.set_spectral_radius(network.rnn, radius)
                network.norm = torch.nn.Identity()  # it would make large inputs of small ones
                x = torch.randn(_BATCH, sizes.length, networks.WIDTH) * (regime != _REGIMES[0])
                found[regime, radius].append(_log10(gradients.reach(gradients.gradient_norms(network, x))))
    plot = Plot(
        f"A tanh RNN over {sizes.length} steps",
        "spectral radius of the recurrent weights",
        "gradient at the farthest step, powers of ten",
        tuple(Series(regime, tuple(point(radius, found[regime, radius]) for radius in _RANGE)) for regime in _REGIMES),
    )
    return plot, [
        quantity("growth of the gradient", {"states": regime, "spectral radius": radius}, values, "powers of ten")
        for (regime, radius), values in found.items()
    ]


def _along_training(sizes: Sizes, report: Report) -> tuple[Plot, list[Quantity]]:
    """Watch the norm of the whole gradient while small models learn to copy the first symbol, with clipping and
    without."""
    from .lab.learning import Course, config_of, learn

    every = max(1, sizes.updates // _MOMENTS)
    series, quantities = [], []
    runs = [(shape, clip) for shape in sizes.shapes for clip in (_CLIP, None)]
    for (shape, clip), part in parts(report, runs):
        course = Course(updates=sizes.updates, length=32, clip=clip)
        learnt = learn(config_of(shape, "copying"), "copying", course, 0, part)
        title = f"{shape}, {'clipped' if clip else 'not clipped'}"
        points = (Point(at, max(learnt.norms[at : at + every])) for at in range(0, sizes.updates, every))
        series.append(Series(title, tuple(points)))
        quantities.append(
            quantity("share of updates over the clip", {"model": title}, [learnt.share_clipped(_CLIP)], "")
        )
    plot = Plot("Gradient along training", "update", "largest norm of the gradient", tuple(series), log_y=True)
    return plot, quantities


def _by_distance_along_training(sizes: Sizes, report: Report) -> tuple[list[Plot], list[Quantity]]:
    """Measure the gradient by distance while networks learn to tell the first of 32 symbols at the last step."""
    from .lab.gradients import reach, watch_training

    curves: dict[int, list[Series]] = {moment: [] for moment in sizes.moments}
    quantities = []
    for kind, part in parts(report, sizes.kinds):
        for moment, norms in watch_training(kind, sizes.moments, part).items():
            curves[moment].append(Series(kind, tuple(_curve([norms]))))
            where: dict[str, str | float] = {"network": kind, "updates": moment, "distance": len(norms) - 1}
            quantities.append(quantity("left along training", where, [_log10(reach(norms))], "powers of ten"))
    plots = [
        Plot(
            f"Gradient after {moment} updates of a training that needs the first step",
            "distance from the loss, steps",
            "norm of d loss / d x",
            tuple(series),
            log_y=True,
        )
        for moment, series in curves.items()
    ]
    return plots, quantities


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read what is left of the gradient over the sequence, in powers of ten, and its growth by the spectral radius.

    Vanishing is found in a recurrence where its whole interval lies below -3. Exploding is found in a regime where the
    growth at a spectral radius of 1.5 lies above 3. Holds: every recurrence vanishes, and both regimes explode. Holds
    partly: some of that.
    """
    recurrent = [q for q in named(quantities, "left of the gradient") if _is_recurrent(str(q.where["network"]))]
    others = [q for q in named(quantities, "left of the gradient") if q not in recurrent]
    vanish = [is_below(q, _VANISHED) for q in recurrent]
    grown = [q for q in named(quantities, "growth of the gradient") if q.where["spectral radius"] == 1.5]
    explode = [is_above(q, _EXPLODED) for q in grown]
    found = [answer == HOLDS for answer in (*vanish, *explode)]
    answer = HOLDS if all(found) else PARTLY if any(found) else FAILS
    return Verdict(answer, tuple(sentence(q, 1) for q in (*recurrent, *others, *grown)))


def _is_recurrent(network: str) -> bool:
    return not network.startswith(("Transformer", "hybrid"))


register(
    Claim(
        name="vanishing_gradients",
        place=3,
        sentence="RNNs suffer from vanishing and exploding gradients.",
        source="The article, on the limits of RNNs.",
        method="The norm of d loss / d x_t against the distance of step t from the loss; clipping along training.",
        quick=Sizes(
            length=64, seeds=3, shapes=("LSTM",), updates=40, kinds=("tanh RNN", "LSTM", "GRU"), moments=(0, 40)
        ),
        full=Sizes(
            length=128,
            seeds=5,
            shapes=("LSTM", "Transformer", "hybrid"),
            updates=150,
            kinds=("tanh RNN", "LSTM", "GRU", "minGRU", "Transformer, written out", "hybrid"),
            moments=(0, 100, 400),
        ),
        measure=measure,
        rule=rule,
    )
)
