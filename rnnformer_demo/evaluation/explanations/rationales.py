"""Words that people marked as the reason for a review's label (ERASER, DeYoung et al. 2020; Zaidan et al. 2007).

The class explained is the review's own label. A review is cut to the length that the model reads, and only words marked
there count; a review without any is skipped and counted.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.labels import label_index
from ...data.rows import Rejected
from ...interpret.attribution import Explanation
from .benchmark import Benchmark, Example, Measure, Parts, RowSet, Skipped, words_of_tokens
from .files import plain_suffix, set_name, text_lines, with_any_suffix
from .scoring import average_precision, energy_pointing_game, r_precision

MEASURES = {
    "average_precision": Measure(
        "average precision", "area under the precision-recall curve of the scores against the marked words"
    ),
    "token_f1": Measure(
        "token F1",
        "share of marked words among the k highest scores, where k is the number of marked words of the review",
    ),
    "energy": Measure("positive mass on marked words", "share of the positive scores that lies on marked words"),
}


@dataclass(frozen=True)
class Review:
    """A review's tokens, its label, and (start, end) of the marked spans in tokens."""

    tokens: tuple[str, ...]
    label: str
    marked: tuple[tuple[int, int], ...]


def find_reviews(path: Path) -> Path | None:
    """Return val.jsonl of a folder that holds docs.jsonl too, or a .jsonl file beside such a one.

    None for anything else.
    """
    folder = path if path.is_dir() else path.parent
    docs = with_any_suffix(folder, "docs", ".jsonl")
    file = with_any_suffix(folder, "val", ".jsonl") if path.is_dir() else path
    if docs is None or file is None or file == docs or plain_suffix(file) != ".jsonl":
        return None
    return file


def read_reviews(path: Path) -> RowSet:
    """Read the reviews of an annotation file; their texts come from docs.jsonl beside it.

    Raises:
        InputError: for a file that cannot be read, and for a docs.jsonl that is damaged or not there.
    """
    texts = with_any_suffix(path.parent, "docs", ".jsonl")
    if texts is None:
        raise InputError(f"There is no docs.jsonl with the texts beside {path.name}.")
    docs = _documents(texts)
    reviews, rejected = [], []
    for line, text in text_lines(path):
        try:
            reviews.append((line, _review(json.loads(text), docs)))
        except (ValueError, RecursionError) as error:
            rejected.append(Rejected(line, f"{error}"))
    return RowSet(set_name(path), reviews, rejected)


def _documents(path: Path) -> dict[str, tuple[str, ...]]:
    docs = {}
    for line, text in text_lines(path):
        try:
            record = json.loads(text)
            docs[record["id"]] = tuple(record["text"].split())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{path.name}, line {line}, must be an object with id and text.") from error
    return docs


def _review(record: Any, docs: dict[str, tuple[str, ...]]) -> Review:
    """Return the review of a record.

    Raises:
        ValueError: for a damaged record, with the fault.
    """
    try:
        name, label = record["annotation_id"], record["classification"]
        spans = [
            (span["docid"], span["start_token"], span["end_token"]) for group in record["evidences"] for span in group
        ]
    except (KeyError, TypeError) as error:
        raise ValueError("must have annotation_id, classification, and evidences with docid and tokens") from error
    if not isinstance(name, str) or name not in docs:
        raise ValueError(f"there is no text {str(name)[:60]!r} in docs.jsonl")
    for document, start, end in spans:
        if document != name or not isinstance(start, int) or not isinstance(end, int):
            raise ValueError(f"spans must be token numbers of {name}, got {document!r} {start!r} to {end!r}")
        if not 0 <= start < end <= len(docs[name]):
            raise ValueError(f"spans must lie within {len(docs[name])} tokens, got {start} to {end}")
    return Review(docs[name], str(label), tuple((start, end) for _, start, end in spans))


def review_example(checkpoint: Checkpoint, review: Review) -> Example:
    """Make an example of one review, explained for its own label.

    Raises:
        Skipped: where nothing is marked within the length that the model reads.
        InputError: for a label that the model does not know, and for what its reader refuses.
    """
    target = label_index(review.label, checkpoint.labels)
    sample = checkpoint.reader(" ".join(review.tokens))
    words = list(words_of_tokens(review.tokens, sample))
    marked = torch.zeros(len(sample.unit_names), dtype=torch.bool)
    for start, end in review.marked:
        for inside in words[start:end]:
            marked[inside] = True
    if not marked.any():
        raise Skipped("nothing marked within what the model reads")

    def score(explanation: Explanation) -> Parts:
        scores = explanation.scores
        energy = energy_pointing_game(scores, marked, ~marked)
        return {
            "average_precision": (average_precision(scores, marked), 1.0),
            "token_f1": (r_precision(scores, marked), 1.0),
            "energy": None if energy is None else (energy, 1.0),
        }

    share = (marked.float().mean().item(), 1.0)
    return Example(checkpoint.model, sample, target, score, {"share of words marked": dict.fromkeys(MEASURES, share)})


RATIONALES = Benchmark(
    name="rationales",
    modality="text",
    inputs="reviews",
    explained="the review's own label",
    measures=MEASURES,
    find=find_reviews,
    read=read_reviews,
    make_example=review_example,
    labelled=True,
)
