"""torchvision imports everywhere, and nothing is declared that is there already."""

import sys
from types import ModuleType

import pytest
import tiny

from rnnformer_demo.models.backbones import torchvision_compat


def _operators_load() -> bool:
    out = tiny.run_python(
        "try:\n    import torchvision\n    print('present')\nexcept RuntimeError as error:\n    print(error)"
    )
    assert out == "present" or "torchvision::nms does not exist" in out
    return out == "present"


def test_torchvision_imports_and_transforms_without_its_operators():
    out = tiny.run_python(
        "from rnnformer_demo.models.backbones.torchvision_compat import torchvision, transforms\n"
        "import torch\n"
        "cut = transforms.CenterCrop(4)(torch.zeros(3, 8, 8))\n"
        "print(tuple(cut.shape), torchvision.models.get_model('resnet18').fc.in_features)"
    )
    assert out == "(3, 4, 4) 512"


def test_only_what_is_missing_is_declared():
    declared = tiny.run_python(
        "import torch\n"
        "from rnnformer_demo.models.backbones import torchvision_compat\n"
        "print(len(torchvision_compat._declared), "
        "hasattr(torch.ops.torchvision, 'nms'), hasattr(torch.ops.torchvision, 'qnms'))"
    )
    assert declared == ("0 True True" if _operators_load() else "1 True True")


def test_a_second_call_declares_nothing():
    before = len(torchvision_compat._declared)
    assert torchvision_compat.declare_missing_operators() == []
    assert len(torchvision_compat._declared) == before


def test_nothing_is_declared_where_torchvision_imports(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))  # as beside a matching torch
    monkeypatch.setattr(torchvision_compat.torch.library, "Library", None)  # calling it would raise
    assert torchvision_compat.declare_missing_operators() == []


def test_another_error_is_not_swallowed(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "torchvision":
                raise RuntimeError("libc is too old")

    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(RuntimeError, match="libc is too old"):
        torchvision_compat.declare_missing_operators()
