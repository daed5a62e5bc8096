"""Names of models, which are names of their files and of the folders of their runs."""

import re
import unicodedata

from ..data import InputError

_LONGEST = 64
_NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{_LONGEST - 1}}}")
_RESERVED = ".tokenizer"  # such a name's card would be the tokenizer of another model


def check_name(name: str) -> None:
    """Refuse a name that is no plain file name.

    Raises:
        InputError: it suggests one that is.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"A model's name must be made of a-z, 0-9, '.', '_' and '-', got {name[:60]!r}: try {suggested(name)!r}."
        )
    if name.endswith(_RESERVED):
        raise InputError(f"A model's name must not end in {_RESERVED!r}, got {name!r}: try {suggested(name)!r}.")


def suggested(name: str) -> str:
    """Return a name that is allowed and looks much like another: "my-model" for "My Model"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[:_LONGEST].removesuffix(_RESERVED)
    return joined or "my-model"
