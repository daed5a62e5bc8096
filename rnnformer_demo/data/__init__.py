"""Raw input to samples, and readers of data sets."""

from collections.abc import Callable

from .sample import UNIT_NAMES, InputError, Sample

__all__ = ["UNIT_NAMES", "InputError", "Sample", "make_reader", "recorded_input"]


def make_reader(modality: str, preprocessing: dict) -> Callable[..., Sample]:
    """The reader of a modality ("text" or "image") from what its checkpoint stores."""
    if modality == "text":
        from .text import TextReader

        return TextReader(**preprocessing)
    from .image import ImageReader

    return ImageReader(**preprocessing)


def reference_input(modality: str, text: str):
    """The input whose output a checkpoint records: the given text, or a picture made by arithmetic."""
    if modality == "text":
        return text
    from .image import reference_image

    return reference_image(256)
