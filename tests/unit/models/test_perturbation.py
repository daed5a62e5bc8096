"""The blur of removed pixels."""

import torch

from rnnformer_demo.models.backbones.torchvision_compat import transforms
from rnnformer_demo.models.perturbation import gaussian_blur


def test_the_blur_is_that_of_torchvision():
    photos = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    wanted = transforms.functional.gaussian_blur(photos, [17, 17], [64 / 14, 64 / 14])
    torch.testing.assert_close(gaussian_blur(photos, 8, 64 / 14), wanted, atol=1e-6, rtol=0)
