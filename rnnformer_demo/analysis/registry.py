"""Loaded checkpoints, each loaded once however many ask for it."""

import threading
from pathlib import Path

from ..checkpoints import cards, store
from ..checkpoints.engines import accelerate, chosen_engine
from ..checkpoints.store import Checkpoint

_loaded: dict[tuple[str, Path, str], Checkpoint] = {}
_loading = threading.Lock()


def get(name: str, folder: Path | None = None) -> Checkpoint:
    """Return a checkpoint by its name, loaded once.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    folder = folder or cards.default_folder()
    key = (name, folder, chosen_engine())
    with _loading:
        if key not in _loaded:
            _loaded[key] = accelerate(store.load(name, folder), folder)
        return _loaded[key]


def loaded() -> int:
    """Return the number of checkpoints that are loaded."""
    return len(_loaded)
