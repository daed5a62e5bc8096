"""Variants of a small model that learn the same task: accuracy beside cost, paired by their seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from .journal import kept
from .result import Measured, Plot, Point, Quantity, Report, Series, parts
from .statistics import differences, mean_interval, quantity

if TYPE_CHECKING:
    from .learning import Learnt


@dataclass(frozen=True)
class Variant:
    """Changes of config and course that make a variant; of several rates the best on held-out inputs counts."""

    shape: str = "hybrid"
    config: Mapping[str, Any] = field(default_factory=dict)
    course: Mapping[str, Any] = field(default_factory=dict)
    rates: tuple[float, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What one seed of a variant gave: accuracies (0-1) on training inputs and others, processor seconds it took."""

    seen: float
    unseen: float
    seconds: float


Trials = dict[str, list[Trial]]
FRONT = "Pareto front"


def sweep(
    variants: Mapping[str, Variant], task: str, updates: int, seeds: int, report: Report, **course: Any
) -> Trials:
    """Train every variant with every seed.

    Args:
        course: of all variants, see `Course`.
    """
    trials: Trials = {name: [] for name in variants}
    runs = [(name, seed) for seed in range(seeds) for name in variants]
    for (name, seed), part in parts(report, runs):
        trials[name].append(_trial(variants[name], task, {"updates": updates} | course, seed, part))
    return trials


def compare_on(
    tasks: Sequence[str],
    variants: Mapping[str, Variant],
    first: str,
    title: str,
    updates: Sequence[int],
    seeds: int,
    report: Report,
    notes: tuple[str, ...] = (),
) -> Measured:
    """Train every variant on every task: accuracies, accuracy against cost, and gains over the first variant.

    Args:
        title: what differs between the variants.
        updates: lengths of a training; after a short one variants differ by how fast they learn, after a long one by
            what they learn in the end.
    """
    plots, quantities = [], []
    for (task, number), part in parts(report, list(product(tasks, updates))):
        trials = sweep(variants, task, number, seeds, part)
        when = f"{task} after {number} updates"
        plots += [accuracies(trials, f"{title} on {when}"), pareto(trials, f"Accuracy and cost on {when}")]
        quantities += gains(trials, first, {"task": task, "updates": number})
    return Measured(tuple(plots), tuple(quantities), tuple(range(seeds)), notes)


def _trial(variant: Variant, task: str, course: Mapping[str, Any], seed: int, report: Report) -> Trial:
    key = {"task": task, "variant": asdict(variant), "course": dict(course), "seed": seed}
    return Trial(**kept(key, lambda: asdict(_trained(variant, task, course, seed, report))))


def _trained(variant: Variant, task: str, course: Mapping[str, Any], seed: int, report: Report) -> Trial:
    from .learning import Course, accuracy, config_of, learn, unseen_inputs

    config = config_of(variant.shape, task, **variant.config)
    plain = {**course, **variant.course}
    settings = [Course(**plain | {"rate": rate}) for rate in variant.rates] or [Course(**plain)]
    held_out = unseen_inputs(task, settings[0].length, 512, 7 + seed)
    tried: list[tuple[float, Learnt]] = []
    for each, part in parts(report, settings):
        learnt = learn(config, task, each, seed, part)
        tried.append((accuracy(learnt.model, held_out) if len(settings) > 1 else 1.0, learnt))
    _, learnt = max(tried, key=lambda each: each[0])
    unseen = accuracy(learnt.model, unseen_inputs(task, settings[0].length))
    seen = accuracy(learnt.model, learnt.trained_on) if learnt.trained_on else unseen
    return Trial(seen, unseen, learnt.seconds)


def gains(trials: Trials, first: str, where: Mapping[str, str | float], others: Sequence[str] = ()) -> list[Quantity]:
    """Return by how many points of accuracy each variant is better than the first, seed by seed."""
    base = [100 * trial.unseen for trial in trials[first]]
    return [
        quantity(
            "gain in accuracy",
            {**where, "variant": name, "against": first},
            differences([100 * trial.unseen for trial in trials[name]], base),
            "points",
        )
        for name in others or trials
        if name != first
    ]


def accuracies(trials: Trials, title: str) -> Plot:
    """Return accuracies by variant, on inputs that were trained on and on others."""
    return Plot(
        title,
        "variant",
        "accuracy, %",
        tuple(
            Series(label, tuple(_of(name, each, attribute) for name, each in trials.items()))
            for label, attribute in (("unseen inputs", "unseen"), ("training inputs", "seen"))
            if any(trial.seen != trial.unseen for each in trials.values() for trial in each) or attribute == "unseen"
        ),
    )


def pareto(trials: Trials, title: str) -> Plot:
    """Return accuracy against the processor seconds of a training, each variant a series of one point; a last series
    joins those that no other beats in both."""
    spots = {
        name: _of(sum(trial.seconds for trial in each) / len(each), each, "unseen") for name, each in trials.items()
    }
    series = [Series(name, (spot,)) for name, spot in spots.items()]
    return Plot(
        title,
        "seconds of a training",
        "accuracy on unseen inputs, %",
        (*series, Series(FRONT, tuple(Point(spot.x, spot.y) for spot in front(list(spots.values()))))),
    )


def front(spots: Sequence[Point]) -> list[Point]:
    """Return the points of which none is at once cheaper (x) and better (y), by their cost."""
    best: list[Point] = []
    for spot in sorted(spots, key=lambda spot: (float(spot.x), -spot.y)):
        if not best or spot.y > best[-1].y:
            best.append(spot)
    return best


def _of(x: float | str, trials: Sequence[Trial], attribute: str) -> Point:
    values = [100 * getattr(trial, attribute) for trial in trials]
    return Point(x, *mean_interval(values)) if len(values) > 1 else Point(x, values[0])
