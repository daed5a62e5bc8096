"""Pixels of any kind to 8-bit sRGB: more bits, transparency, palettes, colour profiles."""

import io
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps
from PIL.ImageFile import ImageFile

_BITS = (8, 10, 12, 14, 16, 24, 31, 32)  # of which a picture of more than 8 may make use
_NO_BITS_MISSING = 64  # a high byte from here on: more than 14 of 16 bits are in use
_BROKEN_PROFILE = "The colour profile of this photo could not be used: its colours may look a little different."

Extrema = tuple[tuple[int, int], ...]
LowBytes = Callable[[], Image.Image]  # decodes the low bytes of a photo of 16 bits a colour, upright


def to_rgb(
    image: Image.Image, low_bytes: LowBytes | None = None, unsigned: bool = False
) -> tuple[Image.Image, list[str]]:
    """Return a decoded image as 8-bit sRGB, transparency laid on white, and sentences about what was changed.

    Args:
        low_bytes: see `low_bytes_of`; where the high bytes say that these hold most of the picture, they are read.
        unsigned: integers of 32 bits have no sign, though Pillow takes them so.
    """
    if image.mode.startswith("I") or image.mode == "F":  # 16- and 32-bit grey: Pillow would clip, not scale
        grey, notices = _grey(image, unsigned)
        return grey.convert("RGB"), notices
    notices = []
    profile = image.info.get("icc_profile")
    if low_bytes and max(top for _, top in cast(Extrema, image.getextrema())[:3]) < _NO_BITS_MISSING:
        image, notices = _stretched(image, low_bytes())
    colours, alpha = _without_alpha(image)
    rgb, more = _srgb(colours, profile)
    if alpha is not None:
        white = Image.new("RGB", rgb.size, "white")
        white.paste(rgb, mask=alpha)
        rgb = white
    return rgb, [*notices, *more]


def low_bytes_of(image: Image.Image) -> LowBytes | None:
    """Return what decodes the low bytes of a colour photo of 16 bits that is not decoded yet; None for any other.

    Pillow keeps the high byte of each colour. It can take the low one for the high one where the other order of bytes
    is asked for.
    """
    tiles, file = getattr(image, "tile", ()), getattr(image, "fp", None)
    if not tiles or not file or image.mode not in ("RGB", "RGBA"):
        return None
    if not all(_other_bytes(tile.args) for tile in tiles):
        return None
    place = file.tell()
    file.seek(0)
    data, kind = file.read(), image.format
    file.seek(place)

    def decode() -> Image.Image:
        again = cast(ImageFile, Image.open(io.BytesIO(data), formats=[kind] if kind else None))
        again.tile = [tile._replace(args=_other_bytes(tile.args)) for tile in again.tile]
        again.load()
        low = ImageOps.exif_transpose(again)
        if tiles[0].args != "LA;16B":
            return low
        _, grey, _, alpha = low.split()  # high and low byte of the grey, of the opacity
        return Image.merge("RGBA", (grey, grey, grey, alpha))

    return decode


def _other_bytes(args: Any) -> Any:
    """Return the arguments of a decoder with the other order of bytes; None where there are no 16 bits."""
    if isinstance(args, tuple):
        first = _other_bytes(args[0]) if args else None
        return (first, *args[1:]) if first else None
    if args == "LA;16B":
        return "RGBA"
    for mode in ("RGBA;16", "RGB;16"):
        if args in (mode + "B", mode + "L", mode + "N"):
            return mode + ("L" if args == mode + "B" else "B")
    return None


def _stretched(high: Image.Image, low: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return a colour photo of few of 16 bits, from their high and low bytes, with these bits scaled to 8."""
    bands = list(zip(high.split(), low.split(), strict=True))
    colours, alpha = bands[:3], bands[3:]
    ends = {end for pair in colours for band in pair for end in cast(tuple[int, int], band.getextrema())}
    if ends == {0}:  # all black
        return high, []
    bits = max(_bits_of(0, _top(*pair)) for pair in colours)
    scaled = [_joined(*pair, bits) for pair in colours]
    scaled += [_joined(*pair, _bits_of(0, _top(*pair))) for pair in alpha]
    return Image.merge(high.mode, scaled), _few_bits(bits)


def _top(high: Image.Image, low: Image.Image) -> int:
    """Return the greatest value, or where high bytes have a part in it the greatest that it may be."""
    most, less = (cast(tuple[int, int], band.getextrema())[1] for band in (high, low))
    return most << 8 | 255 if most else less


def _joined(high: Image.Image, low: Image.Image, bits: int) -> Image.Image:
    """Return values of so many bits, given as high and low bytes, in 8. By tables: a photo may have 50 million."""
    scale = 255 / (2**bits - 1)
    upper = high.point([min(255, round(256 * value * scale)) for value in range(256)])
    return ImageChops.add(upper, low.point([round(value * scale) for value in range(256)]))


def _grey(image: Image.Image, unsigned: bool) -> tuple[Image.Image, list[str]]:
    """Return a grey picture of integers or floats in 8 bits."""
    if image.mode == "F":
        return _grey_of_floats(np.asarray(image, dtype=np.float32))
    values = np.asarray(image)
    if values.dtype == np.int32 and unsigned and values.min() < 0:
        values = values.view(np.uint32)
    least, most = int(values.min()), int(values.max())
    if least < 0:
        return _between(values.astype(np.float64), least, most)
    bits = _bits_of(least, most)
    return _scaled(values, bits), _few_bits(bits)


def _grey_of_floats(values: np.ndarray) -> tuple[Image.Image, list[str]]:
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    least, most = float(values.min()), float(values.max())
    if least < 0:
        return _between(values, least, most)
    top = next((scale for scale in (1.0, 255.0, 65535.0) if most <= scale), most)  # it may use any of these
    return Image.fromarray((values / top * 255).round().astype(np.uint8)), []


def _between(values: np.ndarray, least: float, most: float) -> tuple[Image.Image, list[str]]:
    """Return a picture with its least value as black and its greatest as white."""
    shares = (values - least) / (max(most - least, 1e-12))
    notice = f"This picture has values from {least:g} to {most:g}: the least was read as black, the greatest as white."
    return Image.fromarray((shares * 255).round().astype(np.uint8)), [notice]


def _bits_of(least: int, most: int) -> int:
    """Return how many bits the values make use of. A picture of one value says nothing: it has 16 at least."""
    bits = next(bits for bits in _BITS if most < 2**bits)
    return max(bits, 16) if least == most else bits


def _scaled(values: np.ndarray, bits: int) -> Image.Image:
    return Image.fromarray((values / np.float32(2**bits - 1) * 255).round().astype(np.uint8))


def _few_bits(bits: int) -> list[str]:
    if bits == 16:
        return []
    return [f"The values of this photo take {bits} bits, not 16: they were stretched to the whole range."]


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours of an image in a mode that has a colour profile, and its opacity where it has one."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        colours = rgba.getchannel("R") if image.mode in ("L", "LA", "La") else rgba.convert("RGB")
        return colours, rgba.getchannel("A")
    return (image if image.mode in ("L", "RGB", "CMYK", "LAB") else image.convert("RGB")), None


def _srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[str]]:
    """Return an image in sRGB, by its colour profile where it has one."""
    if image.mode == "LAB":  # no other way leads from it
        return _converted(image, ImageCms.createProfile("LAB")), []
    if not profile:
        return _as_rgb(image), []
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return _as_rgb(image), []
        return _converted(image, source), []
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _as_rgb(image), [_BROKEN_PROFILE]


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return an image in the mode RGB: itself where it has it."""
    return image if image.mode == "RGB" else image.convert("RGB")


def _converted(image: Image.Image, source: object) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")  # type: ignore[arg-type]
    assert converted is not None  # it is for a change in place alone
    return converted
