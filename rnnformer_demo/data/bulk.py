"""Many texts to ids at a time, by the tokenizer's own batches: half the time of one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from .text import UNKNOWN, TextReader


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
