"""A small hybrid that learns while one watches: loss, gates and attention of the same text after every epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ....interpret.gates import gates_of
from ....interpret.trace import outputs_of
from ....models import Hybrid, build
from ....nn.cells import CELLS
from .learning import Course, accuracy, batch_of, config_of, train_step, unseen_inputs
from .result import Report
from .tasks import FIRST

TASK, EPOCHS = "negation", 15
_UPDATES = 24  # of an epoch
_COURSE = Course(length=10)
_WATCHED = ("·", "not", "·", "·", "·", "good", "·", "·", "·", "·")  # the negation stands far before the word
_IDS = {"·": FIRST + 20, "not": FIRST + 8, "good": FIRST + 1}


@dataclass(frozen=True)
class Frame:
    """What the model is after an epoch, 0 before the first.

    Attributes:
        loss: mean of the epoch; that of chance before the first.
        accuracy: share of right answers on inputs that it never sees.
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


def train_live(seed: int, report: Report) -> Iterator[Frame]:
    """Train a hybrid on the task "negation" and yield a frame after every epoch; the seed decides all of it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build("text", config_of("hybrid", TASK))
    optimizer = torch.optim.Adam(model.parameters(), _COURSE.rate)
    test = unseen_inputs(TASK, _COURSE.length, 512)
    yield _frame(model.eval(), 0, torch.tensor(2.0).log().item(), test)
    for epoch in range(EPOCHS):
        losses = []
        with torch.enable_grad():
            for number in range(_UPDATES):
                report((epoch + number / _UPDATES) / EPOCHS)
                drawn = batch_of(TASK, _COURSE, None, generator)
                losses.append(train_step(model.train(), optimizer, drawn, _COURSE.clip)[0])
        yield _frame(model.eval(), epoch + 1, sum(losses) / len(losses), test)
    report(1.0)


@torch.no_grad()
def _frame(model: Hybrid, epoch: int, loss: float, test: tuple[Tensor, Tensor]) -> Frame:
    ids = torch.tensor([[_IDS[word] for word in _WATCHED]])
    mask = torch.ones_like(ids, dtype=torch.bool)
    outputs = outputs_of(model, ids, mask)
    kept = {
        CELLS[gates.kind].title: gates.gates[CELLS[gates.kind].retention_gate].mean((1, 2)).tolist()
        for gates in gates_of(model, outputs, mask).values()
    }
    (attention,) = model.hook_points("attention")
    right = outputs["logits"][0].softmax(-1)[0]  # "not ... good" is negative
    return Frame(
        epoch,
        EPOCHS,
        loss,
        accuracy(model, test),
        right.item(),
        _WATCHED,
        kept,
        outputs[attention.name][0].mean(0).tolist(),
    )
