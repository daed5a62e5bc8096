"""Many texts to ids at a time, by the tokenizer's own batches, and to batches of like length for a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from .text import UNKNOWN, TextReader

_TEXTS_PER_BATCH = 64
_STEPS_PER_BATCH = 2048  # padding included: the attention of 64 long texts outgrows the processor's caches


@dataclass(frozen=True)
class TokenRow:
    """A text as a model reads it, without the units that a visitor is shown.

    Attributes:
        ids: of its tokens, cut to the model's length; none for a text of blanks.
        normalised: the text of which they were made, see `Normaliser`.
        cut: the text is longer than the model reads.
    """

    ids: list[int]
    normalised: str
    cut: bool

    @property
    def is_known(self) -> bool:
        """Whether the model knows any sign of it."""
        return any(token != UNKNOWN for token in self.ids)


def token_rows(reader: TextReader, texts: Sequence[str]) -> list[TokenRow]:
    """Return many texts as `TextReader.read` reads each."""
    read = [reader.normalise_cut(text) for text in texts]
    encodings = reader.tokenizer.encode_batch([each.text for each in read])
    rows = []
    for typed, each, encoding in zip(texts, read, encodings, strict=True):
        ids = encoding.ids[: reader.max_tokens]
        cut = len(ids) < len(encoding.ids) or len(each.typed) < len(typed.rstrip())
        normalised = each.text[: encoding.offsets[len(ids) - 1][1]] if cut and ids else each.text
        rows.append(TokenRow(ids, normalised, cut))
    return rows


def by_length(ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return batches of texts of like length, as indices: many short ones, few long ones."""
    batches: list[list[int]] = [[]]
    for index in sorted(range(len(ids)), key=lambda index: len(ids[index])):
        if len(batches[-1]) >= max(1, min(_TEXTS_PER_BATCH, _STEPS_PER_BATCH // max(1, len(ids[index])))):
            batches.append([])
        batches[-1].append(index)
    return [batch for batch in batches if batch]
