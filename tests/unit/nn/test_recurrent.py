"""The recurrent block: directions, scans, padding, initial values."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import mask_of, output_of
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnformer_demo.nn.cells import CELLS, gru
from rnnformer_demo.nn.cells.gru_numpy import gru_states
from rnnformer_demo.nn.recurrent import BidirectionalRecurrence, RecurrentBlock, reverse_steps

WIDTH, UNITS = 8, 5
GRID = (3, 4)
lengths_of_rows = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(lengths_of_rows)
def test_reverse_steps_is_its_own_inverse_and_leaves_padding(lengths):
    mask = mask_of(lengths)
    x = torch.randn(*mask.shape, 3)
    reversed_once = reverse_steps(x, mask)
    assert torch.equal(reverse_steps(reversed_once, mask), x)
    for row, length in enumerate(lengths):
        assert torch.equal(reversed_once[row, :length], x[row, :length].flip(0))
        assert torch.equal(reversed_once[row, length:], x[row, length:])


def torch_twin(ours: BidirectionalRecurrence) -> nn.RNNBase:
    """torch's own bidirectional module with the same weights."""
    twin = type(ours.forward_rnn)(WIDTH, UNITS, batch_first=True, bidirectional=True)
    for suffix, rnn in (("", ours.forward_rnn), ("_reverse", ours.backward_rnn)):
        for name, weight in rnn.named_parameters():
            getattr(twin, name + suffix).data.copy_(weight.data)
    return twin


@pytest.mark.parametrize("kind", sorted(CELLS))
@given(lengths=lengths_of_rows)
def test_recurrence_equals_torchs_packed_bidirectional_module(kind, lengths):
    ours = BidirectionalRecurrence(kind, "tokens", WIDTH, UNITS, 1)
    mask = mask_of(lengths)
    x = torch.randn(*mask.shape, WIDTH)
    packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(torch_twin(ours)(packed)[0], batch_first=True)
    states = ours(x, mask, None)
    assert states.shape == (len(lengths), max(lengths), 2 * UNITS)
    torch.testing.assert_close(states[mask], expected[mask], atol=1e-5, rtol=0)


@given(steps=st.integers(1, 40), units=st.integers(1, 12), scale=st.floats(0.1, 20), seed=st.integers(0, 99))
def test_the_loop_without_gradients_gives_the_states_of_torchs_gru(steps, units, scale, seed):
    torch.manual_seed(seed)
    rnn, x = nn.GRU(WIDTH, units, batch_first=True), scale * torch.randn(steps, WIDTH)
    before = {name: weight.clone() for name, weight in rnn.state_dict().items()}
    with torch.no_grad():
        expected = rnn(x[None])[0][0]
    torch.testing.assert_close(gru_states(rnn, x), expected, atol=1e-6, rtol=0)
    assert all(torch.equal(weight, before[name]) for name, weight in rnn.state_dict().items())


def test_a_gru_that_is_asked_for_gradients_gives_them_and_the_same_states():
    recurrence = BidirectionalRecurrence("gru", "tokens", WIDTH, UNITS, 1)
    x, mask = torch.randn(1, 7, WIDTH, requires_grad=True), torch.ones(1, 7, dtype=torch.bool)
    states = recurrence(x, mask, None)
    states.sum().backward()
    assert x.grad.abs().min() > 0
    with torch.no_grad():
        torch.testing.assert_close(recurrence(x, mask, None), states, atol=1e-6, rtol=0)


def test_only_one_sequence_without_gradients_takes_the_loop(monkeypatch):
    taken = []
    monkeypatch.setattr(gru, "gru_states", lambda rnn, x: taken.append(len(x)) or gru_states(rnn, x))
    recurrence = BidirectionalRecurrence("gru", "tokens", WIDTH, UNITS, 1)
    for rows in (1, 2):
        x, mask = torch.randn(rows, 7, WIDTH), torch.ones(rows, 7, dtype=torch.bool)
        recurrence(x, mask, None)
        with torch.no_grad():
            recurrence(x, mask, None)
    assert taken == [7, 7]  # one row, both directions


@pytest.mark.parametrize("kind", sorted(CELLS))
@pytest.mark.parametrize("scan", ["rows", "columns"])
def test_a_scan_carries_a_change_along_its_line_in_both_directions_and_nowhere_else(kind, scan):
    h, w = GRID
    recurrence = BidirectionalRecurrence(kind, scan, WIDTH, UNITS, 1)
    mask = torch.ones(1, h * w, dtype=torch.bool)
    x = torch.randn(1, h * w, WIDTH)
    row, column = 1, 2
    changed = x.clone()
    changed[0, row * w + column] += 1.0
    difference = (recurrence(changed, mask, GRID) - recurrence(x, mask, GRID)).detach().abs()
    ahead, back = difference.view(h, w, 2, UNITS).amax(-1).unbind(-1)  # (h, w) each

    cells = torch.cartesian_prod(torch.arange(h), torch.arange(w)).view(h, w, 2)
    on_line = cells[..., 0] == row if scan == "rows" else cells[..., 1] == column
    place = cells[..., 1] - column if scan == "rows" else cells[..., 0] - row
    assert torch.equal(ahead > 0, on_line & (place >= 0))
    assert torch.equal(back > 0, on_line & (place <= 0))


@pytest.mark.parametrize("scan", ["rows", "columns"])
def test_a_scan_reads_each_line_as_a_sequence(scan):
    h, w = GRID
    recurrence = BidirectionalRecurrence("lstm", scan, WIDTH, UNITS, 1)
    tokens = BidirectionalRecurrence("lstm", "tokens", WIDTH, UNITS, 1)
    tokens.load_state_dict(recurrence.state_dict())
    x = torch.randn(2, h * w, WIDTH)
    states = recurrence(x, torch.ones(2, h * w, dtype=torch.bool), GRID).view(2, h, w, 2 * UNITS)
    cells = x.view(2, h, w, WIDTH)
    for line in range(h if scan == "rows" else w):
        sequence, got = (cells[:, line], states[:, line]) if scan == "rows" else (cells[:, :, line], states[:, :, line])
        expected = tokens(sequence, torch.ones(sequence.shape[:2], dtype=torch.bool), None)
        torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", sorted(CELLS))
def test_initial_weights(kind):
    recurrence = BidirectionalRecurrence(kind, "tokens", WIDTH, UNITS, 1)
    for rnn in (recurrence.forward_rnn, recurrence.backward_rnn):
        for gate in rnn.weight_hh_l0.split(UNITS):
            torch.testing.assert_close(gate @ gate.T, torch.eye(UNITS), atol=1e-5, rtol=0)
        bias = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach()
        expected = torch.zeros_like(bias)
        if kind == "lstm":
            expected[UNITS : 2 * UNITS] = 1.0  # input, forget, cell, output
        assert torch.equal(bias, expected)


@pytest.mark.parametrize(("kind", "scan"), [("rnn", "tokens"), ("lstm", "diagonal")])
def test_unknown_kinds_and_scans_are_refused(kind, scan):
    with pytest.raises(ValueError, match=r"must be one of .* got '(rnn|diagonal)'"):
        BidirectionalRecurrence(kind, scan, WIDTH, UNITS, 1)


@pytest.mark.parametrize("kinds", [("lstm",), ("lstm", "gru")])
def test_without_residual_gain_a_recurrent_block_is_the_identity(kinds):
    mask, x = mask_of([4, 2]), torch.randn(2, 4, WIDTH)
    scans = ("tokens",) * len(kinds)
    assert torch.equal(RecurrentBlock(kinds, scans, WIDTH, UNITS, 0.0, 0.0, True, 1)(x, mask, None), x)
    assert not torch.allclose(RecurrentBlock(kinds, scans, WIDTH, UNITS, 0.0, 1.0, True, 1)(x, mask, None), x)


@pytest.mark.parametrize("residual", [True, False])
def test_a_recurrent_block_offers_what_its_recurrences_read(residual):
    mask, x = mask_of([4, 2]), torch.randn(2, 4, WIDTH)
    block = RecurrentBlock(("lstm", "gru"), ("tokens", "tokens"), WIDTH, UNITS, 0.0, 1.0, residual, 3)
    reads = output_of(block, "recurrent_input", x, mask, None)
    assert block.recurrent_input.name == "recurrent input 3"
    assert torch.equal(reads, block.norm(x))
    states = torch.cat([recurrence(reads, mask, None) for recurrence in block.recurrences.values()], dim=-1)
    expected = block.gain * block.fuse(states) + (x if residual else 0)
    torch.testing.assert_close(block(x, mask, None), expected, atol=1e-6, rtol=0)
    assert not any(name.startswith("recurrent_input") for name in block.state_dict())
