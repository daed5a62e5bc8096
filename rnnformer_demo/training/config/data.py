"""Data sets that a training reads."""

from dataclasses import dataclass, field

from ...data.tables import TableOptions


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Labelled texts."""

    data: tuple[str, ...]  # CSV, TSV, JSONL or Parquet files with text and label
    labels: tuple[str, ...] = ()  # names for the labels, in their order (numbers by value); or CLASS=LABEL of each
    exclude_texts: tuple[str, ...] = ()  # files whose texts are left out, such as test sets that leaked into the data
    exclude_likeness: float = 1.0  # share of n-grams from which on texts are left out, too: 0.7 for near-duplicates
    table: TableOptions = field(default_factory=TableOptions)

    def __post_init__(self):
        if not self.data:
            raise ValueError("data must name at least one file, got none")
        if not 0.5 <= self.exclude_likeness <= 1:
            raise ValueError(f"exclude_likeness must be from 0.5 to 1, got {self.exclude_likeness:g}")


@dataclass(frozen=True, kw_only=True)
class PretrainingDataConfig(CorpusConfig):
    """Texts, and the pieces and vectors that they are read with."""

    tokenizer: str | None = None  # wordpiece (default); or bpe, which joins up to four characters: for Chinese
    word_vectors: str | None = None  # the embedding starts from minilm, e5, or a FOLDER's vectors.npz, vocabulary.json
    unlabelled: tuple[str, ...] = ()  # files whose sentences are read too, without labels
    unlabelled_limit: int = 100_000  # most sentences of them


@dataclass(frozen=True, kw_only=True)
class TextDataConfig(PretrainingDataConfig):
    """Texts and what is learned of them.

    With several folds the model of a seed leaves the part of its seed out and teaches of that part alone
    (cross-fitting): logits on texts that a model was trained on are little more than their labels. `init_from` names
    a model of the folder of checkpoints, or else of the runs (there the one of the same seed, if there is one), whose
    tokenizer, shape and weights training starts from; of its output layer the part for classes of the same names. It
    may be the model itself, which goes on, and its own teacher as `checkpoint:NAME`.
    """

    teacher: tuple[str, ...] = ()  # distil from these teachers or text models of your own; or checkpoint:NAME
    init_from: str | None = None  # start from a text model's tokenizer, shape, weights (baselines: from its baseline)
    labelled_limit: int | None = None  # most labelled texts that are learned, drawn at random; None for all
    templates: str | None = None  # learn texts from templates, too, in this language: en or zh; see training/behaviour
    of_each: int = 1000  # template texts of each capability from each of its two files, at most
    variants: float = 0.0  # share of the other texts that are learned once more with another end or a typo, 0-1
    folds: int = 1  # deal the texts into N parts; each seed's model leaves one out, and teaches of nothing else

    def __post_init__(self):
        super().__post_init__()
        if self.of_each < 1 or (self.labelled_limit is not None and self.labelled_limit < 1):
            limits = f"{self.of_each} and {self.labelled_limit}"
            raise ValueError(f"of_each and labelled_limit must be at least 1, got {limits}")
        if not 0 <= self.variants <= 1:
            raise ValueError(f"variants must be from 0 to 1, got {self.variants:g}")


@dataclass(frozen=True, kw_only=True)
class ImageDataConfig:
    """Labelled photos."""

    data: str  # folder or zip: one folder a class, also within train, val and test; or with index.csv
    exclude_classes: tuple[str, ...] = ()  # classes to leave out
    views: int = 4  # cached views of a photo: one plain, the others random

    def __post_init__(self):
        if self.views < 1:
            raise ValueError(f"views must be at least 1, got {self.views}")


@dataclass(frozen=True, kw_only=True)
class UnlabelledImagesConfig:
    """Photos that need no labels."""

    data: tuple[str, ...]  # folders or zips of photos; a split test, or half of the photos, is tested on
    views: int = 5  # cached views of a photo: one plain, the others random
