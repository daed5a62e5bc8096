"""Raw input to samples, and readers of data sets."""

from typing import TYPE_CHECKING, Any

from .sample import UNIT_NAMES, InputError, Reader, Sample

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["UNIT_NAMES", "InputError", "Reader", "Sample", "make_reader", "reference_input"]


def make_reader(modality: str, preprocessing: dict[str, Any]) -> Reader:
    """Return the reader of a modality ("text" or "image") from the arguments that its checkpoint stores."""
    if modality == "text":
        from .text import TextReader

        return TextReader(**preprocessing)
    from .image import ImageReader

    return ImageReader(**preprocessing)


def reference_input(modality: str, text: str) -> "str | Image.Image":
    """Return the input whose output a checkpoint records: the given text, or the picture of `reference_image`."""
    if modality == "text":
        return text
    from .image import reference_image

    return reference_image(256)
