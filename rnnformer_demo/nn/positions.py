"""Sinusoidal position encodings of sequences and of grids."""

import math

import torch
from torch import Tensor


def sinusoidal_positions(steps: int, width: int, device: torch.device | None = None) -> Tensor:
    """Return the position encoding of Vaswani et al. 2017, section 3.5, defined for any length: (steps, width)."""
    position = torch.arange(steps, device=device, dtype=torch.float32)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, device=device, dtype=torch.float32) * (-math.log(10_000.0) / width))
    encoding = torch.zeros(steps, width, device=device)
    encoding[:, 0::2] = torch.sin(position * rates)
    encoding[:, 1::2] = torch.cos(position * rates[: width // 2])
    return encoding


def grid_positions(grid: tuple[int, int], width: int, device: torch.device | None = None) -> Tensor:
    """Return the same for a grid, (h*w, width): half of the width encodes the row, the other half the column."""
    h, w = grid
    rows = sinusoidal_positions(h, width // 2, device)[:, None].expand(-1, w, -1)
    columns = sinusoidal_positions(w, width - width // 2, device)[None].expand(h, -1, -1)
    return torch.cat([rows, columns], dim=-1).flatten(0, 1)
