"""Figures of a card as tables and sentences show them. Shares stand in per cent."""

import statistics
from typing import Any

HELD_OUT = "held_out"  # among the tests: the part on which epoch, seed and temperature were chosen


def percent(share: float) -> str:
    """Return a share of 0-1 in per cent, without the sign."""
    return f"{100 * share:.1f}"


def title_of(test: str) -> str:
    """Return the name of a test as tables show it: "held out" for `HELD_OUT`."""
    return test.replace("_", " ")


def accuracy_with_interval(figures: dict[str, Any]) -> str:
    """Return the accuracy of a test and its 95 % interval: "86.7 (84.5 to 88.7)"."""
    low, high = figures["interval"]
    return f"{percent(figures['accuracy'])} ({percent(low)} to {percent(high)})"


def calibration(figures: dict[str, Any], arrow: str) -> str:
    """Return the ECE of a test before and after temperature scaling; the latter alone where a card has no other."""
    before = figures.get("ece_before_scaling")
    return percent(figures["ece"]) if before is None else f"{percent(before)} {arrow} {percent(figures['ece'])}"


def threshold(ood: dict[str, Any]) -> str:
    """Return the threshold of a detector: "1.18", or "2.03 to 1.03" from the shortest inputs to the longest."""
    entry = ood["threshold"]
    return f"{entry['values'][0]:.3g} to {entry['values'][-1]:.3g}" if isinstance(entry, dict) else f"{entry:.3g}"


def area(measured: dict[str, Any]) -> str:
    """Return the area under the ROC curve of a detector; a dagger marks a test whose figures were in view when settings
    were made."""
    return f"{measured['auroc']:.3f}{'†' if measured.get('touched') else ''}"


def over_seeds(card: dict[str, Any], test: str) -> str:
    """Return mean and standard deviation of a test's accuracy over the seeds: "87.1 ± 0.4 (3)", or "one seed"."""
    spread = _spread(card, test)
    return f"{spread} ({len(card['seeds'])})" if spread else "one seed"


def seeds_summary(card: dict[str, Any]) -> str:
    """Return the same for every test: "3 seeds: held out 86.9 ± 0.3, sst2 dev 87.1 ± 0.4; seed 1 is shipped"."""
    seeds = card.get("seeds", ())
    if len(seeds) < 2:
        return "one seed"
    spreads = [f"{title_of(test)} {spread}" for test in card["metrics"] if (spread := _spread(card, test))]
    (shipped,) = (seed["seed"] for seed in seeds if seed["shipped"])
    return f"{len(seeds)} seeds: {', '.join(spreads)}; seed {shipped} is shipped"


def accuracies_over_seeds(card: dict[str, Any], test: str) -> list[float]:
    """Return the accuracies of a test, a seed each; none where not every seed was tested on it."""
    of_seeds = [{HELD_OUT: seed["held_out"], **seed["tests"]} for seed in card.get("seeds", ())]
    accuracies = [accuracies[test] for accuracies in of_seeds if test in accuracies]
    return accuracies if len(accuracies) == len(of_seeds) else []


def _spread(card: dict[str, Any], test: str) -> str | None:
    """Return mean and standard deviation over seeds; None for one seed, and for a test of the shipped model alone."""
    accuracies = accuracies_over_seeds(card, test)
    if len(accuracies) < 2:
        return None
    return f"{percent(statistics.mean(accuracies))} ± {percent(statistics.stdev(accuracies))}"
