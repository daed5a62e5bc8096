"""Photos to samples: safe opening, upright turning, the square that a model reads."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from .sample import InputError, Sample

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "PPM", "ICO")
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MIN_SIDE = 8
_LONG = 2.0  # aspect ratio from which the cut to a square deserves a notice
# Errors of Pillow's decoders on damaged files (found by flipping and cutting bytes of the fixtures, see tests).
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError, struct.error)


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


def open_photo(data: bytes) -> tuple[Image.Image, list[str]]:
    """Decode the bytes of an image file.

    Transparency is laid on white, 16-bit grey is scaled to 8 bits, of an animation the first frame is taken.

    Returns:
        The photo, upright and RGB.
        Sentences about its changes.

    Raises:
        InputError: for a file that is not a photo, is damaged, or is too big or too small.
    """
    if not data:
        raise InputError("The file is empty (zero bytes): choose another photo.")
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 2**20} MB: save the photo smaller and try again.")
    with _damage_reported(data):
        return _upright(Image.open(io.BytesIO(data), formats=FORMATS))


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
        raise InputError(_too_large()) from error
    except UnidentifiedImageError as error:
        if b"<svg" in data[:4096].lower():
            raise InputError("SVG drawings are not photos: save it as PNG or JPEG first.") from error
        raise InputError(
            "The file is not an image that can be read: choose a photo as JPEG, PNG, WebP, GIF, AVIF, BMP or TIFF."
        ) from error
    except _DAMAGED as error:
        raise InputError("The image file is damaged or cut short: save it again or choose another one.") from error


def _upright(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """Return the first frame of an opened image, upright and RGB, and sentences about its changes."""
    _check_size(*image.size)
    notices = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        notices.append(f"This is an animation of {frames} frames: only the first one was read.")
    image.load()
    return _to_rgb(ImageOps.exif_transpose(image)), notices


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise InputError(_too_large())
    if min(width, height) < MIN_SIDE:
        raise InputError(
            f"The image has only {width} x {height} pixels: choose one of at least {MIN_SIDE} x {MIN_SIDE}."
        )


def _too_large() -> str:
    return f"The image has more than {MAX_PIXELS // 10**6} million pixels: save it smaller and try again."


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16- and 32-bit grey: Pillow would clip, not scale
        values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
        scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)  # a float image may use any of these
        top = next((scale for scale in scales if values.max() <= scale), values.max())
        return Image.fromarray((np.clip(values / top, 0, 1) * 255).round().astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")


def middle_square(photo: Image.Image, size: int, share: float = 1.0) -> Image.Image:
    """Cut out the middle square of a photo, `size` pixels wide; its side is `share` of the photo's short side."""
    return ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC, bleed=(1 - share) / 2)


def box_of_square(photo: Image.Image, share: float = 1.0) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the part that `middle_square` cuts out, as fractions of the photo."""
    width, height = photo.size
    side = share * min(width, height)
    left, top = round((1 - side / width) / 2, 6), round((1 - side / height) / 2, 6)
    return left, top, round(1 - left, 6), round(1 - top, 6)


def to_tensor(square: Image.Image, mean: float, std: float) -> torch.Tensor:
    """Return an RGB image as a normalised tensor (3, height, width)."""
    pixels = torch.from_numpy(np.array(square, dtype=np.float32)).permute(2, 0, 1)  # (3, height, width)
    return (pixels / 255 - mean) / std


class ImageReader:
    """Reader of photos, see `Reader`.

    Args:
        size: side of the square that the model reads, in pixels.
        stride: pixels per cell of its grid.
        mean, std: normalisation of values in [0, 1] that the CNN was trained with.
        share: side of the square that is cut out, as a share of the photo's short side.
    """

    def __init__(self, size: int, stride: int, mean: float, std: float, share: float = 1.0) -> None:
        self.size, self.stride, self.mean, self.std, self.share = size, stride, mean, std, share

    def preprocessing(self) -> dict[str, Any]:
        """Return the arguments of the reader, which its checkpoint stores."""
        return {"size": self.size, "stride": self.stride, "mean": self.mean, "std": self.std, "share": self.share}

    def __call__(self, source: str | Path | bytes | Image.Image) -> Sample:
        """Return one sample of batch size 1 from a path, the bytes of a file, or a PIL image.

        Raises:
            InputError: see `open_photo`.
        """
        photo, notices = self._open(source)
        if max(photo.size) >= _LONG * min(photo.size):
            notices.append(f"The photo is long ({photo.width} x {photo.height}): only its middle square was read.")
        sample = self.of_square(middle_square(photo, self.size, self.share), tuple(notices))
        return replace(sample, box=box_of_square(photo, self.share))

    def of_square(self, square: Image.Image, warnings: tuple[str, ...] = ()) -> Sample:
        """Return the sample of a square that was cut out before: the `display` of a sample.

        Args:
            square: RGB, as many pixels wide as the model reads.
            warnings: sentences that the sample carries.
        """
        side = self.size // self.stride
        cells = torch.arange(side * side).view(side, side)
        return Sample(
            inputs=to_tensor(square, self.mean, self.std)[None],
            mask=torch.ones(1, side * side, dtype=torch.bool),
            feature_mask=cells.repeat_interleave(self.stride, 0).repeat_interleave(self.stride, 1)[None, None],
            token_to_unit=cells.flatten(),
            unit_names=tuple(f"row {row + 1}, column {column + 1}" for row in range(side) for column in range(side)),
            grid=(side, side),
            display=square,
            warnings=warnings,
        )

    @staticmethod
    def _open(source: str | Path | bytes | Image.Image) -> tuple[Image.Image, list[str]]:
        if source is None:
            raise InputError("There is no photo yet: upload one, paste one, or take one with the camera.")
        if isinstance(source, Image.Image):
            with _damage_reported():  # it may not have been loaded yet
                return _upright(source)
        if not isinstance(source, str | Path | bytes):
            raise InputError(f"Expected a photo, got {type(source).__name__}: give a path, bytes or a PIL image.")
        return open_photo(source if isinstance(source, bytes) else read_bytes(source))


def reference_image(size: int) -> Image.Image:
    """Return the picture whose output an image checkpoint records, made by arithmetic: the same everywhere."""
    across = np.linspace(0, 255, size, dtype=np.float64)
    x, y = np.meshgrid(across, across)
    disc = 255.0 * (np.hypot(x - 127.5, y - 127.5) < 80)
    return Image.fromarray(np.stack([x, y, disc], axis=-1).astype(np.uint8))
