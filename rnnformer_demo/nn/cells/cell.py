"""The interface of a recurrent cell, and the registry that configs, layers and gates look cells up in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from torch import Tensor, nn

CELLS: dict[str, Cell[Any]] = {}

Module = TypeVar("Module", bound="nn.Module")  # of one direction
AnyCell = TypeVar("AnyCell", bound="Cell[Any]")


@dataclass(frozen=True)
class LinearRecurrence:
    """Both directions of a recurrence at one input, with all that is not linear in it held constant.

    At each step, with a the argument of the candidate, m the memory and h the hidden state:
    a = W x + opened * (V h before) + biases, m = kept * m before + written * a, and h = shown * m.

    Attributes:
        of_inputs: W, (2, U, D).
        of_states: V, (2, U, U).
        opened, kept, written, shown: (T, 2, U) each, in the order of the steps.
    """

    of_inputs: Tensor
    of_states: Tensor
    opened: Tensor
    kept: Tensor
    written: Tensor
    shown: Tensor


class Cell(ABC, Generic[Module]):
    """A kind of recurrence: its module, and the exact recomputation of its gates and states.

    Modules of most kinds give away their hidden states alone. A gate at a step follows from the input at that step and
    from the hidden state before it; where all hidden states are known, no step has to wait for another.

    Attributes:
        name: id in configs, such as "lstm".
        title: name as it is written, such as "LSTM".
        article: indefinite article of the title.
        retention_gate: the gate whose value is the share of its memory that a unit keeps at a step.
        has_cell_state: True where the memory is a cell state beside the hidden state, False where it is the hidden
            state itself.
        help: one line on its gates.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    article: ClassVar[str] = "a"
    retention_gate: ClassVar[str]
    has_cell_state: ClassVar[bool] = False
    help: ClassVar[str]

    @abstractmethod
    def build(self, width: int, units: int) -> Module:
        """Return a module of one direction: (B, T, width) to a tuple whose first entry is (B, T, units)."""

    @abstractmethod
    def initialise(self, rnn: Module) -> None:
        """Draw the weights of a module anew, in place."""

    def run(self, rnn: Module, x: Tensor) -> Tensor:
        """Return the hidden states (B, T, U) of a module over inputs (B, T, D), from zeros on."""
        return rnn(x)[0]

    @abstractmethod
    def gates(self, rnns: tuple[Module, Module], inputs: Tensor, before: Tensor) -> dict[str, Tensor]:
        """Return the gates of both directions at every step, (T, 2, U) each, on the CPU.

        Those are in 0-1, except for the one named "candidate", the new content, which is in -1-1.

        Args:
            rnns: modules of the forward and the backward direction.
            inputs: (T, D).
            before: (T, 2, U), the hidden state before each step, in the direction's own order of reading.
        """

    @abstractmethod
    def memory(self, gates: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return (kept, added), (T, 2, U) each: at every step memory = kept * memory before + added.

        The memory is the cell state where there is one, else the hidden state.
        """

    @abstractmethod
    def states(self, gates: dict[str, Tensor], before: Tensor, cells: Tensor | None) -> Tensor:
        """Return the hidden states (T, 2, U) that follow from gates, from the states before and from cell states."""

    @abstractmethod
    def linearised(
        self,
        rnns: tuple[Module, Module],
        inputs: Tensor,
        before: Tensor,
        gates: dict[str, Tensor],
        cells: Tensor | None,
    ) -> LinearRecurrence:
        """Return the recurrence with its gates, and the ratio tanh(a) / a of each tanh, held at their values.

        This is the rule LRP-all for gated products (Arras et al. 2019, 1904.11829): relevance goes to what a gate lets
        through, none to the gate.

        Args:
            rnns, inputs, before: see `gates`.
            gates: from `gates`.
            cells: (T, 2, U), None where there is no cell state.
        """


def register(kind: type[AnyCell]) -> type[AnyCell]:
    """Register a cell under its name.

    Raises:
        ValueError: for a name that is taken.
    """
    if kind.name in CELLS:
        raise ValueError(f"name must be new, got {kind.name!r} twice")
    CELLS[kind.name] = kind()
    return kind
