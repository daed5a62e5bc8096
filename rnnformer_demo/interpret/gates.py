"""Gates and cell states of the recurrences, recomputed from their inputs and hidden states, and their half-lives,
saturations and contributions.

Each cell knows how its gates are recomputed, see `Cell.gates`. Cell states are an element-wise scan over them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..models import Hybrid
from ..nn.cells import CELLS
from ..nn.recurrent import BidirectionalRecurrence, reverse_steps

TOLERANCE = 1e-5  # of the hidden states that follow from recomputed gates
_LOW, _HIGH = 0.1, 0.9  # beyond these a gate hardly answers to what is read
_DIRECTIONS = torch.arange(2)[:, None, None]


@dataclass(frozen=True)
class Gates:
    """Gates of one recurrence at every step, in the order of the steps for both directions.

    Attributes:
        kind: key of its cell in `CELLS`.
        gates: (T, 2, U) each, forward and backward direction, see `Cell.gates`.
        cells: (T, 2, U) cell states, None where the cell has none.
        error: largest difference between the hidden states that follow from all this and those of the network.
        order: (2, L, S) the steps of each sequence in the order in which a direction reads them: one sequence for a
            text, one for each row or column of a grid.
        mask: (T,) true for real steps, which either direction reads before the padding.
    """

    kind: str
    gates: dict[str, Tensor]
    cells: Tensor | None
    error: float
    order: Tensor
    mask: Tensor


@torch.no_grad()
def gates_of(model: Hybrid, outputs: dict[str, Tensor], mask: Tensor) -> dict[str, Gates]:
    """Return the gates of every recurrence of a model for one input, by the names of their hook points "states".

    Args:
        outputs: outputs of the hook points "recurrent_input" and "states", with a batch of 1, see `capture`.
        mask: (1, T).

    Raises:
        RuntimeError: where the hidden states that follow from the gates are not those of the network.
    """
    gates_by_name: dict[str, Gates] = {}
    for block in model.core.recurrent_blocks:
        inputs = outputs[block.recurrent_input.name][0].detach().cpu()  # (T, D)
        for recurrence in cast("Iterable[BidirectionalRecurrence]", block.recurrences.values()):
            name = recurrence.states.name
            states = outputs[name][0].detach().cpu().unflatten(-1, (2, -1))  # (T, 2, U)
            gates = recompute(recurrence, inputs, states, mask[0].cpu(), model.grid)
            if not gates.error <= TOLERANCE:  # a NaN is an error, too
                raise RuntimeError(
                    f"{name}: recomputed gates miss the hidden states by {gates.error:.1e}, more than {TOLERANCE}"
                )
            gates_by_name[name] = gates
    return gates_by_name


def recompute(
    recurrence: BidirectionalRecurrence, inputs: Tensor, states: Tensor, mask: Tensor, grid: tuple[int, int] | None
) -> Gates:
    """Recompute the gates of one recurrence, however large their error.

    Args:
        inputs: (T, D).
        states: (T, 2, U) its hidden states.
        mask: (T,).
        grid: (h, w) of the steps, None for a sequence.
    """
    order = _reading_order(recurrence.scan, mask, grid)
    before = states_before(states, order)
    rnns = (recurrence.forward_rnn, recurrence.backward_rnn)
    cell = recurrence.cell
    gates = cell.gates(rnns, inputs, before)
    cells = _cells(*cell.memory(gates), order) if cell.has_cell_state else None
    error = (cell.states(gates, before, cells) - states).abs().max().item()
    return Gates(recurrence.kind, gates, cells, error, order, mask)


def states_before(states: Tensor, order: Tensor) -> Tensor:
    """Return the hidden states (T, 2, U) before each step, zeros before the first of a sequence.

    Args:
        states: (T, 2, U).
        order: (2, L, S), see `Gates`.
    """
    before = torch.zeros_like(states)
    before[order[..., 1:], _DIRECTIONS] = states[order[..., :-1], _DIRECTIONS]
    return before


def _reading_order(scan: str, mask: Tensor, grid: tuple[int, int] | None) -> Tensor:
    """Return the steps of each sequence as either direction reads them (2, L, S)."""
    lines = torch.arange(len(mask))
    lines = lines[None] if scan == "tokens" else lines.view(cast("tuple[int, int]", grid))  # (L, S)
    if scan == "columns":
        lines = lines.T
    return torch.stack([lines, reverse_steps(lines[..., None], mask[lines])[..., 0]])


def _cells(kept: Tensor, added: Tensor, order: Tensor) -> Tensor:
    """Return c = kept c + added from zero on, (T, 2, U), along the order of reading."""
    # In NumPy, as in `gru_numpy`: it costs less to call, and a step is little work.
    order, directions = order.movedim(2, 0), _DIRECTIONS[:, 0]  # (S, 2, L)
    factors, cells = (x[order, directions].flatten(1).numpy() for x in (kept, added))  # (S, 2 L U)
    product = np.empty_like(factors[0])
    for factor, before, cell in zip(factors[1:], cells[:-1], cells[1:], strict=True):
        np.multiply(factor, before, product)
        np.add(cell, product, cell)
    in_steps = torch.empty_like(added)
    in_steps[order, directions] = torch.from_numpy(cells).view(*order.shape, -1)
    return in_steps


def half_lives(gates: Gates) -> Tensor:
    """Return the half-life of each unit's memory in steps, (2, U): log(1/2) / mean(log f) over the real steps.

    f is the retention gate, the share that a unit keeps at a step. Its geometric mean is the share that a step
    leaves on average, so a gate that closes entirely once makes the half-life 0. It is infinite where f is 1 at every
    step, to the 24 bits of a number.
    """
    kept = gates.gates[CELLS[gates.kind].retention_gate][gates.mask]
    return math.log(2) / kept.log().mean(0).abs()


def median_half_life(gates: Gates) -> Tensor:
    """Return the median half-life over units, per direction (2,). Lower median for an even count.

    Unlike the mean it is not decided by the few units that hardly forget, nor undone by one that never does.
    """
    return half_lives(gates).median(1).values


def saturation(gates: Gates) -> dict[str, tuple[float, float]]:
    """Return the shares of each gate's activations near the lower and near the upper end of its range, 0-1.

    Those are below 0.1 and above 0.9, for the candidate below -0.9 and above 0.9; over real steps, directions and
    units.
    """
    shares = {}
    for name, gate in gates.gates.items():
        real, low = gate[gates.mask], -_HIGH if name == "candidate" else _LOW
        shares[name] = ((real < low).float().mean().item(), (real > _HIGH).float().mean().item())
    return shares


def memory_contributions(gates: Gates) -> Tensor:
    """Return the contribution of each step to each unit's memory after the direction's last step, (T, 2, U).

    Over the steps of a sequence contributions add up to the last memory, since it starts from zero: for an LSTM to the
    cell state c_T = sum_s i_s g_s prod_(k>s) f_k, for a GRU to the hidden state h_T = sum_s (1 - z_s) n_s prod_(k>s)
    z_k. The last step is the last real one, for the backward direction the first; in a grid each row or column has its
    own. Padding contributes nothing.
    """
    kept, added = CELLS[gates.kind].memory(gates.gates)
    real = gates.mask[:, None, None]
    kept, added = torch.where(real, kept, 1.0), torch.where(real, added, 0.0)
    backwards = kept[gates.order.flip(2), _DIRECTIONS]  # (2, L, S, U), the step that is read last first
    left = torch.empty_like(kept)
    left[gates.order.flip(2), _DIRECTIONS] = F.pad(backwards, (0, 0, 1, 0), value=1.0)[:, :, :-1].cumprod(2)
    return left * added


def top_contributors(gates: Gates, direction: int, unit: int, most: int = 5) -> tuple[tuple[int, float], ...]:
    """Return the steps that contribute most to the last memory of a unit, the strongest first, as (step, share).

    Args:
        direction: 0 for the forward one, 1 for the backward one.
        unit: 0 to U - 1.
        most: number of steps; fewer where there are not as many real ones.

    Returns:
        A share is the step's contribution, see `memory_contributions`, divided by the sum of the absolute contributions
        of all steps: -1-1. It is 0 where all of them are 0.
    """
    contributions = memory_contributions(gates)[:, direction, unit]  # (T,)
    total = contributions.abs().sum()
    shares = contributions / total if total > 0 else contributions
    order = contributions.abs().argsort(descending=True, stable=True)
    steps = order[gates.mask[order]][:most]
    return tuple(zip(steps.tolist(), shares[steps].tolist(), strict=True))
