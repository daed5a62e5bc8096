"""Random views: squares that the seed alone decides, and of one family."""

import numpy as np
import pytest
import tiny
import torch

from rnnformer_demo.training.data.augment import strong_augment, weak_augment


@pytest.mark.parametrize("augment", [weak_augment, strong_augment])
def test_the_seed_alone_decides(augment):
    photo = tiny.photo((90, 60))
    torch.manual_seed(5)
    first, after = augment(photo, 32, 1.0, 1), torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), after)  # the generator of everything else is left as it is
    assert augment(photo, 32, 1.0, 1).tobytes() == first.tobytes() != augment(photo, 32, 1.0, 2).tobytes()
    assert (first.size, first.mode) == ((32, 32), "RGB")


@pytest.mark.parametrize("augment", [weak_augment, strong_augment])
def test_photos_of_any_shape_become_squares(augment):
    for size in ((400, 10), (10, 400), (3, 3)):
        assert augment(tiny.photo(size), 32, 1.0, 0).size == (32, 32)


def test_half_of_the_views_are_mirrored():
    ramp = tiny.Image.fromarray(np.tile(np.arange(100, dtype=np.uint8), (100, 1))).convert("RGB")
    views = [np.asarray(weak_augment(ramp, 16, 1.0, seed)).astype(int) for seed in range(60)]
    mirrored = sum(view[:, 0].mean() > view[:, -1].mean() for view in views)
    assert 18 <= mirrored <= 42


def test_strong_views_are_now_and_then_grey_or_covered():
    red = tiny.Image.new("RGB", (60, 60), (200, 40, 40))
    views = [np.asarray(strong_augment(red, 32, 1.0, seed)).astype(int) for seed in range(200)]
    grey = [view for view in views if np.ptp(view.mean((0, 1))) < 3]
    covered = [view for view in views if view.std((0, 1)).max() > 8]
    assert 6 <= len(grey) <= 40
    assert 50 <= len(covered) <= 110
