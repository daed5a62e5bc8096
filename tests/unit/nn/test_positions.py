"""Position encodings of sequences and grids."""

import pytest
import torch

from rnnformer_demo.nn.positions import grid_positions, sinusoidal_positions

GRID = (3, 4)


@pytest.mark.parametrize("width", [6, 7])
def test_sinusoidal_positions_follow_the_formula(width):
    encoding = sinusoidal_positions(10, width)
    assert encoding.shape == (10, width)
    for position, feature in ((0, 0), (3, 1), (9, 4)):
        angle = torch.tensor(position / 10_000 ** (2 * (feature // 2) / width))
        expected = angle.sin() if feature % 2 == 0 else angle.cos()
        assert encoding[position, feature].item() == pytest.approx(expected.item(), abs=1e-5)


def test_grid_positions_encode_the_row_then_the_column():
    encoding = grid_positions(GRID, 8).view(*GRID, 8)
    assert torch.equal(encoding[..., :4], sinusoidal_positions(3, 4)[:, None].expand(3, 4, 4))
    assert torch.equal(encoding[..., 4:], sinusoidal_positions(4, 4)[None].expand(3, 4, 4))
    assert len(encoding.flatten(0, 1).unique(dim=0)) == 12
