"""Limits of photo files, checked before their pixels are decoded: a small file may cost much time and memory."""

from PIL import Image, TiffImagePlugin

from .sample import InputError

MAX_PIXELS = 50_000_000
MIN_SIDE = 8
# Fewer where a pixel costs more. Measured at these limits: 140 to 310 MB, and 380 for a JPEG of 50 million pixels in
# CMYK, on its side or with a colour profile; 0.5 to 1.5 s of one core, 2.6 s with a profile.
_OF_FORMAT = {"WEBP": 20_000_000, "AVIF": 30_000_000, "JPEG2000": 12_000_000}
_DEEP = 12_000_000  # 16 or 32 bits a colour
_TRANSPARENT = 24_000_000
_IN_DIGITS = 500_000  # PPM as text
_SCAN = b"\xff\xda"  # begins a pass over the pixels of a JPEG
_MOST_PASSES = 64  # encoders make about ten
_MOST_SCANNED = 20 * MAX_PIXELS  # pixels times passes: a second
_MOST_PAGES = 1000

# Pillow's own limit, from which on it warns, and refuses at the double: it knows of pictures within pictures.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse a photo of too many or too few pixels.

    Raises:
        InputError: see there.
    """
    if width * height > most:
        raise too_large(most)
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"The image has only {width} x {height} pixels: choose one of at least {MIN_SIDE} x {MIN_SIDE}."
        )


def too_large(most: int = MAX_PIXELS) -> InputError:
    """Return the error of a photo of more pixels than can be read."""
    return InputError(f"The image has more than {most / 10**6:g} million pixels: save it smaller and try again.")


def check_cost(image: Image.Image, is_deep: bool) -> None:
    """Refuse an opened photo whose pixels would take too much time or memory to decode.

    Args:
        is_deep: more than 8 bits of a colour are read.

    Raises:
        InputError: for too many pixels of their kind.
    """
    most = _OF_FORMAT.get(image.format or "", MAX_PIXELS)
    if is_deep or image.mode[0] in "IF":
        most = min(most, _DEEP)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        most = min(most, _TRANSPARENT)
    check_size(*image.size, most)


def check_file(image: Image.Image, data: bytes) -> None:
    """Refuse a file whose pixels are stored in a way that takes too long to read.

    Raises:
        InputError: for a JPEG of very many passes, and for a large picture written in digits.
    """
    if image.format == "PPM" and data[:2] in (b"P1", b"P2", b"P3"):
        check_size(*image.size, _IN_DIGITS)
    passes = data.count(_SCAN) if image.format in ("JPEG", "MPO") else 1
    if passes > _MOST_PASSES or passes * image.width * image.height > _MOST_SCANNED:
        raise InputError(f"The image is stored in {passes} passes, which would take too long: save it again.")


def frames_of(image: Image.Image) -> int:
    """Return the number of pictures in a file; those of a TIFF are a chain, and Pillow needs long for a long one.

    Raises:
        InputError: for a TIFF of very many.
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return getattr(image, "n_frames", 1)
    shown = image.tell()
    try:
        for page in range(shown + 1, _MOST_PAGES + 1):
            image.seek(page)
    except EOFError:  # it knows their number now
        image.seek(shown)
        return image.n_frames
    raise InputError(f"The file holds more than {_MOST_PAGES:,} pictures: save one of them alone.")
