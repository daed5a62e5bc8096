"""A prediction for a photo beside one by ResNet-18, the common yardstick of small networks."""

import io
from pathlib import Path
from typing import Any

from .timing import CALLS_A_TURN, PHOTO_MODEL, inputs, median, turn

_KEYS = {"torch": "torch", "ONNX Runtime": "onnx", "int8": "int8"}


def beside_resnet18(runs: int) -> dict[str, Any]:
    """Measure both in turn, one photo at a time, opening it included: both by torch, both by ONNX Runtime, and both
    there with matrices in 8 bits.

    The photo is as large as both read it: to reduce a larger one is the same work for both. ResNet-18 (torchvision's,
    random weights, which take as long) sees the same square.
    """
    import torch

    from ..analysis.service import predict
    from ..checkpoints.store import load
    from ..evaluation.modality import image_reader
    from ..models.backbones.torchvision_compat import torchvision
    from .rivals import engines_of, photo_session

    checkpoint = load(PHOTO_MODEL)  # one of its own, whose engine changes
    network, size = torchvision.models.resnet18(weights=None).eval(), image_reader(checkpoint).size
    photo = _jpeg_of(inputs()[1], size)
    sessions = {"torch": None, "ONNX Runtime": photo_session(network, size), "int8": photo_session(network, size, 8)}
    figures: dict[str, Any] = {}
    for engine, run_by in engines_of(checkpoint).items():
        checkpoint.model.engine = run_by
        session = sessions[engine]

        def other(session: Any = session) -> list[float]:
            with torch.inference_mode():
                photos = checkpoint.reader(photo).inputs
                if session is None:
                    return network(photos).softmax(-1)[0].tolist()
                return torch.from_numpy(session.run(None, {"photos": photos.numpy()})[0]).softmax(-1)[0].tolist()

        pairs = [(turn(lambda: predict(checkpoint, photo)), turn(other)) for _ in range(max(1, runs // CALLS_A_TURN))]
        own, others = ([seconds for pair in pairs for seconds in pair[which]] for which in (0, 1))
        key = _KEYS[engine]
        figures |= {
            f"photo_beside_{key}_p50_ms": round(1000 * median(own, 5), 1),
            f"resnet18_{key}_p50_ms": round(1000 * median(others, 5), 1),
            f"resnet18_{key}_ratio": median([median(other, 5) / median(own, 5) for own, other in pairs], 2),
        }
    return figures


def _jpeg_of(photo: Path, size: int) -> bytes:
    """Return the middle square of a photo as a file, `size` pixels wide."""
    from PIL import Image

    from ..data.image import middle_square

    buffer = io.BytesIO()
    with Image.open(photo) as opened:
        middle_square(opened.convert("RGB"), size).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
