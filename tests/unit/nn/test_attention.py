"""Self-attention: masks, and the same numbers as torch's own."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import mask_of, output_of
from torch import nn

from rnnformer_demo.nn.attention import AttentionBlock, SelfAttention

WIDTH = 8
lengths_of_rows = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(lengths_of_rows)
def test_attention_rows_sum_to_one_and_give_padding_nothing(lengths):
    mask = mask_of(lengths)
    weights = output_of(SelfAttention(WIDTH, 2, 0.0, 1), "attention", torch.randn(*mask.shape, WIDTH), mask)
    assert weights.shape == (len(lengths), 2, max(lengths), max(lengths))
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-6, rtol=0)
    assert (weights[~mask[:, None, None].expand_as(weights)] == 0).all()
    assert (weights >= 0).all()


def test_attention_equals_torchs_multi_head_attention():
    ours = SelfAttention(WIDTH, 2, 0.0, 1).eval()
    theirs = nn.MultiheadAttention(WIDTH, 2, batch_first=True).eval()
    theirs.in_proj_weight.data.copy_(ours.queries_keys_values.weight.data)
    theirs.in_proj_bias.data.copy_(ours.queries_keys_values.bias.data)
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    mask, x = mask_of([5, 3]), torch.randn(2, 5, WIDTH)
    expected, weights = theirs(x, x, x, key_padding_mask=~mask, average_attn_weights=False)
    torch.testing.assert_close(ours(x, mask)[mask], expected[mask], atol=1e-5, rtol=0)
    torch.testing.assert_close(output_of(ours, "attention", x, mask), weights, atol=1e-5, rtol=0)


def test_width_must_be_a_multiple_of_heads():
    with pytest.raises(ValueError, match="width must be a multiple of heads, got width 8 and heads 3"):
        AttentionBlock(WIDTH, 3, 2, 0.0, 1)
