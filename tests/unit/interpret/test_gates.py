"""Recomputed gates are those of torch's own cells, and what is derived from them adds up."""

import math
from dataclasses import replace

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rnnformer_demo.interpret.gates import (
    TOLERANCE,
    Gates,
    gates_of,
    half_lives,
    median_half_life,
    memory_contributions,
    recompute,
    saturation,
    top_contributors,
)
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import freeze
from rnnformer_demo.nn.cells import CELLS
from rnnformer_demo.nn.hooks import capture
from rnnformer_demo.nn.recurrent import BidirectionalRecurrence

WIDTH, UNITS = 6, 5
GRID = (3, 4)
NAMES = {"lstm": ["input", "forget", "candidate", "output"], "gru": ["reset", "update", "candidate"]}
every_kind = pytest.mark.parametrize("kind", sorted(CELLS))
every_scan = pytest.mark.parametrize("scan", ["tokens", "rows", "columns"])


def run(kind: str, scan: str, real: int = 12, steps: int = 12, scale: float = 1.0):
    """A recurrence, what it read, its hidden states (T, 2, U) and its recomputed gates, without gradients."""
    recurrence = BidirectionalRecurrence(kind, scan, WIDTH, UNITS, 1)
    grid = None if scan == "tokens" else GRID
    x, mask = scale * torch.randn(1, steps, WIDTH), torch.arange(steps)[None] < real
    with torch.no_grad():
        states = recurrence(x, mask, grid)[0].unflatten(-1, (2, UNITS))
        return recurrence, x[0], states, recompute(recurrence, x[0], states, mask[0], grid)


def sequences(scan: str, real: int) -> list[list[int]]:
    """The steps of each line of the scan, real ones alone, counted by hand."""
    h, w = GRID
    if scan == "tokens":
        return [list(range(real))]
    if scan == "rows":
        return [[row * w + column for column in range(w)] for row in range(h)]
    return [[row * w + column for row in range(h)] for column in range(w)]


def cell_by_cell(kind: str, rnn: nn.RNNBase, x: torch.Tensor) -> tuple[list, list, list]:
    """Gates, cell states and hidden states of a sequence (T, D), one step after the other."""
    h, c, gates, cells, states = torch.zeros(UNITS), torch.zeros(UNITS), [], [], []
    for step in x:
        a = rnn.weight_ih_l0 @ step + rnn.bias_ih_l0
        b = rnn.weight_hh_l0 @ h + rnn.bias_hh_l0
        if kind == "lstm":
            i, f, g, o = (a + b).chunk(4)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            c = f * c + i * g
            h = o * c.tanh()
            gates.append((i, f, g, o))
        else:
            (r, z, n), (other_r, other_z, other_n) = a.chunk(3), b.chunk(3)
            r, z = (r + other_r).sigmoid(), (z + other_z).sigmoid()
            n = (n + r * other_n).tanh()
            h = (1 - z) * n + z * h
            gates.append((r, z, n))
        cells.append(c)
        states.append(h)
    return gates, cells, states


@every_kind
@every_scan
@torch.no_grad()
def test_gates_and_cells_are_those_of_a_loop_over_cells(kind, scan):
    real = 9 if scan == "tokens" else 12  # a text with padding, a whole grid
    recurrence, x, states, found = run(kind, scan, real)
    assert found.kind == kind
    assert list(found.gates) == NAMES[kind]
    assert found.error <= TOLERANCE
    for direction, rnn in enumerate((recurrence.forward_rnn, recurrence.backward_rnn)):
        for line in sequences(scan, real):
            line = line[::-1] if direction else line
            gates, cells, hidden = cell_by_cell(kind, rnn, x[line])
            torch.testing.assert_close(states[line, direction], torch.stack(hidden), atol=1e-5, rtol=0)
            for name, expected in zip(NAMES[kind], zip(*gates, strict=True), strict=True):
                got = found.gates[name][line, direction]
                torch.testing.assert_close(got, torch.stack(expected), atol=1e-5, rtol=0)
            if kind == "lstm":
                torch.testing.assert_close(found.cells[line, direction], torch.stack(cells), atol=1e-5, rtol=0)
    assert (found.cells is None) == (kind == "gru")


@every_kind
@every_scan
@given(scale=st.floats(0.1, 30), seed=st.integers(0, 99))
def test_the_error_stays_small_whatever_is_read(kind, scan, scale, seed):
    torch.manual_seed(seed)
    *_, gates = run(kind, scan, scale=scale)
    assert gates.error <= TOLERANCE


@every_kind
@given(real=st.integers(1, 12), steps=st.integers(12, 14))
def test_padding_changes_no_gate(kind, real, steps):
    recurrence, x, _, padded = run(kind, "tokens", real, steps)
    mask = torch.ones(1, real, dtype=torch.bool)
    with torch.no_grad():
        states = recurrence(x[None, :real], mask, None)[0].unflatten(-1, (2, UNITS))
    alone = recompute(recurrence, x[:real], states, mask[0], None)
    assert padded.error <= TOLERANCE
    for name, gate in alone.gates.items():
        torch.testing.assert_close(padded.gates[name][:real], gate, atol=1e-5, rtol=0)
    torch.testing.assert_close(half_lives(padded), half_lives(alone), atol=1e-4, rtol=1e-4)
    for name, shares in saturation(alone).items():
        assert saturation(padded)[name] == pytest.approx(shares, abs=1e-6)
    torch.testing.assert_close(memory_contributions(padded)[:real], memory_contributions(alone), atol=1e-5, rtol=0)
    assert not memory_contributions(padded)[real:].any()


@pytest.mark.parametrize("gradients", [True, False])
def test_both_ways_to_run_a_gru_give_the_same_gates(gradients):
    model = freeze(tiny.model("text", recurrence=("gru",), recurrent_layers=2))
    ids, mask = tiny.inputs(model, [11])
    # Without gradients one text takes the loop of `gru`, with them torch's own.
    with torch.set_grad_enabled(gradients), capture(model) as seen:
        model.requires_grad_(gradients)(ids, mask)
        found = gates_of(model, seen, mask)
    assert list(found) == ["gru tokens 1", "gru tokens 2"]
    assert all(gates.error <= TOLERANCE and not gates.gates["reset"].requires_grad for gates in found.values())


def test_wrong_and_undefined_hidden_states_are_refused():
    model = freeze(tiny.model("text"))
    ids, mask = tiny.inputs(model, [6])
    with torch.no_grad(), capture(model) as seen:
        model(ids, mask)
    for change in (1e-3, math.nan):
        wrong = seen["lstm tokens 1"].clone()
        wrong[0, 2, 1] += change
        with pytest.raises(RuntimeError, match="lstm tokens 1: recomputed gates miss the hidden states by"):
            gates_of(model, seen | {"lstm tokens 1": wrong}, mask)
    assert len(gates_of(model, seen, mask)) == 2


def made_up(kind: str, mask: torch.Tensor | None = None, **gates: torch.Tensor) -> Gates:
    """Gates of one unit from the values of (T,) that both directions share."""
    parts = {name: values[:, None, None].expand(-1, 2, 1) for name, values in gates.items()}
    steps = len(next(iter(parts.values())))
    order = torch.stack([torch.arange(steps), torch.arange(steps).flip(0)])[:, None]
    mask = torch.ones(steps, dtype=torch.bool) if mask is None else mask
    return Gates(kind, parts, None, 0.0, order, mask)


@pytest.mark.parametrize(("kind", "gate"), [("lstm", "forget"), ("gru", "update")])
@pytest.mark.parametrize(
    ("kept", "half_life"),
    [
        ([0.5, 0.5, 0.5], 1.0),
        ([0.25, 1.0, 0.25, 1.0], 1.0),
        ([0.9, 0.9], math.log(0.5) / math.log(0.9)),
        ([1.0, 1.0], math.inf),
        ([1.0, 0.0, 1.0], 0.0),
    ],
)
def test_half_lives_follow_the_geometric_mean_of_what_is_kept(kind, gate, kept, half_life):
    gates = made_up(kind, **{gate: torch.tensor(kept)})
    assert half_lives(gates).flatten().tolist() == pytest.approx([half_life] * 2)
    padded = made_up(kind, torch.tensor([True] * len(kept) + [False]), **{gate: torch.tensor([*kept, 0.001])})
    assert half_lives(padded).flatten().tolist() == pytest.approx([half_life] * 2)


def test_the_median_half_life_is_finite_beside_a_unit_that_forgets_nothing():
    kept = torch.tensor([[0.5, 0.25, 1.0], [1.0, 1.0, 0.5]]).expand(4, 2, 3)
    gates = replace(made_up("gru", update=torch.ones(4)), gates={"update": kept})
    assert half_lives(gates).tolist() == [[1.0, 0.5, math.inf], [math.inf, math.inf, 1.0]]
    assert median_half_life(gates).tolist() == [1.0, math.inf]


def test_saturation_counts_both_ends_of_every_range():
    real = torch.tensor([True, True, True, True, False])
    gates = made_up(
        "gru",
        real,
        reset=torch.tensor([0.05, 0.5, 0.95, 0.99, 0.0]),
        update=torch.full((5,), 0.5),
        candidate=torch.tensor([-0.95, -0.5, 0.05, 0.95, 1.0]),
    )
    assert saturation(gates) == {"reset": (0.25, 0.5), "update": (0.0, 0.0), "candidate": (0.25, 0.25)}


@pytest.mark.parametrize("recurrent_layers", [1, 2])
def test_what_was_written_adds_up_to_the_last_state(modality, samples, recurrent_layers):
    model = freeze(tiny.model(modality, recurrent_layers=recurrent_layers))
    internals = trace(model, samples[modality])
    for name, gates in internals.gates.items():
        written, ends = memory_contributions(gates), gates.cells if gates.kind == "lstm" else internals.states[name]
        assert written.shape == internals.states[name].shape
        for direction in (0, 1):
            for sequence in gates.order[direction]:
                total = written[sequence, direction].sum(0)
                torch.testing.assert_close(total, ends[sequence[-1], direction], atol=1e-5, rtol=0)


@every_kind
@pytest.mark.parametrize("real", [1, 7, 12])
def test_with_padding_it_adds_up_to_the_last_real_state(kind, real):
    _, _, states, gates = run(kind, "tokens", real)
    written, ends = memory_contributions(gates), gates.cells if kind == "lstm" else states
    torch.testing.assert_close(written[:, 0].sum(0), ends[real - 1, 0], atol=1e-5, rtol=0)
    torch.testing.assert_close(written[:, 1].sum(0), ends[0, 1], atol=1e-5, rtol=0)


def test_what_a_unit_forgot_was_written_in_vain():
    gates = made_up(
        "lstm",
        input=torch.tensor([1.0, 1.0, 0.5, 0.0]),
        forget=torch.tensor([1.0, 1.0, 0.5, 0.5]),
        candidate=torch.tensor([0.8, -0.4, 1.0, 1.0]),
    )
    assert memory_contributions(gates)[:, 0, 0].tolist() == pytest.approx([0.8 / 4, -0.4 / 4, 0.5 / 2, 0.0])
    assert memory_contributions(gates)[:, 1, 0].tolist() == pytest.approx([0.8, -0.4, 0.5, 0.0])
    assert [step for step, _ in top_contributors(gates, 0, 0)] == [2, 0, 1, 3]
    assert top_contributors(gates, 1, 0, most=2) == ((0, pytest.approx(0.8 / 1.7)), (2, pytest.approx(0.5 / 1.7)))
    assert sum(abs(share) for _, share in top_contributors(gates, 0, 0)) == pytest.approx(1)


def test_a_unit_into_which_nothing_was_written_has_writers_without_a_share():
    nothing = torch.zeros(3)
    gates = made_up("gru", torch.tensor([True, True, False]), update=nothing, candidate=nothing)
    assert top_contributors(gates, 0, 0) == ((0, 0.0), (1, 0.0))
