"""Inputs that a visitor may send: a text, an uploaded photo, the name of an example; never a path of this machine."""

import os
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder, is_in_or_equal

from ..data import InputError
from ..data.normalisation import whole_characters

EXAMPLES = Path(__file__).parents[1] / "ui" / "examples"  # photos that the page offers
_MARK = "gradio.FileData"


def source_of(model: str, payload: Any) -> str | None:
    """Return the input of a model from a payload of HTTP: a text, or the path of a photo, uploaded or an example.

    The page's events get raw payloads, and any payload may name any model: what is allowed depends on what the model
    reads, not on the tab.

    Returns:
        A text for a text model; for an image model a path, or None where there is no photo.

    Raises:
        InputError: for an unknown model, and for a payload that does not fit it.
    """
    modality = _modality(model)
    if modality == "text":
        return text_of(model, payload)
    if modality == "image":
        if isinstance(payload, dict) and "example" in payload:
            return _example(payload["example"])
        return None if payload is None else _uploaded(model, payload)
    raise InputError(f"The model {model} reads {str(modality)[:60]}, which this page cannot send.")


def is_photo(model: str) -> bool:
    """Return whether a model reads photos.

    Raises:
        InputError: for an unknown model.
    """
    return _modality(model) == "image"


def _modality(model: str) -> Any:
    from ..analysis.registry import card_of

    return card_of(model)["modality"]


def text_of(model: str, payload: Any) -> str:
    """Return a payload that is a text.

    Raises:
        InputError: for any other payload.
    """
    if not isinstance(payload, str):
        raise InputError(f"The model {model} reads text: type or paste a sentence.")
    return payload


def _example(name: Any) -> str:
    """Return the path of an example photo; the name is only compared with those that there are."""
    photos = {path.name: path for path in EXAMPLES.glob("*.jpg")}
    if not isinstance(name, str) or name not in photos:
        raise InputError(f"There is no example {str(name)[:60]!r}.")
    return str(photos[name])


def _uploaded(model: str, payload: Any) -> str:
    """Return the path of a photo in the folder of uploads.

    Gradio checks paths in objects that bear its mark, but the mark alone proves nothing here: anybody can write it,
    so the place is checked, too.
    """
    meta = payload.get("meta") if isinstance(payload, dict) else None
    path = payload.get("path") if isinstance(meta, dict) and meta.get("_type") == _MARK else None
    if not isinstance(path, str) or not _is_name(path) or not is_in_or_equal(path, get_upload_folder()):
        raise InputError(
            f"The model {model} reads photos, and a photo must be sent as an uploaded file: upload one in the page, or "
            "use handle_file(path) of gradio_client."
        )
    if not Path(path).is_file():
        raise InputError("This photo is no longer on the server, where uploads are kept for an hour: send it again.")
    os.utime(path)  # the hour begins anew: whoever sends the same photo later is given the same file
    return path


def _is_name(path: str) -> bool:
    """Return whether a file can have this name: neither NUL nor half of a character in it."""
    return "\0" not in path and path == whole_characters(path)
