"""Pictures that are no photos, drawn by the seed: what a model of photos should find strange."""

import io
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...data import InputError
from ...data.photo_sets import PhotoRow
from ..data.imagenet import imagenet_labels

PREFIX = "made:"  # before the name of a kind, where a path could stand
COUNT = 300  # pictures of each kind
_SIDE = 256


def noise(chooser: random.Random) -> Image.Image:
    """Draw independent pixels, or coarser blocks of them, grey or in colour."""
    side = _SIDE // chooser.choice((1, 1, 2, 4, 8))
    channels = chooser.choice((1, 3))
    values = np.random.default_rng(chooser.getrandbits(32)).normal(128, chooser.uniform(20, 90), (side, side, channels))
    pixels = np.repeat(values, 3 // channels, axis=2).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)


def screenshot(chooser: random.Random) -> Image.Image:
    """Draw lines of words, dark on light or light on dark, some under a bar of a window."""
    words, dark = imagenet_labels(), chooser.random() < 0.3
    paper, ink = ((24, 26, 30), (215, 215, 215)) if dark else ((250, 250, 248), (30, 30, 34))
    picture = Image.new("RGB", (_SIDE, _SIDE), paper)
    draw, size = ImageDraw.Draw(picture), chooser.randint(9, 20)
    font, top = ImageFont.load_default(size), chooser.randint(4, 40)
    if chooser.random() < 0.5:
        draw.rectangle((0, 0, _SIDE, top), fill=tuple(chooser.randrange(60, 220) for _ in range(3)))
    while (top := top + round(size * 1.4)) < _SIDE:
        if chooser.random() < 0.85:  # a blank line ends a paragraph
            line = " ".join(chooser.choice(words) for _ in range(chooser.randint(2, 6)))
            draw.text((10, top), line, ink, font)
    return picture


def drawing(chooser: random.Random) -> Image.Image:
    """Draw strokes and outlines of a pen on paper, a few of them filled."""
    picture = Image.new("RGB", (_SIDE, _SIDE), chooser.choice(((255, 255, 255), (246, 240, 224), (232, 238, 246))))
    draw = ImageDraw.Draw(picture)
    pens = [(20, 20, 24), *(tuple(chooser.randrange(256) for _ in range(3)) for _ in range(2))]
    for _ in range(chooser.randint(4, 16)):
        corners = [(chooser.randrange(_SIDE), chooser.randrange(_SIDE)) for _ in range(chooser.randint(2, 6))]
        box = [min(x for x, _ in corners), min(y for _, y in corners), *map(max, zip(*corners, strict=True))]
        pen, width = chooser.choice(pens), chooser.randint(1, 5)
        filled = chooser.choice(pens) if chooser.random() < 0.2 else None
        shape = chooser.randrange(4)
        if shape == 0:
            draw.line(corners, pen, width, joint="curve")
        elif shape == 1:
            draw.ellipse(box, filled, pen, width)
        elif shape == 2:
            draw.rectangle(box, filled, pen, width)
        else:
            draw.arc(box, chooser.randrange(360), chooser.randrange(360), pen, width)
    return picture


def pattern(chooser: random.Random) -> Image.Image:
    """Draw stripes, checks or a gradient between two colours."""
    x, y = np.meshgrid(np.arange(_SIDE), np.arange(_SIDE))
    angle, width = chooser.uniform(0, np.pi), chooser.randint(4, 60)
    along, across = (x * np.cos(a) + y * np.sin(a) for a in (angle, angle + np.pi / 2))
    share = chooser.choice(
        (
            along // width % 2,
            (along // width + across // width) % 2,
            (along - along.min()) / np.ptp(along),
            0.5 + 0.5 * np.sin(along / width),
        )
    )
    one, other = (np.array([chooser.randrange(256) for _ in range(3)]) for _ in range(2))
    return Image.fromarray((one + share[..., None] * (other - one)).astype(np.uint8))


KINDS: dict[str, Callable[[random.Random], Image.Image]] = {
    "noise": noise,
    "screenshots": screenshot,
    "drawings": drawing,
    "patterns": pattern,
}


class SyntheticImages:
    """Pictures of one kind that are read like those of a `PhotoSet`.

    Args:
        name: `PREFIX` and a key of `KINDS`.

    Raises:
        InputError: for an unknown kind.
    """

    def __init__(self, name: str):
        kind = name.removeprefix(PREFIX)
        if kind not in KINDS:
            known = ", ".join(PREFIX + kind for kind in KINDS)
            raise InputError(f"No pictures {name!r} can be made, only {known}.")
        self.kind = kind
        self.rows = [PhotoRow(str(number), kind, "") for number in range(COUNT)]

    def read(self, path: str) -> bytes:
        """Return one picture, as a PNG file."""
        file = io.BytesIO()
        KINDS[self.kind](random.Random(f"{self.kind} {path}")).save(file, "PNG")
        return file.getvalue()
