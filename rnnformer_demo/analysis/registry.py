"""Loaded checkpoints, each loaded once however many ask for it; those that nobody asks for make room for others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..checkpoints import cards, store
from ..checkpoints.engines import accelerate, chosen_engine, models_kept
from ..checkpoints.store import Checkpoint

_loaded: dict[tuple[str, Path, str], Checkpoint] = {}  # the one that was asked for last stands last
_loading = threading.Lock()
_lent: ContextVar[Checkpoint | None] = ContextVar("lent", default=None)


@contextmanager
def lent(checkpoint: Checkpoint | None) -> Iterator[None]:
    """Let `get` and `card_of` know one more checkpoint within the block, for this request alone; None lends none."""
    token = _lent.set(checkpoint)
    try:
        yield
    finally:
        _lent.reset(token)


def get(name: str, folder: Path | None = None) -> Checkpoint:
    """Return a checkpoint by its name, loaded once as long as it is among those that were asked for last.

    Whoever still works with another one keeps it until then.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    own = _lent.get()
    if own is not None and name == own.name:
        return own
    folder = folder or cards.default_folder()
    key = (name, folder, chosen_engine())
    with _loading:
        checkpoint = _loaded.pop(key, None) or accelerate(store.load(name, folder), folder)
        _loaded[key] = checkpoint
        for oldest in [*_loaded][: -models_kept()]:
            del _loaded[oldest]
    return checkpoint


def card_of(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return the card of a checkpoint, of one that is lent, too.

    Raises:
        InputError: see `read_card`.
    """
    own = _lent.get()
    return own.card if own is not None and name == own.name else cards.read_card(name, folder)


def loaded() -> int:
    """Return the number of checkpoints that are loaded."""
    return len(_loaded)
