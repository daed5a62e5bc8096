"""Reading of the inputs that a detector is fitted to and tested on."""

from dataclasses import replace

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ..config import OODConfig
from .photos import photo_sets
from .sets import OODSets
from .texts import text_sets


def read_sets(checkpoint: Checkpoint, config: OODConfig) -> OODSets:
    """Read the sets, split the training data as the training of the model does, and draw from each.

    Raises:
        InputError: for data that cannot be read, for two sets of one name, for none to select or test on, for a touched
            test that is none, and for options of the other modality.
    """
    sets = (text_sets if checkpoint.model.modality == "text" else photo_sets)(checkpoint, config)
    if not sets.selection or not sets.far:
        classes = "for photos also with --exclude-classes"
        raise InputError(f"Name inputs of other kinds: with --selection-ood and --far-ood, {classes}.")
    names = [one.name for one in (*sets.in_distribution, *sets.selection, *sets.far, *sets.near)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} is named twice: choose on one set and test on another.")
    tests = [one.name for one in (*sets.far, *sets.near)]
    if unknown := sorted(set(config.touched) - set(tests)):
        raise InputError(f"There is no test {unknown[0]!r} to be touched: there is {', '.join(tests)}.")
    return replace(sets, touched=config.touched)
