"""Pooling: weights that sum to one and give padding nothing."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import mask_of, output_of
from torch import nn

from rnnformer_demo.nn.pooling import AttentionPooling

WIDTH = 8
lengths_of_rows = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(lengths_of_rows)
def test_pooling_starts_as_the_mean_of_real_steps_and_sums_to_one(lengths):
    mask = mask_of(lengths)
    x = torch.randn(*mask.shape, WIDTH)
    pooling = AttentionPooling(WIDTH)
    weights = output_of(pooling, "pooling", x, mask)
    torch.testing.assert_close(weights, mask / mask.sum(1, keepdim=True), atol=1e-6, rtol=0)
    nn.init.normal_(pooling.score.weight)
    weights = output_of(pooling, "pooling", x, mask)
    torch.testing.assert_close(weights.sum(1), torch.ones(len(lengths)), atol=1e-6, rtol=0)
    assert (weights[~mask] == 0).all()
