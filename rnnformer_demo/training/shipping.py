"""A model for each seed, of which one is shipped."""

from collections.abc import Callable, Sequence
from pathlib import Path

from .. import checkpoints
from ..checkpoints import Checkpoint
from .loop import begun
from .recorded import with_seeds


def ship_best(
    name: str,
    seeds: Sequence[int],
    train_one: Callable[[int, Path, bool], Checkpoint],
    resume: bool,
    folder: Path | None,
    runs: Path,
) -> Checkpoint:
    """Trains a model for each seed and ships the one that does best on the held-out part.

    Args:
        name: of the checkpoint; those of the seeds lie in `runs/NAME-seedN` under the same name.
        train_one: trains with a seed, in the run's folder, going on there or not, and saves what it returns in that
            folder as the last thing it does.
        resume: go on with interrupted runs; finished ones are taken as they are.
        folder: of the shipped one.
    """
    trained = []
    for seed in seeds:
        run_folder = runs / f"{name}-seed{seed}"
        if resume and name in checkpoints.names(run_folder):  # it is written last: the run is finished
            trained.append(checkpoints.load(name, run_folder))
        else:
            trained.append(train_one(seed, run_folder, resume and begun(run_folder)))
    return _ship(trained, seeds, folder)


def _ship(trained: list[Checkpoint], seeds: Sequence[int], folder: Path | None) -> Checkpoint:
    """Saves the model that is best on the held-out part; its card tells of the others."""

    def held_out(checkpoint: Checkpoint) -> float:
        return checkpoint.card["metrics"]["held_out"]["accuracy"]

    best = max(trained, key=held_out)  # the first of equals
    seeds_of_card = [
        {
            "seed": seed,
            "held_out": held_out(checkpoint),
            "tests": {
                test: figures["accuracy"] for test, figures in checkpoint.card["metrics"].items() if test != "held_out"
            },
            "shipped": checkpoint is best,
        }
        for seed, checkpoint in zip(seeds, trained, strict=True)
    ]
    command = with_seeds(best.card["command"], seeds)  # that of its run may name fewer
    about = checkpoints.about_of(best.card) | {"seeds": seeds_of_card, "command": command}
    sentence = best.card["recorded"]["input"]
    return checkpoints.save(best.name, best.model, best.reader, about, best.temperature, sentence, folder)
