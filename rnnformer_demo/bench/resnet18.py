"""A prediction for a photo beside one by ResNet-18, the common yardstick of small networks."""

from typing import Any

from .timing import CALLS_A_TURN, PHOTO_MODEL, inputs, median, turn


def beside_resnet18(runs: int) -> dict[str, Any]:
    """Measure both in turn, one photo at a time, opening and cutting it included.

    ResNet-18 (torchvision's, random weights, which take as long) sees the same square.
    """
    import torch

    from ..analysis.service import get, predict
    from ..models.backbones.torchvision_compat import torchvision

    _, photo = inputs()
    checkpoint = get(PHOTO_MODEL)
    network = torchvision.models.resnet18(weights=None).eval()

    def other() -> list[float]:
        with torch.inference_mode():
            return network(checkpoint.reader(photo).inputs).softmax(-1)[0].tolist()

    pairs = [(turn(lambda: predict(checkpoint, photo)), turn(other)) for _ in range(max(1, runs // CALLS_A_TURN))]
    own, others = ([seconds for pair in pairs for seconds in pair[which]] for which in (0, 1))
    return {
        "photo_beside_p50_ms": round(1000 * median(own, 5), 1),
        "resnet18_p50_ms": round(1000 * median(others, 5), 1),
        "resnet18_ratio": median([median(other, 5) / median(own, 5) for own, other in pairs], 2),
    }
