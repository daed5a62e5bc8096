"""The gates and cells of the recurrences, which `nn.LSTM` and `nn.GRU` do not give away, recomputed from what they read
and from the hidden states that they give.

A gate at a step follows from what is read there and from the hidden state before it. Where all hidden states are known,
no step has to wait for another: two matrix products for each direction, with the weights of what is read and with those
of the state, give every gate at every step. Of an LSTM only the cell state is left, an element-wise scan.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models import Hybrid
from ..nn.recurrent import BidirectionalRecurrence, reverse_steps

TOLERANCE = 1e-5  # of the hidden states that follow from recomputed gates
_LOW, _HIGH = 0.1, 0.9  # beyond these a gate hardly answers to what is read
RETENTION_GATE = {"lstm": "forget", "gru": "update"}  # the gate by which a unit keeps what it holds
_DIRECTIONS = torch.arange(2)[:, None, None]


@dataclass(frozen=True)
class Gates:
    """What a recurrence did at every step, in the order of the steps for both directions.

    Attributes:
        kind: "lstm" or "gru".
        gates: (T, 2, U) each, of the forward and the backward direction. LSTM: "input", "forget" and "output" in 0-1,
            "candidate" in -1-1 (i, f, o, g of `nn.LSTM`). GRU: "reset" and "update" in 0-1, "candidate" in -1-1 (r, z,
            n of `nn.GRU`, where an open update gate keeps the old state: h' = n + z (h - n)).
        cells: (T, 2, U) cell states of an LSTM, None for a GRU.
        error: the largest difference between the hidden states that follow from all this and those of the network.
        order: (2, L, S) the steps of each sequence in the order in which a direction reads them: one sequence for a
            text, one for each row or column of a photo's grid.
        mask: (T,) true for real steps, which either direction reads before the padding.
    """

    kind: str
    gates: dict[str, Tensor]
    cells: Tensor | None
    error: float
    order: Tensor
    mask: Tensor


@torch.no_grad()
def gates_of(model: Hybrid, seen: dict[str, Tensor], mask: Tensor) -> dict[str, Gates]:
    """The gates of every recurrence of a model for one input, by the names of the taps of their hidden states.

    Args:
        seen: what passed through the hook points "recurrent_input" and "states", with a batch of 1.
        mask: (1, T).

    Raises:
        RuntimeError: where the hidden states that follow from the gates are not those of the network.
    """
    found = {}
    for block in model.core.recurrent:
        reads = seen[block.recurrent_input.name][0].detach().cpu()  # (T, D)
        for recurrence in block.recurrences.values():
            name = recurrence.states.name
            states = seen[name][0].detach().cpu().unflatten(-1, (2, -1))  # (T, 2, U)
            gates = recompute(recurrence, reads, states, mask[0].cpu(), model.grid)
            if not gates.error <= TOLERANCE:  # a NaN is an error, too
                raise RuntimeError(
                    f"{name}: recomputed gates miss the hidden states by {gates.error:.1e}, more than {TOLERANCE}"
                )
            found[name] = gates
    return found


def recompute(
    recurrence: BidirectionalRecurrence, reads: Tensor, states: Tensor, mask: Tensor, grid: tuple[int, int] | None
) -> Gates:
    """Gates of one recurrence, however large their error.

    Args:
        reads: (T, D) what it read.
        states: (T, 2, U) the hidden states that it gave.
        mask: (T,).
        grid: of the steps, None for a sequence.
    """
    order = _reading_order(recurrence.scan, mask, grid)
    before = torch.zeros_like(states)  # the state before the first step of a sequence
    before[order[..., 1:], _DIRECTIONS] = states[order[..., :-1], _DIRECTIONS]
    rnns = (recurrence.forward_rnn, recurrence.backward_rnn)
    if recurrence.kind == "lstm":
        gates = _lstm_gates(rnns, reads, before)
        cells = _cells(gates["forget"], gates["input"] * gates["candidate"], order)
        follows = gates["output"] * cells.tanh()
    else:
        gates, cells = _gru_gates(rnns, reads, before), None
        follows = torch.lerp(gates["candidate"], before, gates["update"])
    error = (follows - states).abs().max().item()
    return Gates(recurrence.kind, gates, cells, error, order, mask)


def _reading_order(scan: str, mask: Tensor, grid: tuple[int, int] | None) -> Tensor:
    """The steps of each sequence as either direction reads them (2, L, S)."""
    lines = torch.arange(len(mask))
    lines = lines[None] if scan == "tokens" else lines.view(grid)  # (L, S)
    if scan == "columns":
        lines = lines.T
    return torch.stack([lines, reverse_steps(lines[..., None], mask[lines])[..., 0]])


def _weights(rnn: nn.RNNBase) -> list[Tensor]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return [getattr(rnn, name).detach().cpu() for name in names]


def _lstm_gates(rnns: tuple[nn.RNNBase, nn.RNNBase], reads: Tensor, before: Tensor) -> dict[str, Tensor]:
    directions = []
    for rnn, state in zip(rnns, before.unbind(1), strict=True):
        of_read, of_state, bias, other_bias = _weights(rnn)
        directions.append(torch.addmm(bias + other_bias, reads, of_read.T).addmm_(state, of_state.T))  # (T, 4U)
    entering, keeping, candidate, leaving = torch.stack(directions, 1).chunk(4, -1)  # (T, 2, U) each
    return {
        "input": entering.sigmoid(),
        "forget": keeping.sigmoid(),
        "candidate": candidate.tanh(),
        "output": leaving.sigmoid(),
    }


def _gru_gates(rnns: tuple[nn.RNNBase, nn.RNNBase], reads: Tensor, before: Tensor) -> dict[str, Tensor]:
    weights = [_weights(rnn) for rnn in rnns]
    of_reads = torch.stack([F.linear(reads, w, b) for w, _, b, _ in weights], 1)  # (T, 2, 3U)
    of_states = torch.stack([F.linear(before[:, i], v, c) for i, (_, v, _, c) in enumerate(weights)], 1)
    units = before.shape[-1]
    reset, update = (of_reads + of_states)[..., : 2 * units].sigmoid().chunk(2, -1)
    candidate = torch.addcmul(of_reads[..., 2 * units :], reset, of_states[..., 2 * units :]).tanh()
    return {"reset": reset, "update": update, "candidate": candidate}


def _cells(kept: Tensor, added: Tensor, order: Tensor) -> Tensor:
    """c = kept c + added from zero on, (T, 2, U), along the order of reading. In NumPy, as in `gru`: it costs less to
    call, and a step is little work."""
    order, directions = order.movedim(2, 0), _DIRECTIONS[:, 0]  # (S, 2, L)
    kept, cells = (x[order, directions].flatten(1).numpy() for x in (kept, added))  # (S, 2 L U)
    product = np.empty_like(kept[0])
    for keep, before, cell in zip(kept[1:], cells[:-1], cells[1:], strict=True):
        np.multiply(keep, before, product)
        np.add(cell, product, cell)
    in_steps = torch.empty_like(added)
    in_steps[order, directions] = torch.from_numpy(cells).view(*order.shape, -1)
    return in_steps


def half_lives(gates: Gates) -> Tensor:
    """After how many steps half of what a unit holds is left, (2, U): log(1/2) / mean(log f) over the real steps.

    f is what a unit keeps at a step: the forget gate of an LSTM, the update gate of a GRU. Its geometric mean is what a
    step leaves on average, so a gate that closes entirely once makes the half-life 0. It is infinite where f is 1 at
    every step, to the 24 bits of a number.
    """
    kept = gates.gates[RETENTION_GATE[gates.kind]][gates.mask]
    return math.log(2) / kept.log().mean(0).abs()


def median_half_life(gates: Gates) -> Tensor:
    """The median over the units of each direction (2,), of an even number the lower of the two in the middle. Unlike
    the mean it is not decided by the few units that hardly forget, nor undone by one that never does."""
    return half_lives(gates).median(1).values


def saturation(gates: Gates) -> dict[str, tuple[float, float]]:
    """Which shares of the activations of each gate lie near the lower and near the upper end of its range, 0-1: below
    0.1 and above 0.9, for the candidate below -0.9 and above 0.9. Over real steps, directions and units."""
    shares = {}
    for name, gate in gates.gates.items():
        real, low = gate[gates.mask], -_HIGH if name == "candidate" else _LOW
        shares[name] = ((real < low).float().mean().item(), (real > _HIGH).float().mean().item())
    return shares


def memory_contributions(gates: Gates) -> Tensor:
    """What each step wrote into each unit, as far as it is left when a direction has read its last step, (T, 2, U).

    Over the steps of a sequence this adds up to the last cell state of an LSTM, c_T = sum_s i_s g_s prod_(k>s) f_k, or
    to the last hidden state of a GRU, h_T = sum_s (1 - z_s) n_s prod_(k>s) z_k: both start from zero. The last step is
    the last real one, for the backward direction the first; in a photo each row or column has its own. Padding writes
    nothing.
    """
    parts = gates.gates
    kept = parts[RETENTION_GATE[gates.kind]]
    added = parts["input"] * parts["candidate"] if gates.kind == "lstm" else (1 - kept) * parts["candidate"]
    real = gates.mask[:, None, None]
    kept, added = torch.where(real, kept, 1.0), torch.where(real, added, 0.0)
    backwards = kept[gates.order.flip(2), _DIRECTIONS]  # (2, L, S, U), the step that is read last first
    left = torch.empty_like(kept)
    left[gates.order.flip(2), _DIRECTIONS] = F.pad(backwards, (0, 0, 1, 0), value=1.0)[:, :, :-1].cumprod(2)
    return left * added


def top_contributors(gates: Gates, direction: int, unit: int, most: int = 5) -> tuple[tuple[int, float], ...]:
    """The steps that wrote most of what a unit holds in the end, the strongest first, as (step, share); see
    `memory_contributions`.

    Args:
        direction: 0 for the forward one, 1 for the backward one.
        unit: 0 to U - 1.
        most: how many; fewer where there are not as many real steps.

    Returns:
        A share is what a step wrote divided by the sum of the sizes of what all wrote, with the sign of what it wrote:
        -1-1. It is 0 where nothing was written.
    """
    written = memory_contributions(gates)[:, direction, unit]  # (T,)
    total = written.abs().sum()
    shares = written / total if total > 0 else written
    order = written.abs().argsort(descending=True, stable=True)
    steps = order[gates.mask[order]][:most]
    return tuple(zip(steps.tolist(), shares[steps].tolist(), strict=True))
