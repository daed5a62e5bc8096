"""Ablations of the text hybrid on one data set: what each of its parts contributes, over several seeds."""

import random
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from pathlib import Path

import torch

from ...data import InputError
from ...data.labels import map_labels
from ...data.rows import TextRow
from ...data.tables import read_texts
from ...evaluation.classification import short_path, text_ids, text_logits
from ...evaluation.reporting.study_tables import ABLATIONS
from ...models import without_blocks
from ...models.text import TextHybrid
from ..config import DEFAULT_RUN, AblationsConfig, RunConfig, TextDataConfig, TrainingConfig
from ..data.text_data import TextData
from ..tasks.encoders import pretrain
from ..tasks.shape import text_config
from ..tasks.text import fit_text
from .baselines import baseline_config, matched_units
from .grid import chosen, fill_table, folder_name, trained

LENGTHS = (10, 20, 30, 64, 128, 256)  # tokens: the longest text of SST-2 has 64 or so, the last bins are beyond it
_LONG_ROWS = 1000  # of the set of long texts


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One row of the table.

    Attributes:
        name: what is changed against the hybrid.
        without: kinds of blocks that are left out, see `without_blocks`.
        changes: fields of the config.
        matched: raise the number of units until there are as many parameters as in the hybrid.
        baseline: the baseline of this kind in place of the hybrid, see `baseline_config`.
        vectors: start the embedding from word vectors.
        encoders: objective that the encoders are pretrained with; None for none.
        distilled, unlabelled: learn from the teacher, and from unlabelled sentences too.
    """

    name: str
    without: tuple[str, ...] = ()
    changes: dict = field(default_factory=dict)
    matched: bool = False
    baseline: str | None = None
    vectors: bool = True
    encoders: str | None = None
    distilled: bool = False
    unlabelled: bool = False


CONDITIONS = (
    Condition(name="hybrid: LSTM and GRU below attention"),
    Condition(name="no recurrence", without=("recurrent",)),
    Condition(name="no recurrence, positions", without=("recurrent",), changes={"positions": True}),
    Condition(name="Transformer alone, matched", baseline="transformer"),
    Condition(name="positions as well", changes={"positions": True}),
    Condition(name="LSTM below attention, matched", changes={"recurrence": ("lstm",)}, matched=True),
    Condition(name="GRU below attention, matched", changes={"recurrence": ("gru",)}, matched=True),
    Condition(name="no attention", without=("attention",), matched=True),
    Condition(name="LSTM alone, matched", baseline="lstm"),
    Condition(name="GRU alone, matched", baseline="gru"),
    Condition(name="no residual around the recurrence", changes={"residual": False}),
    Condition(name="residual gain from 0", changes={"residual_gain": 0.0}),
    Condition(name="encoders pretrained as language models", encoders="language-model"),
    Condition(name="encoders pretrained on the task", encoders="task"),
    Condition(name="random word vectors", vectors=False),
    Condition(name="distilled", distilled=True),
    Condition(name="distilled, unlabelled sentences too", distilled=True, unlabelled=True),
)


def table_of(config: AblationsConfig) -> Path:
    """Return the file of the results."""
    return Path(config.table) if config.table else ABLATIONS


def run_ablations(config: AblationsConfig, run: RunConfig = DEFAULT_RUN) -> list[dict]:
    """Train every condition with every seed, and write a row of the table after each; rows that are there already
    are kept, so an interrupted run goes on where it was.

    Args:
        config: with word vectors, a teacher and files of unlabelled texts: each condition takes its part of them.
        run: folder of the runs.

    Raises:
        InputError: where `only` names no condition or the teacher is missing, and see `TextData`.
    """
    conditions = chosen(CONDITIONS, config.only)
    if not config.teacher and any(each.distilled for each in conditions):
        raise InputError("The distilled conditions need a teacher: name one, or leave them out.")
    tests = _Tests(config.test, config.long)
    shape = text_config(config.model)

    @cache
    def data_for(vectors: bool, distilled: bool, unlabelled: bool) -> TextData:
        sources = TextDataConfig(**vars(config.data), teacher=config.teacher if distilled else ())
        sources = replace(
            sources,
            word_vectors=sources.word_vectors if vectors else None,
            unlabelled=sources.unlabelled if unlabelled else (),
        )
        return TextData(sources, shape, run.runs)

    def measure(condition: Condition, seed: int) -> dict:
        data = data_for(condition.vectors, condition.distilled, condition.unlabelled)
        return _row(condition, replace(config.training, seed=seed), data, tests, run.runs)

    return fill_table(table_of(config), conditions, config.seeds, measure)


class _Tests:
    """Rows of the test set and of the long texts, the same for every condition."""

    def __init__(self, test: str, long: str):
        self.name, self.rows = short_path(test), read_texts(test).rows
        long_rows = read_texts(long).rows
        self.long_rows = random.Random(0).sample(long_rows, min(_LONG_ROWS, len(long_rows)))
        self.shuffled = [replace(row, text=_shuffle(row)) for row in self.rows]


def _shuffle(row: TextRow) -> str:
    words = row.text.split()
    random.Random(row.line).shuffle(words)
    return " ".join(words)


def _row(condition: Condition, training: TrainingConfig, data: TextData, tests: _Tests, runs: Path) -> dict:
    config = replace(reduce(without_blocks, condition.without, data.config), **condition.changes)
    if condition.baseline:
        config = baseline_config("text", data.config, condition.baseline)
    if condition.matched:
        config = matched_units("text", config, data.config)
    folder = runs / folder_name("ablation", condition, training.seed)
    encoders = None
    if condition.encoders:
        encoders = runs / f"{folder.name}-encoders"
        pretrain(data, config, replace(training, epochs=2), condition.encoders, None, encoders)
    model, history, _ = fit_text(data, config, training, None, folder, encoders)
    right = _right(model, data, tests.rows)
    return {
        **trained(model, history),
        "test": tests.name,
        "n": len(right),
        "accuracy": _mean(right),
        "shuffled": _mean(_right(model, data, tests.shuffled)),
        "by_length": _by_length(model, data, tests.rows + tests.long_rows),
    }


def _right(model: TextHybrid, data: TextData, rows: list[TextRow]) -> torch.Tensor:
    classes = map_labels({row.label for row in rows}, data.corpus.labels, data.corpus.raw_labels).indices
    labels = torch.tensor([classes[row.label] for row in rows])
    return text_logits(model, text_ids(data.reader, rows), progress=False).argmax(-1) == labels


def _mean(right: torch.Tensor) -> float:
    return right.float().mean().item()


def _by_length(model: TextHybrid, data: TextData, rows: list[TextRow]) -> dict[str, dict]:
    """Return accuracy and number of texts in each bin of lengths; the last one ends where the model stops reading."""
    lengths = torch.tensor([len(ids) for ids in text_ids(data.reader, rows)])
    right = _right(model, data, rows)
    bins = torch.bucketize(lengths, torch.tensor(LENGTHS))
    edges = (0, *LENGTHS, data.config.max_tokens)
    return {
        f"{edges[index] + 1}-{edges[index + 1]}": {"n": int(inside.sum()), "accuracy": _mean(right[inside])}
        for index in range(len(edges) - 1)
        if (inside := bins == index).any()
    }
