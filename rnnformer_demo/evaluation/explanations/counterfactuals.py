"""Words that people changed to turn a review into its opposite (Kaushik et al. 2020): a true explanation marks them.

A set is a table with the columns text, label and pair; two rows of a pair are a review and its revision. Each is an
input, explained for its own label; its changed words are those that the other one has not in the same place. A review
is cut to the length that the model reads.

Beside the methods stands the minimal counterfactual: the words without which the model names another class.
"""

from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checkpoints.store import Checkpoint
from ...data import InputError, Sample
from ...data.columns import folded
from ...data.labels import label_index
from ...data.rows import Rejected, TextRow
from ...data.tables import TableOptions, checked, is_table, read_table
from ...interpret.attribution import METHODS, Explanation
from ...interpret.counterfactual import ablate_units, minimal_counterfactual
from .benchmark import Benchmark, Example, Measure, Parts, Reference, RowSet, Skipped, words_of_tokens
from .files import set_name
from .scoring import Part, average_precision

_PAIR = "pair"  # column, beside those of text and label
_WINDOW = 5  # words of the moving average
MEASURES = {
    "average_precision": Measure(
        "average precision", "area under the precision-recall curve of the scores against the changed words"
    ),
    "smoothed": Measure(
        "smoothed", f"the same for the scores' moving average over {_WINDOW} words: what smearing alone would gain"
    ),
    "hit": Measure("hit", "share of texts whose highest score lies on a changed word"),
    "forecast": Measure(
        "error of the forecast",
        "sum of the differences between the change of the logit that the scores forecast, when the changed words turn "
        "unknown, and the one that comes, as a share of the sum of the latter; below 100 % it is better than none",
    ),
}
_IN_LOGITS = {name for name, method in METHODS.items() if "the logit" in method.scale}  # methods that forecast
_MOST_ROWS = 400  # variants that the search for a minimal counterfactual may try


@dataclass(frozen=True)
class Revision:
    """A text's tokens, its label, and which tokens the other text of its pair has not: (n,) each."""

    tokens: tuple[str, ...]
    label: str
    changed: tuple[bool, ...]


def find_pairs(path: Path, table: TableOptions | None = None) -> Path | None:
    """Return the path of a table with a column pair beside text and label; None for anything else."""
    if not path.is_file() or not is_table(path):
        return None
    try:
        columns = read_table(path, table).columns.all
    except InputError:
        return None
    return path if _PAIR in map(folded, columns) else None


def read_pairs(path: Path, table: TableOptions | None = None) -> RowSet:
    """Read both texts of each pair; rows that have no other one of their pair are rejected.

    Raises:
        InputError: for a file that cannot be read.
    """
    read = read_table(path, table)
    column = next(name for name in read.columns.all if folded(name) == _PAIR)
    pairs: dict[str, list[TextRow]] = defaultdict(list)
    rejected: list[Rejected] = []
    for line, record in read.records:
        row = checked(line, record, read.columns)
        if isinstance(row, Rejected):
            rejected.append(row)
        elif isinstance(record, dict):
            pairs[str(record.get(column))].append(row)
    rows = []
    for pair, members in pairs.items():
        if len(members) != 2:
            fault = f"pair {pair[:20]!r} has {len(members)} rows, not two"
            rejected += [Rejected(row.line, fault) for row in members]
            continue
        first, second = members
        rows.append((first.line, _revision(first, second)))
        rows.append((second.line, _revision(second, first)))
    return RowSet(set_name(path), rows, rejected)


def _revision(row: TextRow, other: TextRow) -> Revision:
    tokens = tuple(row.text.split())
    changed = [True] * len(tokens)
    for start, _, size in SequenceMatcher(None, tokens, other.text.split(), autojunk=False).get_matching_blocks():
        changed[start : start + size] = [False] * size
    return Revision(tokens, row.label, tuple(changed))


def smoothed(scores: Tensor) -> Tensor:
    """Return the moving average (n,) of scores (n,) over `_WINDOW` words, fewer at both ends."""
    window = torch.ones(1, 1, _WINDOW, dtype=scores.dtype)
    sums, counts = (
        F.conv1d(each[None, None], window, padding=_WINDOW // 2)[0, 0] for each in (scores, torch.ones_like(scores))
    )
    return sums / counts


def revision_example(checkpoint: Checkpoint, revision: Revision) -> Example:
    """Make an example of one text, explained for its own label.

    Raises:
        Skipped: where nothing, or everything, was changed within the length that the model reads.
        InputError: for a label that the model does not know, and for what its reader refuses.
    """
    target = label_index(revision.label, checkpoint.labels)
    sample = checkpoint.reader(" ".join(revision.tokens))
    changed = torch.zeros(len(sample.unit_names), dtype=torch.bool)
    for inside, differs in zip(words_of_tokens(revision.tokens, sample), revision.changed, strict=True):
        changed[inside] = differs
    if not changed.any() or changed.all():
        raise Skipped("nothing or everything changed within what the model reads")

    perturbation = next(iter(checkpoint.model.perturbations))

    def score(explanation: Explanation) -> Parts:
        scores = explanation.scores
        return {
            "average_precision": (average_precision(scores, changed), 1.0),
            "smoothed": (average_precision(smoothed(scores), changed), 1.0),
            "hit": (float(changed[scores.argmax()]), 1.0),
            "forecast": _error_of_forecast(checkpoint, sample, explanation, changed, perturbation),
        }

    def minimal() -> Parts:
        found = minimal_counterfactual(checkpoint.model, sample, perturbation, _MOST_ROWS).units
        if not found:
            return dict.fromkeys(MEASURES)
        chosen = torch.zeros(len(changed))
        chosen[list(found)] = 1
        hits = float(changed[list(found)].sum())
        return {
            "average_precision": (average_precision(chosen, changed), 1.0),
            "smoothed": (average_precision(smoothed(chosen), changed), 1.0),
            "hit": (hits, float(len(found))),
            "forecast": None,
        }

    share = (changed.float().mean().item(), 1.0)
    shares: Parts = {**dict.fromkeys(MEASURES, share), "forecast": None}
    references: dict[str, Reference] = {
        "words of the minimal counterfactual": minimal,
        "share of words changed": shares,
    }
    return Example(checkpoint.model, sample, target, score, references)


def _error_of_forecast(
    checkpoint: Checkpoint, sample: Sample, explanation: Explanation, changed: Tensor, perturbation: str
) -> Part | None:
    """Return how far the scores' forecast of what the changed words do to the logit is off, beside the change itself;
    None for scores that are no shares of a logit."""
    if explanation.method not in _IN_LOGITS:
        return None
    units = changed.nonzero()[:, 0].tolist()
    check = ablate_units(checkpoint.model, sample, explanation, units, perturbation)
    return abs(check.forecast - check.measured), abs(check.measured)


COUNTERFACTUALS = Benchmark(
    name="counterfactuals",
    modality="text",
    inputs="texts",
    explained="the text's own label",
    measures=MEASURES,
    find=find_pairs,
    read=read_pairs,
    make_example=revision_example,
    tabular=True,
    labelled=True,
)
