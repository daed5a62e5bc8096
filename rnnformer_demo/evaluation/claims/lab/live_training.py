"""A small hybrid that learns while one watches: loss, gates and attention of the same text after every epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ....interpret.gates import gates_of
from ....interpret.trace import outputs_of
from ....models import Hybrid, TextConfig, build
from ....nn.cells import CELLS
from . import sentences
from .learning import accuracy, config_of, train_step
from .result import Report
from .tasks import Drawn

EPOCHS = 15
_UPDATES = 24  # of an epoch
_BATCH, _RATE, _CLIP = 32, 0.005, 1.0
_TESTED = 16  # batches, each of sentences of one length


@dataclass(frozen=True)
class Frame:
    """What the model is after an epoch, 0 before the first.

    Attributes:
        loss: mean of the epoch; that of chance before the first.
        accuracy: share of right answers on sentences that it never sees.
        probability: of the right answer for the watched text.
        words: the watched text.
        kept: share of its memory that each recurrence keeps at each step, mean of units and directions, 0-1.
        attention: (T, T), from each step to each, mean of the heads; rows sum to 1.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    probability: float
    words: tuple[str, ...]
    kept: dict[str, list[float]]
    attention: list[list[float]]


def config() -> TextConfig:
    """Return the config of the hybrid."""
    return config_of("hybrid", "negation", labels=sentences.LABELS, vocabulary=len(sentences.WORDS))


class LiveTraining:
    """A training on the built-in sentences; the seed decides all of it.

    Attributes:
        model: the hybrid as it is now.
        tested: number of sentences of the test.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = build("text", config()).eval()
        apart = torch.Generator().manual_seed(1_000_003 + seed)
        self._tests = [sentences.draw(_BATCH, apart) for _ in range(_TESTED)]
        self.tested = _BATCH * _TESTED

    def frames(self, report: Report) -> Iterator[Frame]:
        """Train, and yield a frame before the first epoch and after every one."""
        optimizer = torch.optim.Adam(self.model.parameters(), _RATE)
        yield _frame(self.model, 0, torch.tensor(2.0).log().item(), self._tests)
        for epoch in range(EPOCHS):
            losses = []
            with torch.enable_grad():
                for number in range(_UPDATES):
                    report((epoch + number / _UPDATES) / EPOCHS)
                    drawn = sentences.draw(_BATCH, self._generator)
                    losses.append(train_step(self.model.train(), optimizer, drawn, _CLIP)[0])
            yield _frame(self.model.eval(), epoch + 1, sum(losses) / len(losses), self._tests)
        report(1.0)


@torch.no_grad()
def _frame(model: Hybrid, epoch: int, loss: float, tests: list[Drawn]) -> Frame:
    ids = sentences.ids_of(sentences.WATCHED)
    mask = torch.ones_like(ids, dtype=torch.bool)
    outputs = outputs_of(model, ids, mask)
    kept = {
        CELLS[gates.kind].title: gates.gates[CELLS[gates.kind].retention_gate].mean((1, 2)).tolist()
        for gates in gates_of(model, outputs, mask).values()
    }
    (attention,) = model.hook_points("attention")
    right = outputs["logits"][0].softmax(-1)[sentences.LABELS.index("negative")]  # as "not ... good" is
    return Frame(
        epoch,
        EPOCHS,
        loss,
        sum(accuracy(model, test) for test in tests) / len(tests),
        right.item(),
        sentences.WATCHED,
        kept,
        outputs[attention.name][0].mean(0).tolist(),
    )
