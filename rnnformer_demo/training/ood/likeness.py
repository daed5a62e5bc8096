"""Near-duplicates among photos: what a detector was shown, or was chosen on, must not return in its tests."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...data import InputError
from ...data.opening import open_photo
from ...data.photo_sets import PhotoRow, PhotoSet

SetPhoto = tuple[PhotoSet, PhotoRow]  # a photo and where it lies

_SIDE = 16  # bits of a fingerprint, up and across
# Of a fingerprint's 256 bits. The pairs of Caltech-101's left-out photos that show the same differ in 25 or fewer, all
# others in 54 or more.
_SAME = 32


def fingerprint(photo: SetPhoto) -> np.ndarray | None:
    """Return where a small grey copy of a photo brightens from left to right (256,); None for what does not open."""
    photos, row = photo
    try:
        opened, _ = open_photo(photos.read(row.path))
    except InputError:
        return None
    grey = np.asarray(opened.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.LANCZOS))
    return (grey[:, 1:] > grey[:, :-1]).ravel()


def without_likeness(some: Sequence[SetPhoto], seen: Sequence[SetPhoto]) -> list[SetPhoto]:
    """Return photos without those that are, but for size, quality and slight changes, among those seen."""
    known = [bits for photo in seen if (bits := fingerprint(photo)) is not None]
    if not known:
        return list(some)
    return [photo for photo in some if (bits := fingerprint(photo)) is None or _differs(bits, np.stack(known))]


def _differs(bits: np.ndarray, known: np.ndarray) -> bool:
    """Tell if a fingerprint (256,) is unlike each of some (N, 256)."""
    return int((known != bits).sum(1).min()) > _SAME
