"""Dropout that is the same at every step."""

import pytest
import torch

from rnnformer_demo.nn.dropout import LockedDropout


def test_locked_dropout_drops_a_feature_at_every_step_and_keeps_the_mean():
    x = torch.ones(200, 6, 50)
    dropped = LockedDropout(0.25).train()(x)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.03)
    assert torch.equal(LockedDropout(0.25).eval()(x), x)
