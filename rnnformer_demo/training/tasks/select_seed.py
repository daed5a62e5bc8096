"""A model for each seed, of which one is shipped."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ...checkpoints import cards, store
from ...checkpoints.store import Checkpoint
from ..loop import has_checkpoint
from ..recipes import same_but_seeds, with_seeds


def select_best_seed(
    name: str,
    seeds: Sequence[int],
    train_one: Callable[[int, Path, bool], Checkpoint],
    command: str,
    resume: bool,
    folder: Path | None,
    runs: Path,
) -> Checkpoint:
    """Trains a model for each seed and ships the one that does best on the held-out part.

    Args:
        name: of the checkpoint; those of the seeds lie in `runs/NAME-seedN` under the same name.
        train_one: trains with a seed, in the run's folder, going on there or not, and saves what it returns in that
            folder as the last thing it does.
        command: that trains them.
        resume: go on with interrupted runs; finished ones are taken as they are, and so are the seeds of what is
            shipped already, if the same command made it, whose runs may be gone.
        folder: of the shipped one.
    """
    shipped = _shipped_before(name, command, seeds, folder) if resume else None
    told = {one["seed"]: one for one in shipped.card["seeds"]} if shipped else {}
    models = {seed: shipped for seed, one in told.items() if one["shipped"]}
    for seed in [seed for seed in seeds if seed not in told]:
        run_folder = runs / f"{name}-seed{seed}"
        if resume and name in cards.names(run_folder):  # it is written last: the run is finished
            models[seed] = store.load(name, run_folder)
        else:
            models[seed] = train_one(seed, run_folder, resume and has_checkpoint(run_folder))
        told[seed] = _accuracies(seed, models[seed])
    return _ship(models, [told[seed] for seed in seeds], folder)


def _shipped_before(name: str, command: str, seeds: Sequence[int], folder: Path | None) -> Checkpoint | None:
    """What lies in the folder, if the same command made it with some of these seeds."""
    folder = folder or cards.default_folder()
    if name not in cards.names(folder):
        return None
    shipped = store.load(name, folder)
    known = {one["seed"] for one in shipped.card.get("seeds", ())}
    same = same_but_seeds(shipped.card.get("command", ""), command)
    return shipped if same and known and known <= set(seeds) else None


def _accuracies(seed: int, checkpoint: Checkpoint) -> dict:
    """What the shipped model's card says of a seed."""
    metrics = checkpoint.card["metrics"]
    tests = {test: figures["accuracy"] for test, figures in metrics.items() if test != "held_out"}
    return {"seed": seed, "held_out": metrics["held_out"]["accuracy"], "tests": tests}


def _ship(models: dict[int, Checkpoint], told: list[dict], folder: Path | None) -> Checkpoint:
    """Saves the model that is best on the held-out part; its card tells of the others.

    Args:
        models: by their seeds; those that one shipped before was better than may be missing.
        told: of all seeds.
    """
    there = [one for one in told if one["seed"] in models]
    best = max(there, key=lambda one: one["held_out"])["seed"]  # the first of equals
    model = models[best]
    seeds = [one | {"shipped": one["seed"] == best} for one in told]
    command = with_seeds(model.card["command"], [one["seed"] for one in told])  # that of its run may name fewer
    return store.save(
        model.name,
        model.model,
        model.reader,
        store.about_of(model.card) | {"seeds": seeds, "command": command},
        model.temperature,
        model.card["recorded"]["input"],
        folder,
        model.ood,
        model.eight_bit_weights,
    )
