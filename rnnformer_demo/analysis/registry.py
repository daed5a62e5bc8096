"""Loaded checkpoints, each loaded once however many ask for it; those that nobody asks for make room for others."""

import threading
from pathlib import Path

from ..checkpoints import cards, store
from ..checkpoints.engines import accelerate, chosen_engine, models_kept
from ..checkpoints.store import Checkpoint

_loaded: dict[tuple[str, Path, str], Checkpoint] = {}  # the one that was asked for last stands last
_loading = threading.Lock()


def get(name: str, folder: Path | None = None) -> Checkpoint:
    """Return a checkpoint by its name, loaded once as long as it is among those that were asked for last.

    Whoever still works with another one keeps it until then.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    folder = folder or cards.default_folder()
    key = (name, folder, chosen_engine())
    with _loading:
        checkpoint = _loaded.pop(key, None) or accelerate(store.load(name, folder), folder)
        _loaded[key] = checkpoint
        for oldest in [*_loaded][: -models_kept()]:
            del _loaded[oldest]
    return checkpoint


def loaded() -> int:
    """Return the number of checkpoints that are loaded."""
    return len(_loaded)
