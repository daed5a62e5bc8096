"""Warm-up before the first click: imports, weights and first runs, in the background."""

import logging
import threading
from typing import Any

from ..api.server.health import READY
from .model_list import list_entries

_HEAD_START = 1.0  # seconds in which the first page has the interpreter for itself
_LOGGER = logging.getLogger(__name__)
_TEXT = "A first sentence."


def warm_up() -> threading.Thread:
    """Start to import and to run everything once, a moment later, on a daemon thread."""
    timer = threading.Timer(_HEAD_START, _run_everything_once)
    timer.daemon = True
    timer.start()
    return timer


def _run_everything_once() -> None:
    from ..analysis import service
    from ..document import to_dict

    first_of_each = {model.modality: model for model in reversed(list_entries())}
    for model in first_of_each.values():
        # The page works without: a failure here would come again, with its sentence, at the visitor's click.
        try:
            to_dict(service.analyse(model.name, _source(model.modality), ("attribution", *service.INTERNALS)))
        except Exception:
            _LOGGER.exception("The warm-up of %s failed; its first analysis will be slower.", model.name)
    READY.set()


def _source(modality: str) -> Any:
    from ..data import reference_input

    return reference_input(modality, _TEXT)
