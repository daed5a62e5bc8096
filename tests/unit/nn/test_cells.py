"""Cells: the registry, and a cell of a test's own that every part of the house takes."""

import pytest
import tiny
import torch
from tiny import run_python
from torch import Tensor, nn

from rnnformer_demo.interpret.attribution import explain
from rnnformer_demo.interpret.gates import half_lives, memory_contributions
from rnnformer_demo.interpret.interventions import intervene
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import freeze
from rnnformer_demo.nn.cells import CELLS, Cell, LinearRecurrence, register
from rnnformer_demo.nn.secant import secant


class Leaky(nn.Module):
    """h' = z h + (1 - z) tanh(W x), with z = s(V x)."""

    def __init__(self, width: int, units: int):
        super().__init__()
        self.keep, self.new = nn.Linear(width, units), nn.Linear(width, units)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        keep, new = self.keep(x).sigmoid(), self.new(x).tanh()  # (B, T, U)
        state, states = torch.zeros_like(new[:, 0]), []
        for step in range(x.shape[1]):
            state = keep[:, step] * state + (1 - keep[:, step]) * new[:, step]
            states.append(state)
        return (torch.stack(states, 1),)


class LeakyCell(Cell):
    name, title, retention_gate = "leaky", "leaky unit", "keep"
    help = "The keep gate says how much is kept."

    def build(self, width: int, units: int) -> Leaky:
        return Leaky(width, units)

    def initialise(self, rnn: Leaky) -> None:
        nn.init.ones_(rnn.keep.bias)

    def gates(self, rnns, inputs, before):
        return {
            "keep": torch.stack([rnn.keep(inputs).sigmoid() for rnn in rnns], 1),
            "candidate": torch.stack([rnn.new(inputs).tanh() for rnn in rnns], 1),
        }

    def memory(self, gates):
        return gates["keep"], (1 - gates["keep"]) * gates["candidate"]

    def states(self, gates, before, cells):
        return gates["keep"] * before + (1 - gates["keep"]) * gates["candidate"]

    def linearised(self, rnns, inputs, before, gates, cells):
        argument = torch.stack([rnn.new(inputs) for rnn in rnns], 1)
        written, nothing = (1 - gates["keep"]) * secant(torch.tanh, argument), torch.zeros_like(before)
        weights = torch.stack([rnn.new.weight for rnn in rnns])
        no_way_back = weights.new_zeros(2, before.shape[-1], before.shape[-1])
        return LinearRecurrence(weights, no_way_back, nothing, gates["keep"], written, torch.ones_like(before))


@pytest.fixture
def leaky(monkeypatch):
    """The name of a cell that is registered for one test."""
    monkeypatch.setitem(CELLS, "leaky", LeakyCell())
    return "leaky"


@pytest.mark.parametrize("beside", [(), ("lstm",)])
def test_a_new_cell_is_built_run_and_traced(modality, samples, leaky, beside):
    model, sample = tiny.model(modality, recurrence=(leaky, *beside)), samples[modality]
    for recurrence in model.core.recurrent_blocks[0].recurrences.values():
        if recurrence.kind == leaky:
            assert recurrence.forward_rnn.keep.bias.unique().tolist() == [1]
    ids, mask = tiny.inputs(model, [7, 4])
    model.train()(ids, mask).sum().backward()
    assert [name for name, weight in model.core.blocks.named_parameters() if not weight.grad.any()] == []
    internals = trace(freeze(model), sample)
    name = next(name for name in internals.states if name.startswith(leaky))
    gates, states = internals.gates[name], internals.states[name]
    assert gates.error < 1e-6
    assert (gates.cells, list(gates.gates)) == (None, ["keep", "candidate"])
    assert half_lives(gates).shape == (2, model.config.units)
    if modality == "text":
        torch.testing.assert_close(memory_contributions(gates)[:, 0].sum(0), states[-1, 0], atol=1e-6, rtol=0)
    changed = intervene(model, sample, 2)
    assert not torch.allclose(changed.without_recurrence, changed.original, atol=1e-5)
    relevance = explain(model, sample, 1, "relevance-propagation")
    assert relevance.scores.isfinite().all()
    assert relevance.scores.all()


@pytest.mark.parametrize("name", CELLS)
def test_the_memory_of_a_cell_follows_its_equation(name, samples):
    model = freeze(tiny.model("text", recurrence=(name,)))
    internals = trace(model, samples["text"])
    gates, states = internals.gates[f"{name} tokens 1"], internals.states[f"{name} tokens 1"]
    kept, added = CELLS[name].memory(gates.gates)
    assert torch.equal(kept, gates.gates[CELLS[name].retention_gate])
    assert CELLS[name].has_cell_state == (gates.cells is not None)
    memory = gates.cells if CELLS[name].has_cell_state else states
    expected = kept[1:, 0] * memory[:-1, 0] + added[1:, 0]
    torch.testing.assert_close(memory[1:, 0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_every_cell_describes_itself(cell):
    assert cell.article in ("a", "an")
    assert cell.title
    assert cell.help.endswith(".")
    assert "\n" not in cell.help


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="name must be new, got 'lstm' twice"):
        register(type(CELLS["lstm"]))


def test_the_registry_needs_no_torch():
    code = "import sys; from rnnformer_demo.nn.cells import CELLS; print(sorted(CELLS), 'torch' in sys.modules)"
    assert run_python(code) == "['gru', 'lstm'] False"
