"""Views of a photo for training: weak and strong random ones by torchvision, and the one that is served."""

import math

import torch
from PIL import Image

from ...data.image import middle_square
from ...models.backbones.torchvision_compat import transforms

_BICUBIC, _BILINEAR = transforms.InterpolationMode.BICUBIC, transforms.InterpolationMode.BILINEAR
_LEAST_AREA_WEAK, _LEAST_AREA_STRONG = 0.4, 0.15  # of the photo that a view shows
_BLUR = (0.005, 0.015)  # standard deviation, in sides of the view
_COARSE = (0.25, 0.6)  # side to which a view is reduced and back, in sides of the view


def center_crop(photo: Image.Image, size: int, share: float, seed: int) -> Image.Image:
    """Return the view that the model is served: the middle square. `seed` is not used."""
    return middle_square(photo, size, share)


def weak_augment(photo: Image.Image, size: int, share: float, seed: int) -> Image.Image:
    """Return a random square of the photo: 40-100 % of its area, aspect 3/4-4/3, mirrored half the time, other light.

    `share` is not used.
    """
    return _seeded(transforms.Compose([*_squares(size, _LEAST_AREA_WEAK), _light(0.3)]), photo, seed)


def strong_augment(photo: Image.Image, size: int, share: float, seed: int) -> Image.Image:
    """Return a random square of 15-100 % of the photo's area, mirrored half the time, in other light and colour; now
    and then grey, blurred, coarse, or with up to a quarter of it covered in one colour.

    `share` is not used.
    """
    kernel = 2 * math.ceil(3 * _BLUR[1] * size) + 1
    blur = transforms.GaussianBlur(kernel, tuple(share * size for share in _BLUR))
    smaller = transforms.RandomResize(*(round(share * size) for share in _COARSE), interpolation=_BILINEAR)
    coarse = transforms.Compose([smaller, transforms.Resize((size, size), interpolation=_BICUBIC)])
    parts = [
        *(*_squares(size, _LEAST_AREA_STRONG), _light(0.5), transforms.RandomGrayscale(0.1)),
        *(transforms.RandomApply([part], 0.2) for part in (blur, coarse)),
        *(transforms.PILToTensor(), _Cover(), transforms.ToPILImage()),
    ]
    return _seeded(transforms.Compose(parts), photo, seed)


class _Cover(torch.nn.Module):
    """Erases, in two of five views (3, S, S), 4-25 % of the area: each time in another colour."""

    def forward(self, view: torch.Tensor) -> torch.Tensor:
        colour = torch.randint(256, (3,)).tolist()
        return transforms.RandomErasing(p=0.4, scale=(0.04, 0.25), ratio=(0.4, 2.5), value=colour)(view)


def _squares(size: int, least: float) -> tuple:
    crop = transforms.RandomResizedCrop(size, scale=(least, 1.0), ratio=(3 / 4, 4 / 3), interpolation=_BICUBIC)
    return crop, transforms.RandomHorizontalFlip()


def _light(strength: float) -> transforms.ColorJitter:
    return transforms.ColorJitter(brightness=strength, contrast=strength, saturation=strength)


def _seeded(transform: transforms.Transform, photo: Image.Image, seed: int) -> Image.Image:
    """Draw by the seed alone, and leave the generator of everything else as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return transform(photo)
