"""The one place through which torchvision is imported.

torchvision's wheel on the package index is linked against a CUDA build of torch. Beside a CPU-only torch its C++
operators do not load, and ``import torchvision`` dies with "operator torchvision::nms does not exist", because the
package registers fake kernels for operators that nobody declared. Declaring the schemas first is enough: this
project uses torchvision's transforms and models, which are plain Python and never call those operators.
"""

import torch

_MISSING_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared: list[torch.library.Library] = []


def declare_missing_operators() -> list[str]:
    """Declare torchvision's missing operators, and return their names: none where its library loads."""
    try:
        import torchvision  # noqa: F401  (with a matching torch this succeeds, and nothing is to be done)
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    else:
        return []
    names = [name for name in _MISSING_SCHEMAS if not hasattr(torch.ops.torchvision, name)]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in names:
        library.define(_MISSING_SCHEMAS[name])
    _declared.append(library)
    return names


declare_missing_operators()

import torchvision  # noqa: E402
from torchvision.transforms import v2 as transforms  # noqa: E402

__all__ = ["torchvision", "transforms"]
