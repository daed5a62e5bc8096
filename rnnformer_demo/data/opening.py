"""The one way in for photos: whatever the file, the first frame comes out upright, in 8 bits and in sRGB."""

import base64
import binascii
import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from .colours import low_bytes_of, to_rgb
from .photo_limits import check_cost, check_file, check_size, frames_of, too_large
from .sample import InputError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "PPM", "ICO", "JPEG2000", "QOI", "PCX")
# A format without a mark at its beginning: it is tried last, or any file might be taken for one.
_UNMARKED = ("TGA",)
_HEIF_SUFFIXES = (".heic", ".heif", ".hif", ".heics", ".heifs")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"MiHE")
MAX_BYTES = 20 * 2**20
# Errors of Pillow's decoders on damaged files (found by flipping and cutting bytes of the fixtures, see tests).
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError, struct.error)
_PAGES = ("TIFF", "HEIF", "ICO")  # formats whose further frames are no animation

_SAMPLE_FORMAT = 339  # tag of a TIFF: 1 for integers without a sign


@cache
def photo_suffixes() -> frozenset[str]:
    """Return the endings of the names of files that `open_photo` reads, in lower case: ".jpg", ".heic" and so on."""
    Image.init()
    known = (suffix for suffix, kind in Image.registered_extensions().items() if kind in (*FORMATS, *_UNMARKED, "MPO"))
    return frozenset({*known, *_HEIF_SUFFIXES})


def read_bytes(path: str | Path) -> bytes:
    """Read the bytes of an image file, cut off where it is larger than `open_photo` accepts.

    Raises:
        InputError: where there is no such file.
    """
    missing = f"There is no readable image file at {str(path)[:200]!r}: check the path."
    try:
        if not Path(path).is_file():  # a device or a pipe might never end
            raise InputError(missing)
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one more than `open_photo` accepts
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(missing) from error


def open_photo(source: str | Path | bytes | Image.Image) -> tuple[Image.Image, list[str]]:
    """Decode a photo: a path, the bytes of an image file, or a PIL image at whatever frame.

    Transparency is laid on white, colours are converted to sRGB, more than 8 bits are scaled to 8, and of several
    frames the first is taken.

    Returns:
        The photo, upright and RGB.
        Sentences about its changes.

    Raises:
        InputError: for what is no photo, is damaged, or is too big or too small.
    """
    if source is None:
        raise InputError("There is no photo yet: upload one, paste one, or take one with the camera.")
    if isinstance(source, Image.Image):
        with _damage_reported():  # it may not have been loaded yet
            photo, notices = _upright(source)
            return photo.copy() if photo is source else photo, notices
    if not isinstance(source, str | Path | bytes):
        raise InputError(f"Expected a photo, got {type(source).__name__}: give a path, bytes or a PIL image.")
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data:
        raise InputError("The file is empty (zero bytes): choose another photo.")
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 2**20} MB: save the photo smaller and try again.")
    with _damage_reported(data):
        image = _identified(data)
        check_file(image, data)
        return _upright(image)


def open_encoded(data: str) -> Image.Image:
    """Return the photo that a document holds as base64.

    Raises:
        InputError: for what is none, and see `open_photo`.
    """
    try:
        return open_photo(base64.b64decode(data))[0]
    except binascii.Error as error:
        raise InputError("The photo in this document is damaged: analyse it again.") from error


def _identified(data: bytes) -> Image.Image:
    """Return the image in a file, not decoded yet."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        import pillow_heif  # here, for few photos need it

        pillow_heif.register_heif_opener()
        return Image.open(io.BytesIO(data), formats=("HEIF", "AVIF"))
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        try:
            image = Image.open(io.BytesIO(data), formats=_UNMARKED)
            image.load()
        except _DAMAGED:
            image = None
        if image is None:
            raise
        return image


@contextmanager
def _damage_reported(data: bytes = b"") -> Iterator[None]:
    """Turn Pillow's errors into sentences, and silence its warnings: large images, odd metadata."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise too_large() from error
    except UnidentifiedImageError as error:
        if b"<svg" in data[:4096].lower():
            raise InputError("SVG drawings are not photos: save it as PNG or JPEG first.") from error
        raise InputError(
            "The file is not an image that can be read: choose a photo as JPEG, PNG, WebP, HEIC, GIF, AVIF, BMP or "
            "TIFF."
        ) from error
    except _DAMAGED as error:
        raise InputError("The image file is damaged or cut short: save it again or choose another one.") from error


def _upright(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return the first frame of an opened image, upright and RGB, and sentences about its changes."""
    check_size(*image.size)
    frames = frames_of(image)
    notices = []
    if frames > 1 and image.format != "MPO":
        what = f"a file of {frames} pictures" if image.format in _PAGES else f"an animation of {frames} frames"
        notices.append(f"This is {what}: only the first one was read.")
    with _at_first_frame(image):
        low_bytes = low_bytes_of(image)
        check_cost(image, low_bytes is not None)
        image.load()
        # A copy of a large photo takes 200 MB: only what lies on its side is copied.
        upright = ImageOps.exif_transpose(image) if _is_turned(image) else image
        rgb, changes = to_rgb(upright, low_bytes, _is_unsigned(image))
    return rgb, notices + changes


def _is_turned(image: Image.Image) -> bool:
    return image.getexif().get(ExifTags.Base.Orientation, 1) != 1


def _is_unsigned(image: Image.Image) -> bool:
    return getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT, (1,)) in (1, (1,))


@contextmanager
def _at_first_frame(image: Image.Image) -> Iterator[None]:
    """Go to the first frame of an image, and back to where its owner left it."""
    frame = 0 if image.format == "HEIF" else image.tell()  # a HEIF file names which of its pictures is the first
    if not frame:
        yield
        return
    image.seek(0)
    try:
        yield
    finally:
        image.seek(frame)
