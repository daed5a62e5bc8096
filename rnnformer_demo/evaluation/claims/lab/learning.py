"""Small hybrids and their parts that learn a made task within seconds."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ....data.text import PAD
from ....models import Hybrid, TextConfig, build
from .result import Report, steps
from .tasks import TASKS, VOCABULARY, Drawn

_WIDTH = 32
_TESTED = 2048  # inputs that no training saw
_TEST_SEED = 1_000_003
# Shapes of about as many weights; `units` follows.
SHAPES: dict[str, dict[str, Any]] = {
    "LSTM": {"blocks": ("recurrent",), "recurrence": ("lstm",), "units": 34},
    "GRU": {"blocks": ("recurrent",), "recurrence": ("gru",), "units": 41},
    "Transformer": {"blocks": ("attention",) * 2, "recurrence": (), "expansion": 3, "positions": True},
    "Transformer without positions": {"blocks": ("attention",) * 2, "recurrence": (), "expansion": 3},
    "hybrid": {"blocks": ("recurrent", "attention"), "recurrence": ("lstm", "gru"), "units": 16},
}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": lambda parameters, lr: torch.optim.AdamW(parameters, lr, weight_decay=0.05),
    "SGD with momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr, momentum=0.9),
}


@dataclass(frozen=True)
class Course:
    """How a small model learns.

    Attributes:
        rows: number of training inputs, with as many updates on them; None draws new ones for every update.
        noise: share of the training labels that are wrong.
        clip: gradients of a larger norm are clipped; None clips none.
    """

    updates: int = 300
    batch: int = 32
    length: int = 16
    optimizer: str = "Adam"
    rate: float = 0.005
    clip: float | None = 1.0
    rows: int | None = None
    noise: float = 0.0


@dataclass(frozen=True)
class Learnt:
    """A trained model, its losses and gradient norms before clipping, and the processor time of its training."""

    model: Hybrid
    losses: tuple[float, ...]
    norms: tuple[float, ...]
    seconds: float
    trained_on: Drawn | None

    def share_clipped(self, clip: float) -> float:
        """Return the share of updates whose gradient is larger than `clip`."""
        return sum(norm > clip for norm in self.norms) / len(self.norms)


def config_of(shape: str, task: str, **changes: Any) -> TextConfig:
    """Return the config of a small model for a task; dropout is off unless it is among the changes."""
    labels = tuple(str(number) for number in range(TASKS[task].labels))
    fields: dict[str, Any] = {
        "labels": labels,
        "width": _WIDTH,
        "embedding": _WIDTH,
        "vocabulary": VOCABULARY,
        "dropout": 0.0,
        "word_dropout": 0.0,
    }
    return TextConfig(**(fields | SHAPES[shape] | changes))


def learn(
    config: TextConfig, task: str, course: Course, seed: int, report: Report, rows: Drawn | None = None
) -> Learnt:
    """Train a model; the seed decides weights and data.

    The learning rate rises over the first twentieth of the updates and falls to zero by a cosine.

    Args:
        rows: training inputs in the place of the task's.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        model = build("text", config).train()
        optimizer = OPTIMIZERS[course.optimizer](model.parameters(), lr=course.rate)
        kept = rows if rows or course.rows is None else _noisy(task, course, generator)
        losses, norms, seconds = [], [], 0.0
        for update in steps(report, course.updates):
            started = time.thread_time()
            for group in optimizer.param_groups:
                group["lr"] = course.rate * _share(update, course.updates)
            loss, norm = train_step(model, optimizer, batch_of(task, course, kept, generator), course.clip)
            losses.append(loss)
            norms.append(norm)
            seconds += time.thread_time() - started
    return Learnt(model.eval(), tuple(losses), tuple(norms), seconds, kept)


@torch.no_grad()
def accuracy(model: nn.Module, drawn: Drawn) -> float:
    """Return the share of right answers."""
    ids, labels = drawn
    right = sum(
        (model(part, part != PAD).argmax(-1) == true).sum().item()
        for part, true in zip(ids.split(256), labels.split(256), strict=True)
    )
    return right / len(ids)


def unseen_inputs(task: str, length: int, count: int = _TESTED, seed: int = _TEST_SEED) -> Drawn:
    """Return inputs of a length that no training sees; the same at every call."""
    return TASKS[task].draw(count, length, torch.Generator().manual_seed(seed))


def _noisy(task: str, course: Course, generator: torch.Generator) -> Drawn:
    """Return the training inputs, some of whose labels are drawn anew."""
    ids, labels = TASKS[task].draw(course.rows or 0, course.length, generator)
    wrong = torch.rand(len(labels), generator=generator) < course.noise
    others = (labels + torch.randint(1, TASKS[task].labels, labels.shape, generator=generator)) % TASKS[task].labels
    return ids, torch.where(wrong, others, labels)


def batch_of(task: str, course: Course, kept: Drawn | None, generator: torch.Generator) -> Drawn:
    """Return a batch out of the inputs that are kept, or a new one where there are none."""
    if kept is None:
        return TASKS[task].draw(course.batch, course.length, generator)
    rows = torch.randint(len(kept[0]), (course.batch,), generator=generator)
    return kept[0][rows], kept[1][rows]


def train_step(
    model: Hybrid, optimizer: torch.optim.Optimizer, drawn: Drawn, clip: float | None
) -> tuple[float, float]:
    """Take a step of the optimiser on a batch; return the loss and the norm of the gradient before clipping."""
    ids, labels = drawn
    loss = F.cross_entropy(model(ids, ids != PAD), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), math.inf if clip is None else clip)
    optimizer.step()
    return loss.item(), norm.item()


def _share(update: int, updates: int) -> float:
    """Return the share of the learning rate at an update."""
    rising = max(1, updates // 20)
    return (update + 1) / rising if update < rising else 0.5 * (1 + math.cos(math.pi * (update - rising) / updates))
