"""Text to samples: the tokenizer that a checkpoint carries, and its training."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from .normalisation import Normalised, Normaliser, rules_for, rules_from, whole_characters
from .sample import InputError, Reading, Sample

if TYPE_CHECKING:
    from torch import Tensor

SPECIAL_TOKENS = ("[PAD]", "[UNK]")  # with the ids that follow
PAD, UNKNOWN = 0, 1
_CHARACTERS_PER_TOKEN = 40  # far more than any real text has: beyond it nothing is tokenized in vain
_MANY_UNKNOWN = 0.25
NOTHING_KNOWN = "This model knows none of these words or signs: write in the language that it was trained on."

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Words as the Penn Treebank cuts them, which is how SST-2 comes: "can't" -> "ca", "n't"; "it's" -> "it", "'s".
_WORD = rf"[^\W{CJK}]+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|[^\W{CJK}]+|[^\w\s]"
_CONTINUING = re.compile(rf"[^\W{CJK}]|'")  # signs that can stand in a word after its first letter
_CHINESE = re.compile(rf"[{CJK}]")
TOKENIZERS = ("wordpiece", "bpe")
_LONGEST_PIECE = 4  # letters, of byte-pair encoding
_SIGNS_SHARE = 3  # one in so many of its entries is a single sign at most; rarer signs are unknown


def train_tokenizer(texts: Iterable[str], vocabulary: int, kind: str = "wordpiece") -> Tokenizer:
    """Train a tokenizer of at most `vocabulary` entries, special tokens included, on texts.

    It learns of the texts as it will read them: normalised. The same texts give the same tokenizer, or an interrupted
    run could not be resumed.

    Args:
        kind: "wordpiece" cuts words into pieces, and a Chinese text into single characters; "bpe" (byte-pair encoding,
            Sennrich et al. 2016) joins up to four letters or Chinese characters that often follow one another.

    Raises:
        InputError: for another kind.
    """
    if kind not in TOKENIZERS:
        raise InputError(f"There is no tokenizer {kind!r}: choose {' or '.join(TOKENIZERS)}.")
    normalise = Normaliser(rules_for(()))
    return (_train_wordpiece if kind == "wordpiece" else _train_bpe)(
        [normalise(text).text for text in texts], vocabulary
    )


def word_tokenizer(words: Sequence[str]) -> Tokenizer:
    """Return a tokenizer whose vocabulary are words, which come after the special tokens; other words are unknown."""
    if tuple(words[: len(SPECIAL_TOKENS)]) != SPECIAL_TOKENS:
        raise ValueError(f"words must begin with {SPECIAL_TOKENS}, got {tuple(words[:2])}")
    vocabulary = {word: number for number, word in enumerate(words)}
    return _untrained(models.WordLevel(vocabulary, unk_token=SPECIAL_TOKENS[UNKNOWN]), rf"[{CJK}]|{_WORD}")


def _train_wordpiece(texts: list[str], vocabulary: int) -> Tokenizer:
    """Train a WordPiece tokenizer, the same one each time.

    Left alone, the trainer numbers the continuing letters ("##a") in the order of a hash table, and breaks ties between
    merges by these numbers: here they are named first, as special tokens, and are made ordinary ones afterwards.
    """
    model = models.WordPiece(unk_token=SPECIAL_TOKENS[UNKNOWN], max_input_chars_per_word=40)
    tokenizer = _untrained(model, rf"[{CJK}]|{_WORD}")
    tokenizer.decoder = decoders.WordPiece()
    letters = set().union(*(tokenizer.normalizer.normalize_str(text) for text in texts))
    continuing = sorted(f"##{letter}" for letter in letters if _CONTINUING.fullmatch(letter))
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, special_tokens=[*SPECIAL_TOKENS, *continuing], min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())
    trained["added_tokens"] = [token for token in trained["added_tokens"] if token["content"] in SPECIAL_TOKENS]
    return Tokenizer.from_str(json.dumps(trained))


def _train_bpe(texts: list[str], vocabulary: int) -> Tokenizer:
    tokenizer = _untrained(models.BPE(unk_token=SPECIAL_TOKENS[UNKNOWN]), rf"[{CJK}]+|{_WORD}")
    signs = Counter(sign for text in texts for sign in tokenizer.normalizer.normalize_str(text) if not sign.isspace())
    # Named in a fixed order: the trainer's own choice among equally frequent ones is that of a hash table.
    alphabet = sorted(signs, key=lambda sign: (-signs[sign], sign))[: vocabulary // _SIGNS_SHARE]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        max_token_length=_LONGEST_PIECE,
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _untrained(model: models.Model, words: str) -> Tokenizer:
    """Return an untrained tokenizer that reads normalised words, as an expression finds them."""
    tokenizer = Tokenizer(model)
    replacements = (("’", "'"), ("‘", "'"), ("`", "'"), ("“", '"'), ("”", '"'), ("''", '"'))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            *(normalizers.Replace(old, new) for old, new in replacements),
            normalizers.Replace("-lrb-", "("),
            normalizers.Replace("-rrb-", ")"),
            normalizers.Replace(Regex(r"<br\s*/?>"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(words), behavior="removed", invert=True)
    return tokenizer


class TextReader:
    """Reader of text, see `Reader`.

    Args:
        tokenizer: the JSON object of a `tokenizers.Tokenizer`, or the tokenizer itself.
        max_tokens: most tokens of a sample; longer texts are cut, with a notice.
        normalisation: the rules that a checkpoint stores, see `Rules`; None for those of today.

    Raises:
        InputError: for rules that this version does not know.
    """

    def __init__(
        self, tokenizer: dict[str, Any] | Tokenizer, max_tokens: int, normalisation: dict[str, Any] | None = None
    ) -> None:
        if isinstance(tokenizer, dict):
            tokenizer = Tokenizer.from_str(json.dumps(tokenizer))
        if not isinstance(max_tokens, int) or max_tokens < 1:
            raise ValueError(f"max_tokens must be a whole number above 0, got {max_tokens!r}")
        tokenizer.encode_special_tokens = True  # whoever types "[PAD]" means these signs, not padding
        self.tokenizer, self.max_tokens = tokenizer, max_tokens
        self.normalise = Normaliser(rules_from(normalisation, tokenizer.get_vocab()))

    def preprocessing(self) -> dict[str, Any]:
        """Return the arguments of the reader, which its checkpoint stores."""
        return {
            "tokenizer": json.loads(self.tokenizer.to_str()),
            "max_tokens": self.max_tokens,
            "normalisation": self.normalise.rules.to_dict(),
        }

    def ids(self, text: str) -> list[int]:
        """Return the token ids of a text, cut to the model's length, without the checks that a visitor's text gets."""
        return self.tokenizer.encode(self.normalise_cut(text).text).ids[: self.max_tokens]

    def words(self, text: str) -> list[str]:
        """Return the words of a text, however long, as a sample's units are."""
        text = whole_characters(text)
        return [text[start:end] for start, end in self.spans(text)]

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return the start and end of each word of a text, however long."""
        read = self.normalise(text)
        encoding = self.tokenizer.encode(read.text)
        return _merge_subwords(read, encoding.offsets, encoding.word_ids)[0]

    def __call__(self, text: str) -> Sample:
        """Return one sample of batch size 1.

        Raises:
            InputError: see `read`.
        """
        return self.read(text).sample()

    def read(self, text: str) -> Reading:
        """Return a text as it is read, before it becomes tensors.

        Raises:
            InputError: for no text, and for text of which the model knows nothing.
        """
        if not isinstance(text, str):
            raise InputError(f"Expected text, got {type(text).__name__}: type or paste a sentence.")
        if not text.strip():
            raise InputError("There is no text yet: type or paste a sentence.")
        read = self.normalise_cut(text)
        encoding = self.tokenizer.encode(read.text)
        ids = encoding.ids[: self.max_tokens]
        if not ids or all(token == UNKNOWN for token in ids):
            raise InputError(NOTHING_KNOWN)
        offsets = encoding.offsets[: len(ids)]
        spans, units = _merge_subwords(read, offsets, encoding.word_ids[: len(ids)])
        typed = whole_characters(text)
        typed = typed[: max(spans[-1][1], len(typed.rstrip()))]
        was_cut = len(ids) < len(encoding.ids) or len(read.typed) < len(typed)
        display = typed[: spans[-1][1]] if was_cut else typed
        notices = self.normalise(display).notices if was_cut else read.notices
        return Reading(
            inputs=np.array([ids], np.int64),
            token_to_unit=np.array(units, np.int64),
            feature_mask=np.array([units], np.int64),
            unit_names=tuple(display[start:end] for start, end in spans),
            grid=None,
            display=display,
            spans=spans,
            warnings=(*notices, *self._notices(typed, display, ids, units)),
            normalised=read.text[: offsets[-1][1]] if was_cut else read.text,
        )

    def normalise_cut(self, text: str) -> Normalised:
        """Return the part of a text that can matter, as the tokenizer reads it."""
        return self.normalise(text, self.max_tokens * _CHARACTERS_PER_TOKEN)

    def _notices(self, text: str, display: str, ids: list[int], units: list[int]) -> Iterable[str]:
        if len(display) < len(text):
            yield (
                f"The text is longer than this model reads: only its first {len(display):,} of {len(text):,} "
                f"characters ({len(ids)} tokens) were used."
            )
        unknown = len({unit for unit, token in zip(units, ids, strict=True) if token == UNKNOWN})
        total = units[-1] + 1
        if unknown >= _MANY_UNKNOWN * total:
            yield f"{unknown} of {total} words or signs are unknown to this model and were read as blanks."


def _merge_subwords(
    read: Normalised, offsets: list[tuple[int, int]], words: Sequence[int | None]
) -> tuple[tuple[tuple[int, int], ...], list[int]]:
    """Return the start and end of each word in the typed text, and for each token the index of its word.

    Chinese is written without gaps: there every token is a word. A sign that is taken apart ("…" becomes three dots,
    "½" three signs) stays one word, as does a grapheme cluster such as an emoji of several pictures: its tokens share a
    span.
    """
    spans: list[tuple[int, int]] = []
    units: list[int] = []
    previous = None
    typed = read.typed_spans(offsets)
    for (start, end), (place, _), word in zip(typed, offsets, words, strict=True):
        continues = word == previous and not _CHINESE.match(read.text, place)
        if spans and (continues or start < spans[-1][1]):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
        previous = word
        units.append(len(spans) - 1)
    return tuple(spans), units


def pad(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Pad rows of ids to one batch: ids (B, T), with 0 for padding, and mask (B, T)."""
    import torch

    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
    return ids, torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]
