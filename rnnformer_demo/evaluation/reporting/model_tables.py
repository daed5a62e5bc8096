"""The tables of README files, in Markdown, from the cards. Shares stand in per cent."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from ...checkpoints.cards import in_families, size_on_disk

HELD_OUT = "held_out"  # among the tests: the part on which epoch, seed and temperature were chosen
NO_STRANGENESS = "No card says yet how well its model tells what lies outside what it knows."
NO_TEACHERS = "No model here was distilled from another network of photos."
NO_LIMITS = "No card names limits of its own model yet."


def markdown_table(folder: Path | None = None) -> str:
    """A row for each model and test."""
    lines = [
        "| model | weights | MB | tested on | n | accuracy, % (95 % interval) | mean ± sd over seeds | macro F1, % "
        "| ECE, %, before → after scaling |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, card in in_families(folder).items():
        about = [f"`{name}`", f"{card['parameters']:,}", f"{size_on_disk(name, folder) / 1e6:.1f}"]
        for test, figures in card["metrics"].items():
            cells = [
                test.replace("_", " "),
                f"{figures['n']:,}",
                accuracy_with_interval(figures),
                over_seeds(card, test),
                percent(figures["macro_f1"]),
                calibration(figures, "→"),
            ]
            lines.append(f"| {' | '.join([*about, *cells])} |")
            about = ["", "", ""]  # said once for each model
    return "\n".join(lines)


def percent(share: float) -> str:
    """A share of 0-1 in per cent, without the sign."""
    return f"{100 * share:.1f}"


def accuracy_with_interval(figures: dict) -> str:
    """Accuracy of a test and its 95 % interval: "86.7 (84.5 to 88.7)"."""
    low, high = figures["interval"]
    return f"{percent(figures['accuracy'])} ({percent(low)} to {percent(high)})"


def calibration(figures: dict, arrow: str) -> str:
    """ECE of a test before and after temperature scaling; after it alone where an older card has no other."""
    before = figures.get("ece_before_scaling")
    return percent(figures["ece"]) if before is None else f"{percent(before)} {arrow} {percent(figures['ece'])}"


def over_seeds(card: dict, test: str) -> str:
    """Mean accuracy on a test and its sample standard deviation over the seeds: "87.1 ± 0.4 (3)", or "one seed"."""
    spread = _spread(card, test)
    return f"{spread} ({len(card['seeds'])})" if spread else "one seed"


def seeds_summary(card: dict) -> str:
    """The same for every test: "3 seeds: held out 86.9 ± 0.3, sst2 dev 87.1 ± 0.4; seed 1 is shipped"."""
    seeds = card.get("seeds", ())
    if len(seeds) < 2:
        return "one seed"
    spreads = [f"{test.replace('_', ' ')} {spread}" for test in card["metrics"] if (spread := _spread(card, test))]
    (shipped,) = (seed["seed"] for seed in seeds if seed["shipped"])
    return f"{len(seeds)} seeds: {', '.join(spreads)}; seed {shipped} is shipped"


def _spread(card: dict, test: str) -> str | None:
    """None for one seed, and for a test that was added later and run on the shipped model alone."""
    accuracies = [{HELD_OUT: seed["held_out"], **seed["tests"]}.get(test) for seed in card.get("seeds", ())]
    if len(accuracies) < 2 or None in accuracies:
        return None
    return f"{percent(statistics.mean(accuracies))} ± {percent(statistics.stdev(accuracies))}"


def task_table(folder: Path | None = None) -> str:
    """What each hybrid does and was trained on; its rivals do the same."""
    lines = ["| model | task | classes | trained on | rows |", "|---|---|---|---|---|"]
    for name, card in _hybrids(folder):
        stages = [*([card["data"]["start"]] if "start" in card["data"] else []), card["data"]]
        files = ", then ".join(data["file"] for data in stages)
        rows = ", then ".join(f"{data['trained_on']:,} of {data['rows']:,}" for data in stages)
        task = card.get("task", "").rstrip(".")
        lines.append(f"| `{name}` | {task} | {len(card['config']['labels'])} | {files} | {rows} |")
    return "\n".join(lines)


def strangeness_table(folder: Path | None = None) -> str:
    """How well each model tells inputs of its own kind from far and from near ones: the area under the ROC curve."""
    lines = [
        "| model | signal | threshold (of its own kind, it passes) | far from it: AUROC | near it: AUROC |",
        "|---|---|---|---|---|",
    ]
    for name, card in in_families(folder).items():
        if "ood" in card:
            ood = card["ood"]
            passed = f"{ood['threshold']:.3g} ({percent(ood['recall'])} % of {ood['n']:,})"
            far, near = (", ".join(_areas(ood, kind)) for kind in ("far", "near"))
            lines.append(f"| `{name}` | {ood['signal']} | {passed} | {far} | {near} |")
    return "\n".join(lines) if len(lines) > 2 else NO_STRANGENESS


def _areas(ood: dict, kind: str) -> Iterator[str]:
    for name, measured in ood["auroc"].items():
        if measured["kind"] == kind:
            yield f"{name} {measured['auroc']:.3f}"


def teachers_table(folder: Path | None = None) -> str:
    """How a model that was distilled from another network does beside it, on the same photos."""
    lines = [
        "| model | beside | photos of | same answer, % (95 % interval) | n | teacher right, % | n of known class "
        "| model's accuracy / teacher's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, card in in_families(folder).items():
        for test, beside in card.get("teacher", {}).get("tests", {}).items():
            cells = [f"`{name}`", card["teacher"]["name"], test.replace("_", " "), *_beside_teacher(beside)]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) if len(lines) > 2 else NO_TEACHERS


def _beside_teacher(beside: dict) -> list[str]:
    same = beside["agreement"]
    low, high = same["interval"]
    told = [f"{percent(same['share'])} ({percent(low)} to {percent(high)})", f"{same['n']:,}"]
    if "ratio" not in beside:
        return [*told, "", "", ""]
    return [*told, percent(beside["accuracy"]), f"{beside['n']:,}", f"{beside['ratio']:.3f}"]


def limits_list(folder: Path | None = None) -> str:
    """What each hybrid cannot do; its rivals cannot either."""
    lines = [f"- `{name}`: {card['limits']}" for name, card in _hybrids(folder) if card.get("limits")]
    return "\n".join(lines) or NO_LIMITS


def training_commands(folder: Path | None = None) -> str:
    """The commands that train the models again, those of the stages before each of them included."""
    staged = [[*card.get("stages", ()), card["command"]] for card in in_families(folder).values()]
    return "\n".join(dict.fromkeys(command for commands in staged for command in commands))


def _hybrids(folder: Path | None) -> Iterator[tuple[str, dict]]:
    cards = in_families(folder)
    return ((name, card) for name, card in cards.items() if card.get("baseline_of") not in cards)
