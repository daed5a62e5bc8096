"""A model for each seed, of which one is shipped."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ...checkpoints import cards, store
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ..config import RunConfig
from ..loop import has_checkpoint
from ..recipes import run_name, same_but_seeds


def select_best_seed(
    recipe: dict,
    seeds: Sequence[int],
    train_one: Callable[[int, Path, bool], Checkpoint],
    run: RunConfig,
    folder: Path | None,
) -> Checkpoint:
    """Train a model for each seed and ship the one that does best on the held-out part.

    Args:
        recipe: that the card stores, see `recipe_record`; the checkpoints of the seeds lie in `runs/NAME-seedN` under
            its name, those of a model that goes on from itself in `runs/NAME-again-seedN`.
        seeds: of the models.
        train_one: trains with a seed, in the run's folder, going on there or not, and saves what it returns in that
            folder as the last thing it does.
        run: with `resume`, interrupted runs go on; finished ones are taken as they are, and so are the seeds of what is
            shipped already, if the same recipe made it, whose runs may be gone.
        folder: of the shipped one.
    """
    name = recipe["name"]
    shipped = _shipped_before(recipe, seeds, folder) if run.resume else None
    results = {one["seed"]: one for one in shipped.card["seeds"]} if shipped else {}
    models = {seed: shipped for seed, one in results.items() if one["shipped"]} if shipped else {}
    for seed in [seed for seed in seeds if seed not in results]:
        run_folder = run.runs / f"{run_name(recipe['stages'][-1])}-seed{seed}"
        if run.resume and name in cards.names(run_folder):  # it is written last: the run is finished
            models[seed] = store.load(name, run_folder)
        else:
            models[seed] = train_one(seed, run_folder, run.resume and has_checkpoint(run_folder))
        results[seed] = _accuracies(seed, models[seed])
    return _ship(models, [results[seed] for seed in seeds], recipe, folder)


def _shipped_before(recipe: dict, seeds: Sequence[int], folder: Path | None) -> Checkpoint | None:
    """Return what lies in the folder, if the same recipe made it with some of these seeds."""
    folder = folder or cards.default_folder()
    if recipe["name"] not in cards.names(folder):
        return None
    try:
        shipped = store.load(recipe["name"], folder)
    except InputError:  # a saving that was interrupted
        return None
    before = {one["seed"] for one in shipped.card.get("seeds", ())}
    stages = shipped.card.get("recipe", {}).get("stages")
    same = stages is not None and same_but_seeds(stages[-1], recipe["stages"][-1])
    return shipped if same and before and before <= set(seeds) else None


def _accuracies(seed: int, checkpoint: Checkpoint) -> dict:
    """Return the entry of a seed in the shipped model's card."""
    metrics = checkpoint.card["metrics"]
    tests = {test: figures["accuracy"] for test, figures in metrics.items() if test != "held_out"}
    return {"seed": seed, "held_out": metrics["held_out"]["accuracy"], "tests": tests}


def _ship(models: dict[int, Checkpoint], results: list[dict], recipe: dict, folder: Path | None) -> Checkpoint:
    """Save the model that is best on the held-out part; its card tells of the others.

    Args:
        models: by their seeds; those that one shipped before was better than may be missing.
        results: of all seeds.
        recipe: with all seeds; that of a model's own run may name fewer.
        folder: of the checkpoint.
    """
    there = [one for one in results if one["seed"] in models]
    best = max(there, key=lambda one: one["held_out"])["seed"]  # the first of equals
    model = models[best]
    seeds = [one | {"shipped": one["seed"] == best} for one in results]
    return store.save(
        model.name,
        model.model,
        model.reader,
        store.about_of(model.card) | {"seeds": seeds, "recipe": recipe},
        model.temperature,
        model.card["recorded"]["input"],
        folder,
        model.ood,
        model.eight_bit_weights,
    )
