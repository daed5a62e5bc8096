"""Runs of the benchmarks on a checkpoint: `python -m rnnformer_demo evaluate-explanations`."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.rows import Rejected
from ...data.seeds import whole_seed
from ...data.tables import TableOptions
from ...interpret.attribution import METHODS, Report
from ...nn.devices import machine
from . import planted_maps
from .benchmark import Benchmark, Example, RowSet, ScoreAccumulator, Skipped, chosen_methods, parse_method
from .counterfactuals import COUNTERFACTUALS
from .faithfulness import FAITHFUL_PHOTOS, FAITHFUL_TEXTS
from .journal import Journal
from .masks import MASKS
from .phrases import PHRASES
from .planted import INPUTS_PER_MODEL, MEASURES, MODELS, planted_examples
from .randomisation import MAX_CORRELATION, randomisation
from .rationales import RATIONALES
from .row_labels import read_rows
from .stability import stability_of

BENCHMARKS = (
    RATIONALES,
    PHRASES,
    COUNTERFACTUALS,
    MASKS,
    FAITHFUL_TEXTS,
    FAITHFUL_PHOTOS,
)  # the first that fits a path is run
PLANTED = "planted"  # in place of a path
_NO_SIGN = "Its scores have no sign."
RANDOMISED = 20  # inputs of each data set on which weights are drawn anew


def evaluate_explanations(
    checkpoint: Checkpoint,
    data: Sequence[str],
    methods: Sequence[str] | None = None,
    limit: int | None = None,
    seed: int = 0,
    report: Report = lambda share: None,
    keep: Callable[[dict], Any] = lambda result: None,
    randomised: int = RANDOMISED,
    seeds: int | None = None,
    table: TableOptions | None = None,
    labels: Sequence[str] = (),
    journal: Path | None = None,
) -> dict[str, Any]:
    """Measure attribution methods on data sets with ground truth.

    Args:
        data: paths of such sets, whose kind follows from their files; "planted" stands for evidence planted in small
            models of the checkpoint's modality.
        methods: names; all that fit the modality by default.
        limit: inputs of each set, drawn by `seed`; all by default.
        seed: seed of all draws: the inputs, the methods' own draws (`seed` plus the number of the input), new weights,
            planted models and intervals.
        report: is called with the share done.
        keep: is called with each result as soon as it is there.
        randomised: inputs of each set for the randomisation test; 0 leaves it out.
        seeds: measure how often the verdict is the same by so many seeds, and nothing else; see `stability_of`.
        table: how tables are written, where that is not to be found out.
        labels: what labels mean, see `map_labels`.
        journal: folder in which what was measured stands, input by input, see `Journal`; none by default.

    Returns:
        `model`, `notices` about how the sets were read, and `results`: for each set one of its own kind and one of the
        kind "randomisation". Each holds `kind`, `model`, `model_sha256`, `modality`, `data`, `inputs` (the noun for
        them), `n`, `explained` (the class), `seed`, `machine`, `skipped` (reason: how many), `rejected_rows`,
        `rejected`, `left_out` (methods that do not fit: why), `measures` (name: title, about, unit), and by name
        `methods` and `references` (see `ScoreAccumulator.figures`).

    Raises:
        InputError: for a set that is missing, of no known kind or of another modality, for an unknown method, and where
            no input can be used.
    """
    if not data:
        raise InputError("There is no data to evaluate on: name at least one set.")
    if limit is not None and limit < 1:
        raise InputError(f"The limit must be at least 1 input, got {limit}.")
    seed, names = whole_seed(seed), chosen_methods(methods, checkpoint.model.layout)
    plans = [None if path == PLANTED else recognise(path, checkpoint, table) for path in data]
    if seeds is not None:
        plans, randomised = [_by_seeds(plan, seeds) for plan in plans], 0
    read = [plan and (*plan, read_rows(*plan, checkpoint, table, labels)) for plan in plans]
    results = []
    for number, plan in enumerate(read):

        def share(done: float, number: int = number) -> None:
            report((number + done) / len(plans))

        if plan is None:
            outcome = _run_planted(checkpoint, names, seed, share, journal)
        else:
            outcome = _run_benchmark(checkpoint, *plan, names, limit, seed, share, randomised, journal)
        for result in outcome:
            results.append(result)
            keep(result)
    notices = [notice for plan in read if plan for notice in plan[2].notices]
    return {"model": checkpoint.name, "results": results, "notices": notices}


def _by_seeds(plan: tuple[Benchmark, Path] | None, seeds: int) -> tuple[Benchmark, Path]:
    if plan is None:
        raise InputError(f"Seeds are for sets on which faithfulness is measured, not for {PLANTED}.")
    benchmark, file = plan
    return stability_of(benchmark, seeds), file


def recognise(path: str, checkpoint: Checkpoint, table: TableOptions | None = None) -> tuple[Benchmark, Path]:
    """Return the benchmark that lies at a path, and the file that holds it.

    Args:
        path: of a file or a folder.
        checkpoint: the model.
        table: how a table is written, where that is not to be found out.

    Raises:
        InputError: for a path that holds no benchmark, or one that does not fit the model.
    """
    modality = checkpoint.model.modality
    if not Path(path).exists():
        raise InputError(f"There is no data set at {path}: check the path.")
    for benchmark in BENCHMARKS:
        file = benchmark.find(Path(path), table) if benchmark.tabular else benchmark.find(Path(path))
        if file is None:
            continue
        if benchmark.modality != modality:
            needed = f"{benchmark.name} for {benchmark.modality} models"
            raise InputError(f"{path} holds {needed}: this model is one for {modality}.")
        benchmark.check(checkpoint)
        return benchmark, file
    raise InputError(
        f"{path} is no data set with ground truth: it must be reviews with marked words (val.jsonl and docs.jsonl), "
        "trees of labelled phrases (dev.txt), pairs of texts (text, label, pair), or photos with masks (index.csv with "
        "path and trimap)."
    )


@dataclass
class RowLog:
    """Rows of a set that gave no example, with the reasons."""

    rejected: list[Rejected]
    skipped: Counter = field(default_factory=Counter)

    def examples(self, checkpoint: Checkpoint, benchmark: Benchmark, rows: RowSet, seed: int) -> Iterator[Example]:
        """Yield the examples of a set in an order drawn by `seed`: sets are often sorted by class."""
        for line, row in random.Random(seed).sample(rows.rows, len(rows.rows)):
            try:
                yield benchmark.make_example(checkpoint, row)
            except Skipped as reason:
                self.skipped[str(reason)] += 1
            except InputError as error:
                self.rejected.append(Rejected(line, str(error)))

    def as_dict(self) -> dict[str, Any]:
        ordered = sorted(self.rejected, key=lambda row: row.line)
        return {
            "skipped": dict(self.skipped),
            "rejected_rows": len(ordered),
            "rejected": [f"line {row.line}: {row.reason}" for row in ordered],
        }


def _run_benchmark(
    checkpoint: Checkpoint,
    benchmark: Benchmark,
    file: Path,
    rows: RowSet,
    methods: Sequence[str],
    limit: int | None,
    seed: int,
    report: Report,
    randomised: int,
    journals: Path | None,
) -> Iterator[dict]:
    left_out = {name: _NO_SIGN for name in methods if benchmark.by_sign and not METHODS[parse_method(name)[0]].signed}
    methods = [name for name in methods if name not in left_out]
    if not methods:
        raise InputError(f"The scores of {', '.join(left_out)} have no sign, by which {benchmark.name} are judged.")
    journal = open_journal(checkpoint, benchmark, rows, seed, journals)
    log, accumulator = RowLog(list(rows.rejected)), ScoreAccumulator(tuple(benchmark.measures), seed, journal)
    total = min(limit or len(rows.rows), len(rows.rows))
    first: list[Example] = []
    examples = islice(log.examples(checkpoint, benchmark, rows, seed), limit)
    for number, example in enumerate(_progress(examples, total, rows.data)):
        accumulator.add(example, methods, seed + number)
        if len(first) < randomised:
            first.append(example)
        report(accumulator.inputs / (total + min(randomised, total)))
    if not accumulator.inputs:
        why = [f"{count} {reason}" for reason, count in log.skipped.items()]
        why += [f"line {row.line}: {row.reason}".rstrip(".") for row in log.rejected[-1:]]
        raise InputError(f"{file.name} holds nothing to evaluate on ({'; '.join(why) or 'no rows'}).")
    about = {
        **_about(checkpoint, rows.data, benchmark.inputs, accumulator.inputs, benchmark.explained, seed),
        **log.as_dict(),
        "left_out": left_out | accumulator.refused,
    }
    yield {"kind": benchmark.name, **about, "measures": _as_dicts(benchmark.measures), **accumulator.figures()}
    if randomised:
        methods = [name for name in methods if name not in accumulator.refused]
        with tqdm(total=len(first) * len(methods), desc="weights drawn anew", mininterval=2) as bar:
            drawn = journal.whole(
                f"randomisation of {', '.join(methods)} on {len(first)}",
                lambda: randomisation(checkpoint.model, first, methods, seed, bar.update),
            )
        yield {
            "kind": "randomisation",
            **about,
            "n": len(first),
            "fails_above": MAX_CORRELATION,
            **drawn,
            "references": {},
        }
    report(1.0)


def open_journal(checkpoint: Checkpoint, benchmark: Benchmark, rows: RowSet, seed: int, folder: Path | None) -> Journal:
    """Return the journal of a benchmark on a checkpoint.

    Args:
        folder: of the journals; None keeps nothing.
    """
    return Journal(
        folder,
        model=checkpoint.name,
        sha256=checkpoint.sha256,
        seed=seed,
        kind=benchmark.name,
        explained=benchmark.explained,
        measures=list(benchmark.measures),
        data=rows.data,
        rows=len(rows.rows),
    )


def open_planted_journal(modality: str, seed: int, folder: Path | None) -> Journal:
    """Return the journal of planted evidence; see `open_journal`."""
    return Journal(folder, model=f"{PLANTED}-{modality}", kind=PLANTED, data=f"{MODELS} small models", seed=seed)


def _run_planted(
    checkpoint: Checkpoint, methods: Sequence[str], seed: int, report: Report, journals: Path | None
) -> Iterator[dict]:
    modality, total = checkpoint.model.modality, MODELS * INPUTS_PER_MODEL
    journal = open_planted_journal(modality, seed, journals)
    accumulator = ScoreAccumulator(tuple(MEASURES), seed, journal)
    for number, example in enumerate(_progress(planted_examples(modality, seed), total, PLANTED)):
        accumulator.add(example, methods, seed + number)
        report(accumulator.inputs / total)
    explained = "the class that the evidence decides"
    about = _about(checkpoint, f"{MODELS} small models", "inputs", accumulator.inputs, explained, seed)
    about |= {"model": f"{PLANTED}-{modality}", "model_sha256": None}
    about |= {**RowLog([]).as_dict(), "left_out": accumulator.refused}
    yield {"kind": PLANTED, **about, "measures": _as_dicts(MEASURES), **accumulator.figures()}
    if modality == "text":
        yield {
            **about,
            "kind": f"{PLANTED}-maps",
            "explained": "the class that two tokens decide together",
            "n": MODELS * INPUTS_PER_MODEL,
            "data": f"{MODELS} small models a task",
            "left_out": {},
            "measures": _as_dicts(planted_maps.MEASURES),
            "methods": journal.whole("maps", lambda: planted_maps.measure_maps(seed)),
            "references": {},
        }


def _progress(examples: Iterator[Example], total: int, name: str) -> Iterator[Example]:
    return iter(tqdm(examples, desc=name, total=total, mininterval=2))


def _about(checkpoint: Checkpoint, data: str, inputs: str, n: int, explained: str, seed: int) -> dict[str, Any]:
    return {
        "model": checkpoint.name,
        "model_sha256": checkpoint.sha256,
        "modality": checkpoint.model.modality,
        "data": data,
        "inputs": inputs,
        "n": n,
        "explained": explained,
        "seed": seed,
        "machine": machine(),
    }


def _as_dicts(measures: dict) -> dict[str, dict]:
    return {name: dict(vars(measure)) for name, measure in measures.items()}
