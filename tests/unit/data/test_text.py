"""Text to samples: words as they were typed, and a sentence for whatever cannot be read."""

import json
import time

import pytest
import tiny
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rnnformer_demo.data import InputError, make_reader
from rnnformer_demo.data.text import UNKNOWN, TextReader, pad, train_tokenizer

READER = tiny.text_reader()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("can't", ["ca", "n't"]),
        ("It's good", ["It", "'s", "good"]),
        ("I don't like it!", ["I", "do", "n't", "like", "it", "!"]),
        ("the plot isn’t bad", ["the", "plot", "is", "n’t", "bad"]),
        ("they've, we'll", ["they", "'ve", ",", "we", "'ll"]),
        ("a well-made film...", ["a", "well", "-", "made", "film", ".", ".", "."]),
        ("CAN'T", ["CA", "N'T"]),
        ("the   film\n\tis\u00a0good", ["the", "film", "is", "good"]),
        ("a film<br />is good", ["a", "film", "is", "good"]),
        ("好电影 is good", ["好", "电", "影", "is", "good"]),
        ("naïve café plot", ["naïve", "café", "plot"]),
        ("good… the plot", ["good", "…", "the", "plot"]),
        ("½ good", ["½", "good"]),
    ],
)
def test_words_are_cut_as_in_the_penn_treebank_and_named_as_typed(text, words):
    assert list(READER(text).unit_names) == words


@pytest.mark.parametrize(
    ("typed", "treebank"), [("can't", "ca n't"), ("It's", "it 's"), ("“good”", '" good "'), ("isn’t", "is n't")]
)
def test_typed_text_and_treebank_text_read_the_same(typed, treebank):
    assert READER.ids(f"the plot {typed} film") == READER.ids(f"the plot {treebank} film")


def test_units_merge_the_pieces_of_a_word():
    sample = READER("The plot isn't boring")
    pieces = [READER.tokenizer.id_to_token(token) for token in sample.inputs[0].tolist()]
    assert len(pieces) > len(sample.unit_names)
    word = -1
    for piece, unit in zip(pieces, sample.token_to_unit.tolist(), strict=True):
        word += not piece.startswith("##")
        assert unit == word
    assert torch.equal(sample.feature_mask, sample.token_to_unit[None])
    assert sample.grid is None


@pytest.mark.parametrize("source", ["", " ", "\n\t\u00a0\u3000 "])
def test_no_text_gets_a_sentence(source):
    with pytest.raises(InputError, match="There is no text yet: type or paste a sentence"):
        READER(source)


@pytest.mark.parametrize("source", [None, 7, b"bytes", ["a"]])
def test_what_is_no_text_gets_a_sentence(source):
    with pytest.raises(InputError, match="Expected text, got"):
        READER(source)


@pytest.mark.parametrize("source", ["😀🎉", "☃", "한국어", "\x00", "\u0301", "\ud800", "Ω≈√", "x" * 10_000])
def test_text_of_which_nothing_is_known_gets_a_sentence(source):
    with pytest.raises(InputError, match="knows none of these words or signs: write in the language"):
        READER(source)


@pytest.mark.parametrize("source", ["good \ud83d film", "good \x00 film", "good\u200bfilm \ufeff", "good 😀 film"])
def test_odd_characters_among_words_are_read(source):
    sample = READER(source)
    assert sample.unit_names[0].startswith("good")
    sample.display.encode("utf-8")


@pytest.mark.parametrize("source", ["[PAD] good", "[UNK] good", "good [PAD]"])
def test_special_tokens_that_are_typed_are_signs_like_others(source):
    sample = READER(source)
    assert "good" in sample.unit_names
    assert "[" in sample.unit_names
    assert 0 not in sample.inputs


def test_a_megabyte_of_text_is_cut_at_once_and_with_a_notice():
    text = "the film is good , " * 55_000
    assert len(text) > 1_000_000
    started = time.perf_counter()
    sample = READER(text)
    assert time.perf_counter() - started < 0.5
    assert sample.inputs.shape == (1, READER.max_tokens)
    assert text.startswith(sample.display)
    (notice,) = sample.warnings
    assert f"only its first {len(sample.display):,} of {len(text.strip()):,} characters" in notice
    assert f"({READER.max_tokens} tokens)" in notice


@pytest.mark.parametrize("gap", ["x" * 3000, "\u0301" * 3000], ids=["one word", "no signs"])
def test_a_cut_before_the_last_token_is_told_too(gap):
    sample = READER(f"good film {gap} bad")
    assert "bad" not in sample.unit_names
    assert any("longer than this model reads" in notice for notice in sample.warnings)


def test_text_of_just_the_models_length_is_not_cut():
    sample = READER("good " * READER.max_tokens)
    assert sample.inputs.shape == (1, READER.max_tokens)
    assert sample.warnings == ()
    assert len(READER("good " * (READER.max_tokens + 1)).warnings) == 1


def test_many_unknown_words_get_a_notice_and_few_do_not():
    assert READER("☃ ☂ good film").warnings == (
        "2 of 4 words or signs are unknown to this model and were read as blanks.",
    )
    assert READER("the good , moving film is never bad ☃").warnings == ()


@settings(max_examples=300)
@given(
    st.text(st.characters(exclude_categories=()), max_size=80)
    | st.text("good film ca n't'[PAD]<br/>`\ud800", max_size=60)
)
@example("''good''")
@example("good…… ⅓b<br />b")
@example("-LRB- good -rrb-")
@example("ﬁlm good ½")
def test_any_string_gives_a_sound_sample_or_a_sentence(text):
    try:
        sample = READER(text)
    except InputError:
        return
    steps = sample.inputs.shape[1]
    assert sample.inputs.shape == sample.mask.shape == sample.feature_mask.shape == (1, steps)
    assert 1 <= steps <= READER.max_tokens
    assert sample.inputs.dtype == torch.long
    assert sample.mask.all()
    assert sample.inputs.min() >= UNKNOWN
    assert sample.inputs.max() < READER.tokenizer.get_vocab_size()
    change = sample.token_to_unit.diff()
    assert sample.token_to_unit[0] == 0
    assert ((change == 0) | (change == 1)).all()
    assert len(sample.unit_names) == sample.token_to_unit[-1] + 1
    assert [sample.display[start:end] for start, end in sample.spans] == list(sample.unit_names)
    assert all(sample.unit_names)
    ends = [0, *(end for _, end in sample.spans)]
    assert all(start >= end for (start, _), end in zip(sample.spans, ends, strict=False)), "spans do not overlap"
    assert sample.inputs[0].tolist() == READER.ids(text)


def test_a_reader_survives_json():
    again = make_reader("text", READER.preprocessing())
    text = "The plot isn't boring [PAD]"
    assert isinstance(again, TextReader)
    assert again.preprocessing() == READER.preprocessing()
    assert torch.equal(again(text).inputs, READER(text).inputs)


def test_the_tokenizer_reserves_padding_and_unknown():
    assert READER.tokenizer.token_to_id("[PAD]") == 0
    assert READER.tokenizer.token_to_id("[UNK]") == 1
    assert READER.tokenizer.get_vocab_size() <= 70


def test_the_same_texts_give_the_same_tokenizer():
    texts = [*tiny.SENTENCES, "好电影 é", "they've 99 problems", "[PAD] [UNK]"] * 3
    made = {train_tokenizer(iter(texts), 80).to_str() for _ in range(5)}
    assert len(made) == 1
    added = json.loads(made.pop())["added_tokens"]
    assert [(token["id"], token["content"]) for token in added] == [(0, "[PAD]"), (1, "[UNK]")]


def test_byte_pairs_join_chinese_characters_that_often_follow_one_another():
    texts = ["酒店不错, 早餐不错", "这酒店的早餐不好吃", "wifi 不错 é"] * 3
    made = {train_tokenizer(iter(texts), 60, "bpe").to_str() for _ in range(5)}
    assert len(made) == 1
    tokenizer = Tokenizer.from_str(made.pop())
    assert tokenizer.get_vocab_size() <= 60
    assert max(map(len, set(tokenizer.get_vocab()) - {"[PAD]", "[UNK]"})) <= 4
    assert tokenizer.encode("酒店早餐不错").tokens == ["酒店", "早餐", "不错"]
    reader = TextReader(tokenizer, 9)
    sample = reader("酒店不错鑫, wifi!")
    assert sample.unit_names == ("酒店", "不错", "鑫", ",", "wifi", "!")
    assert sample.unit_names == tuple(reader.words("酒店不错鑫, wifi!"))
    assert sample.inputs[0, 2] == UNKNOWN  # a sign that no training text has


def test_there_is_no_third_tokenizer():
    with pytest.raises(InputError, match="choose wordpiece or bpe"):
        train_tokenizer(["a"], 10, "characters")


def test_padding_fills_up_with_zeros():
    ids, mask = pad([[5, 6, 7], [8], []])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    assert mask.tolist() == [[True, True, True], [True, False, False], [False, False, False]]
