"""Features of a frozen backbone, cached on disk, so that a head trains in minutes on two cores."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm import tqdm

from ...checkpoints.aside import save_aside
from ...data.image import ImageReader, to_tensor
from ...data.opening import open_photo
from ...data.photo_sets import PhotoRow, PhotoSet
from .augment import center_crop, weak_augment

Encode = Callable[[Tensor], Tensor]  # normalised photos (B, 3, S, S) to features (B, ...)
View = Callable[[Image.Image, int, float, int], Image.Image]  # photo, size, share and seed to a square

_RANDOM_VIEWS = "torchvision v2"  # how they are drawn: features of views that were drawn otherwise are not taken
_CHUNK = 256  # photos per file of the cache: what an interruption costs at most


def extract(
    tokens: Encode,
    backbone: nn.Module,
    photos: PhotoSet,
    rows: list[PhotoRow],
    reader: ImageReader,
    view: int,
    cache: Path,
    batch_size: int = 32,
    make: View | None = None,
    variant: str = "",
) -> Tensor:
    """Return features (N, T, D) in 16 bits of one view of each photo: view 0 is what is served, others are random.

    Args:
        tokens: normalised photos (B, 3, S, S) to features (B, T, D).
        backbone: whose weights, with data, size and view, name the cache.
        cache: folder; what lies there already is not computed again.
        make: makes the view, instead of the usual one of its number.
        variant: what else tells these features from others of the same view, such as `make` and a precision.
    """
    first = next(iter(backbone.state_dict().values()))
    stat = photos.path.stat()
    identity = [
        *(str(photos.path.resolve()), stat.st_size, stat.st_mtime, [row.path for row in rows]),
        *(reader.preprocessing(), view, first.double().sum().item()),
        *([_RANDOM_VIEWS] if view else []),
        *([variant] if variant else []),
    ]
    folder = cache / hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    make = make or (center_crop if view == 0 else weak_augment)
    chunks = []
    for start in tqdm(range(0, len(rows), _CHUNK), desc=f"features, view {view}", mininterval=2):
        file = folder / f"{start}.safetensors"
        if not file.exists():
            squares = [
                make(open_photo(photos.read(row.path))[0], reader.size, reader.share, view * 1_000_003 + start + offset)
                for offset, row in enumerate(rows[start : start + _CHUNK])
            ]
            inputs = torch.stack([to_tensor(square, reader.mean, reader.std) for square in squares])
            with torch.no_grad():
                features = torch.cat([tokens(batch).half() for batch in inputs.split(batch_size)])
            save_aside(file, {"features": features.contiguous()})
        chunks.append(load_file(file)["features"])
    return torch.cat(chunks)
