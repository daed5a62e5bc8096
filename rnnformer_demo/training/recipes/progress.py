"""Progress of the stages of a recipe."""

from pathlib import Path

from ...checkpoints import cards
from ..loop import has_checkpoint
from .record import stages_in_runs
from .stages import as_today, checkpoint_name

IN_RUNS = ("teacher", "nbsvm", "encoders")  # tasks that leave their result in the folder of the runs


def is_finished(stage: dict, runs: Path, folder: Path | None = None) -> bool:
    """Tell if what a stage makes is there, made by this very stage.

    Args:
        runs: folder of the runs.
        folder: of the checkpoints.
    """
    name = checkpoint_name(stage)
    if stage["task"] in IN_RUNS:
        return [as_today(made) for made in stages_in_runs(name, runs)[-1:]] == [stage]
    if name not in cards.names(folder):
        return False
    card = cards.read_card(name, folder)
    if stage["task"] == "ood":
        recorded = card.get("ood", {}).get("recipe")
        return recorded is not None and as_today(recorded) == stage
    return stage in map(as_today, card.get("recipe", {}).get("stages", []))  # later ones went on from it


def has_begun(stage: dict, runs: Path) -> bool:
    """Tell if there is something of a stage to go on with."""
    match stage["task"]:
        case "teacher" | "imagenet-distill":
            return has_checkpoint(runs / stage["name"])
        case _:  # those of several seeds or encoders look for each themselves
            return True
