"""The claim that the integrated model may be evaluated and tuned on one test set: by how much that flatters it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..reporting.study_tables import ABLATIONS, by_condition
from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Quantity, Report, Series, Verdict, named, parts
from .lab.rules import is_below, sentence, together
from .lab.statistics import point, quantity
from .lab.studies import source

if TYPE_CHECKING:
    from torch import Tensor

_TASK, _POOL = "negation", 8192
_LITTLE = 0.5  # points of accuracy that do not matter
_DRAWN = 400  # test sets


@dataclass(frozen=True)
class Sizes:
    """Candidates to choose from, updates of the training of each, and inputs of a test set."""

    candidates: int
    updates: int
    inputs: tuple[int, ...]


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train candidates, choose the best on many small test sets, and compare its figure there with the true one."""
    import torch

    from .lab.learning import Course, config_of, learn, unseen_inputs

    ids, labels = unseen_inputs(_TASK, Course().length, _POOL)
    rights = []
    for number, part in parts(report, range(sizes.candidates)):
        dropout = (0.0, 0.1, 0.2, 0.3)[number % 4]
        config = config_of("hybrid", _TASK, dropout=dropout)
        model = learn(config, _TASK, Course(updates=sizes.updates, rows=500), number, part).model
        with torch.no_grad():
            logits = torch.cat([model(part, torch.ones_like(part, dtype=torch.bool)) for part in ids.split(256)])
        rights.append((logits.argmax(-1) == labels).double())
    right = 100 * torch.stack(rights)  # (candidates, inputs)
    generator = torch.Generator().manual_seed(0)
    flattery = {}
    for inputs in sizes.inputs:
        rows = [torch.randperm(_POOL, generator=generator) for _ in range(_DRAWN)]
        flattery[inputs] = [_flattery(right[:, row[:inputs]], right[:, row[inputs:]]) for row in rows]
    plot = Plot(
        f"The best of {sizes.candidates} models, chosen on the test set that it is reported on",
        "inputs of the test set",
        "reported minus true accuracy, points",
        (Series("chosen on the test set", tuple(point(inputs, each) for inputs, each in flattery.items())),),
        log_x=True,
    )
    where = {"candidates": float(sizes.candidates)}
    found = [quantity("flattery", where | {"inputs": inputs}, each, "points") for inputs, each in flattery.items()]
    notes = (f"{_DRAWN} test sets were drawn for each size; the true accuracy is that on the inputs left over.",)
    return Measured((plot,), (*found, _recorded()), tuple(range(sizes.candidates)), notes, (source(ABLATIONS),))


def _flattery(test: "Tensor", others: "Tensor") -> float:
    """Return by how much the candidate that is best on a test set does better there than elsewhere."""
    best = test.mean(1).argmax()
    return (test[best].mean() - others[best].mean()).item()


def _recorded() -> Quantity:
    """Return the same of the recorded models on SST-2: accuracy of the best on the test set, minus that of the best on
    held-out texts."""
    runs = [row for rows in by_condition(ABLATIONS).values() for row in rows]
    on_test = max(runs, key=lambda row: row["accuracy"])
    held_out = max(runs, key=lambda row: row["held_out"])
    difference = 100 * (on_test["accuracy"] - held_out["accuracy"])
    return quantity("chosen on test instead of held-out texts", {"recorded runs": len(runs)}, [difference], "points")


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read by how many points the reported accuracy flatters: tuning on the test set is fair at a size of it where the
    whole interval is below half a point, unfair where it is above."""
    found = named(quantities, "flattery")
    return Verdict(together(is_below(q, _LITTLE) for q in found), tuple(sentence(q) for q in found))


register(
    Claim(
        name="test_set",
        place=11,
        sentence="The integrated model is evaluated and tuned on a test set.",
        source="The article, on the evaluation of its models.",
        method="Whether that is fair: how much accuracy flatters the best of several models on the set that chose it.",
        quick=Sizes(candidates=4, updates=40, inputs=(100, 1000)),
        full=Sizes(candidates=12, updates=80, inputs=(50, 100, 200, 500, 1000, 2000)),
        measure=measure,
        rule=rule,
    )
)
