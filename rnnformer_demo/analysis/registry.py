"""Loaded checkpoints, each loaded once however many ask for it."""

import threading
from pathlib import Path

from ..checkpoints import cards, store
from ..checkpoints.engines import accelerate
from ..checkpoints.store import Checkpoint

_loaded: dict[tuple[str, Path], Checkpoint] = {}
_loading = threading.Lock()


def get(name: str, folder: Path | None = None) -> Checkpoint:
    """Return a checkpoint by its name, loaded once.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    key = (name, folder or cards.default_folder())
    with _loading:
        if key not in _loaded:
            _loaded[key] = accelerate(store.load(*key), key[1])
        return _loaded[key]
