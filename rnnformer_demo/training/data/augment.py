"""Views of a photo that make it hard: what a student learns to see through."""

import random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .feature_cache import random_square

_LEAST_AREA = 0.15  # of the photo that a view shows


def strong_augment(photo: Image.Image, size: int, share: float, seed: int) -> Image.Image:
    """A random square of 15-100 % of the photo's area, mirrored half the time, in other light and colour; now and then
    grey, blurred, coarse, or with up to a quarter of it covered."""
    chooser = random.Random(seed)
    view = random_square(photo, size, chooser, _LEAST_AREA)
    if chooser.random() < 0.5:
        view = ImageOps.mirror(view)
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = enhancer(view).enhance(chooser.uniform(0.5, 1.5))
    if chooser.random() < 0.1:
        view = ImageOps.grayscale(view).convert("RGB")
    if chooser.random() < 0.2:
        view = view.filter(ImageFilter.GaussianBlur(chooser.uniform(0.005, 0.015) * size))
    if chooser.random() < 0.2:
        coarse = round(size * chooser.uniform(0.25, 0.6))
        view = view.resize((coarse, coarse), Image.Resampling.BILINEAR).resize((size, size), Image.Resampling.BICUBIC)
    if chooser.random() < 0.4:
        _cover(view, chooser)
    return view


def _cover(view: Image.Image, chooser: random.Random) -> None:
    """Paints a rectangle of at most half the width and height in one colour."""
    size = view.width
    w, h = (round(size * chooser.uniform(0.2, 0.5)) for _ in range(2))
    x, y = chooser.randint(0, size - w), chooser.randint(0, size - h)
    colour = tuple(chooser.randrange(256) for _ in range(3))
    ImageDraw.Draw(view).rectangle((x, y, x + w, y + h), fill=colour)
