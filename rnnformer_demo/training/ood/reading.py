"""The inputs that an OOD signal is fitted to and tested on, read from the data sets that a command names."""

from ...checkpoints.store import Checkpoint
from ...data import InputError
from .photos import photo_sets
from .sets import OODSets, OODSources
from .texts import text_sets


def read_sets(checkpoint: Checkpoint, sources: OODSources) -> OODSets:
    """Reads the sets, splits the training data as the training of the model does, and draws from each.

    Raises:
        InputError: for data that cannot be read, for two sets of one name, for none to select or test on, and for
            options of the other modality.
    """
    sets = (text_sets if checkpoint.model.modality == "text" else photo_sets)(checkpoint, sources)
    if not sets.select or not sets.far:
        raise InputError("Name inputs of other kinds: with --select and --far, for photos also with --drop.")
    names = [one.name for one in (*sets.inside, *sets.select, *sets.far, *sets.near)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} is named twice: choose on one set and test on another.")
    return sets
