"""Normalisation: what looks alike is read alike, spans point into what was typed, and plain text stays as it is."""

import json
import time
from functools import cache

import pytest
import tiny
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnformer_demo.checkpoints.cards import preprocessing_of
from rnnformer_demo.data import InputError, make_reader
from rnnformer_demo.data.normalisation import Normaliser, rules_for, rules_from
from rnnformer_demo.data.normalisation.signs import APOSTROPHES, LETTERS, RADICALS
from rnnformer_demo.data.text import TextReader, train_tokenizer

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PLAIN = "This phone isn't good, a terrible and boring film."
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u202e\u2060\u2062\u2066\ufeff\u034f\u180e\ufe0f\U000e0041\x00\x08\x7f"


@cache
def reader(model: str = "sentiment-en") -> TextReader:
    """The reader of a shipped model, without its weights."""
    return make_reader("text", preprocessing_of(model))


def read_as(typed: str, plain: str, model: str = "sentiment-en") -> tuple[str, ...]:
    """Assert that two texts are read alike, in the same units; return the notices of the first."""
    one, other = reader(model)(typed), reader(model)(plain)
    assert one.inputs.tolist() == other.inputs.tolist()
    assert one.token_to_unit.tolist() == other.token_to_unit.tolist()
    assert one.display == typed.rstrip()
    assert [typed[start:end] for start, end in one.spans] == list(one.unit_names)
    return one.warnings


@pytest.mark.parametrize("sign", INVISIBLE, ids=lambda sign: f"{ord(sign):04X}")
def test_invisible_characters_are_left_out_and_named(sign):
    notices = read_as(f"{sign}This phone isn't good, a ter{sign}ri{sign}ble and bor{sign}ing{sign} film.", PLAIN)
    assert notices == (f"Invisible characters were left out, 5 in all: U+{ord(sign):04X}.",)


def test_different_invisible_characters_are_named_each():
    (notice,) = read_as("a\u00ad ter\u200brible\u2060 f\u00adilm\ufeff", "a terrible film")
    assert notice == "Invisible characters were left out, 5 in all: U+00AD, U+200B, U+2060 …."


def test_a_word_covers_the_invisible_characters_within_it():
    sample = reader()("a ter\u00adri\u00adble film")
    assert sample.unit_names == ("a", "ter\u00adri\u00adble", "film")
    assert sample.spans == ((0, 1), (2, 12), (13, 17))


@pytest.mark.parametrize("sign", f"{APOSTROPHES}`‘’\x91\x92", ids=lambda sign: f"{ord(sign):04X}")
def test_what_looks_like_an_apostrophe_is_one_within_a_word(sign):
    assert read_as(PLAIN.replace("'", sign), PLAIN) == ()
    assert read_as(f"the dogs{sign} film, it{sign}s {sign}tis", "the dogs' film, it's 'tis") == ()


def test_a_prime_after_a_number_is_no_apostrophe():
    assert reader().normalise("5′ x 3 ′").text == "5′ x 3 ′"


@pytest.mark.parametrize("pair", ["“”", "„“", "〝〞", "❝❞", "″″", "\x93\x94", "＂＂"])
def test_what_looks_like_quotation_marks_is_read_as_those(pair):
    assert read_as(f"a {pair[0]}good{pair[1]} film", 'a "good" film') == ()


@pytest.mark.parametrize("hyphen", "‐‑‒−－﹣⁃")
def test_what_looks_like_a_hyphen_is_one(hyphen):
    assert read_as(f"a well{hyphen}made film", "a well-made film") == ()


def test_a_dash_that_a_tokenizer_knows_stays_and_another_is_its_nearest_relative():
    assert reader("sentiment-zh").normalise("好—不").text == "好—不"
    assert reader().ids("good — but long") == reader().ids("good -- but long")
    assert reader().normalise("good – but").text == "good – but"
    assert reader("news-en").normalise("good – but").text == "good - but"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("isn&#39;t", "isn't"),
        ("isn&#x27;t", "isn't"),
        ("isn&#39t", "isn't"),
        ("isn&apos;t", "isn't"),
        ("isn&rsquo;t", "isn't"),
        ("isn&amp;#39;t", "isn't"),
        ("isn&amp;amp;#39;t", "isn't"),
        ("isn&#38;#39;t", "isn't"),
        ("isn&#146;t", "isn't"),
        ("good &amp; bad", "good & bad"),
        ("good &amp;amp; bad", "good & bad"),
        ("&quot;good&quot;", '"good"'),
        ("good&nbsp;film", "good film"),
        ("good&lt;br /&gt;film", "good film"),
        ("AT&amp;T is good", "AT&T is good"),
        ("bor&shy;ing", "boring"),
        ("caf&eacute; is good", "café is good"),
        ("R&amp;copy=1 good", "R&copy=1 good"),
    ],
)
def test_entities_are_read_as_what_they_stand_for_and_named(typed, plain):
    notices = read_as(typed, plain)
    assert notices[0].startswith("HTML entities were read as the characters that they stand for: &")


@pytest.mark.parametrize(
    "text", ["AT&T is good", "good & bad", "a?b=1&copy=2 good", "R&D; good", "&ampersand; good", "&notit; good", "&;"]
)
def test_an_ampersand_that_begins_no_entity_stays(text):
    assert reader().normalise(text).text == text


@pytest.mark.parametrize(
    "emoji",
    [
        "👨‍👩‍👧‍👦",
        "👍🏽",
        "❤️",
        "☹️",
        "1️⃣",
        "#⃣",
        "🇩🇪",
        ENGLAND,
        "🏳️‍🌈",
        "👩🏽‍🚀",
    ],
)
def test_an_emoji_is_one_unit_without_a_notice(emoji):
    sample = reader()(f"I really loved it {emoji}!")
    assert sample.unit_names == ("I", "really", "loved", "it", emoji, "!")
    assert sample.warnings == ()


def test_an_emoji_of_several_pictures_is_read_as_those():
    assert reader().normalise("👨‍👩‍👧‍👦 👍🏽 ❤️ 1️⃣").text == "👨👩👧👦 👍 ❤ 1"


@pytest.mark.parametrize("word", ["می\u200cخواهم", "क्\u200dष", "ක්\u200dෂ"])
def test_a_joiner_stays_in_a_script_that_it_shapes(word):
    read = reader().normalise(f"good {word}")
    assert (read.text, read.notices) == (f"good {word}", ())


@pytest.mark.parametrize("typed", ["cafe\u0301", "cafe\u0301\u0323", "c\u0327afé", "ｃａｆé", "caf\u00e9"])
def test_marks_belong_to_their_letters(typed):
    sample = reader()(f"The {typed} was bad")
    assert sample.unit_names == ("The", typed, "was", "bad")
    assert sample.inputs.tolist() == reader()("The cafe was bad").inputs.tolist()


def test_marks_beyond_a_word_belong_to_their_sign():
    assert reader()("good!\u0301 film e\u0301").unit_names == ("good", "!\u0301", "film", "e\u0301")


@pytest.mark.parametrize(
    ("radical", "character"), [("⾏", "行"), ("⽔", "水"), ("⻔", "门"), ("⻋", "车"), ("⻳", "龟")]
)
def test_a_radical_is_read_as_its_character_and_named(radical, character):
    notices = read_as(f"这家酒店不错，{radical}李很多", f"这家酒店不错，{character}李很多", "sentiment-zh")
    assert notices == (f"Radicals were read as the characters that look like them: {radical} = {character}.",)


def test_every_radical_has_one_character():
    assert all(len(radical) == len(character) == 1 for radical, character in RADICALS.items())


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("ａ ｇｏｏｄ ｆｉｌｍ！", "a good film!"),
        ("a good ﬁlm", "a good film"),
        ("𝐭𝐞𝐫𝐫𝐢𝐛𝐥𝐞 film", "terrible film"),
        ("Ⓖⓞⓞⓓ film", "Good film"),
        ("good film．", "good film."),
        ("2½ good", "2 1⁄2 good"),
        ("Windows™ good", "Windows tm good"),
    ],
)
def test_compatibility_forms_are_read_as_what_they_stand_for(typed, plain):
    assert reader().normalise(typed).text.lower() == plain.lower()
    assert reader()(typed).warnings == ()


def test_a_sign_that_is_taken_apart_stays_one_unit():
    assert reader()("2½ good… Windows™ ½").unit_names == ("2", "½", "good", "…", "Windows", "™", "½")


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("a tеrriblе film", "a terrible film"),  # Cyrillic
        ("a tеrrіblе film", "a terrible film"),
        ("а terrible film", "a terrible film"),  # a word of its own
        ("terrιble film", "terrible film"),  # Greek
        ("a gօօd film", "a good film"),  # Armenian
        ("a ᴛᴇʀʀɪʙʟᴇ film", "a terrible film"),
        ("ТERRIBLE film", "TERRIBLE film"),
    ],
)
def test_letters_that_look_latin_are_read_as_such_and_named(typed, plain):
    (notice,) = read_as(typed, plain)
    assert notice.startswith("Letters that look like Latin ones were read as those: ")
    assert "(U+" in notice


@pytest.mark.parametrize("text", ["Он сказал good", "сор", "α good", "µm good", "ОС good и Linux", "Яndex"])
def test_other_alphabets_stay_what_they_are(text):
    assert "Letters" not in "".join(reader().normalise(text).notices)


def test_a_model_of_cyrillic_reads_cyrillic():
    tokenizer = train_tokenizer(["хорошее кино", "плохое кино", "скучный фильм, не смотрите"] * 3, 90)
    rules = TextReader(tokenizer, 32).normalise.rules
    assert "о" not in rules.letters
    assert "ο" in rules.letters
    assert rules.letters.keys() <= LETTERS.keys()


@pytest.mark.parametrize(
    "gap", [" " * 20_000, "\u00a0" * 900, "\u3000\t" * 900, "\r\n" * 900, "\u2028", " \u2800 \u2003 "]
)
def test_blanks_are_folded_before_a_text_is_cut(gap):
    assert read_as(f"A great film. {gap}But a terrible end.", "A great film. But a terrible end.") == ()


def test_blanks_before_a_text_count_in_its_spans():
    sample = reader()("\n \u3000good film \n")
    assert sample.spans == ((3, 7), (8, 12))
    assert sample.display == "\n \u3000good film"


def test_only_what_was_read_is_in_a_notice():
    text = "good " * 500
    assert len(reader()(f"{text}bor\u00ading").warnings) == 1
    assert len(reader()(f"bor\u00ading {text}").warnings) == 2


def test_rules_may_replace_plain_letters():
    assert Normaliser(rules_from({"signs": {"x": "ks"}}, ()))("a box").text == "a boks"


def test_half_a_character_is_read_as_damage():
    sample = reader()("good \ud83d film")
    assert sample.display == "good \ufffd film"


def test_the_rules_survive_json_and_their_checkpoint(saved):
    rules = reader().normalise.rules
    assert rules_from(json.loads(json.dumps(rules.to_dict())), ()) == rules
    assert preprocessing_of("text", saved)["normalisation"] == tiny.text_reader().normalise.rules.to_dict()


def test_a_checkpoint_without_rules_gets_those_of_today():
    stored = preprocessing_of("sentiment-en") | {"normalisation": None}
    assert make_reader("text", stored).normalise.rules == rules_for(reader().tokenizer.get_vocab())


def test_a_checkpoint_keeps_its_own_rules():
    own = Normaliser(rules_from({"version": 1, "steps": ["blanks"]}, ()))
    assert own("ter\u00adrible   &amp;").text == "ter\u00adrible &amp;"


@pytest.mark.parametrize("stored", [{"version": 2}, {"steps": ["rot13"]}, {"colour": "red"}])
def test_rules_of_another_version_get_a_sentence(stored):
    with pytest.raises(InputError, match=r"The rules of normalisation are .*\."):
        rules_from(stored, ())


def test_a_tokenizer_learns_what_it_will_read():
    texts = ["a ter\u00adrible film isn\u02bct good &amp; long"] * 3
    vocabulary = train_tokenizer(texts, 200).get_vocab()
    assert {"terrible", "&"} <= vocabulary.keys()
    assert "\u00ad" not in vocabulary


@settings(max_examples=300)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="&`"), max_size=120))
@example("it's ''good''  and -LRB- <br/> not")
def test_plain_english_is_read_as_before(text):
    check_unchanged(text, "sentiment-en")


@settings(max_examples=300)
@given(st.text("的一是不了在人有我他这酒店房间很好差服务一0123abc，。！？：；、 （）", max_size=80))
def test_plain_chinese_is_read_as_before(text):
    check_unchanged(text, "sentiment-zh")


def check_unchanged(text: str, model: str) -> None:
    """The tokenizer alone gives the same tokens at the same places as the reader with its rules."""
    encoding = reader(model).tokenizer.encode(text)
    assert reader(model).ids(text) == encoding.ids
    try:
        sample = reader(model)(text)
    except InputError:
        return
    starts = {start for start, _ in sample.spans}
    assert starts <= {start for start, _ in encoding.offsets}
    assert all(
        sample.spans[unit][0] <= start and end <= sample.spans[unit][1]
        for unit, (start, end) in zip(sample.token_to_unit.tolist(), encoding.offsets, strict=True)
    )
    assert not any("were" in notice and "unknown" not in notice for notice in sample.warnings)


ODD = st.sampled_from(
    (
        *("a", "e", "good", "'s", "'", "’", "ʼ", "&#39;", "&amp;", "&amp;#39;", "&nbsp;", "<br/>", "-lrb-", "1", "#"),
        *("\u00ad", "\u200b", "\u200d", "\ufeff", "\u0301", "\u20e3", "\ufe0f", "\u3000", "\x85", "\ud800"),
        *("👩", "🏽", "🇩", "½", "…", "™", "ﬁ", "\u0435", "⾏", "酒", "店", "\u1100", "\u1161", "\u0915", "\u094d", "ﷺ"),
    )
)


@settings(max_examples=600)
@given(
    st.text(st.characters(exclude_categories=()), max_size=60) | st.lists(ODD | st.just(" "), max_size=30).map("".join),
    st.sampled_from(["sentiment-en", "sentiment-zh"]),
)
@example("a\u0301\u200d👩\u200d🚀é &amp;#39;\ud800", "sentiment-en")
@example("酒\u0301店", "sentiment-zh")
def test_units_of_any_text_lie_in_it_in_order(text, model):
    try:
        sample = reader(model)(text)
    except InputError:
        return
    names, spans = sample.unit_names, sample.spans
    assert len(sample.display) <= len(text)
    assert len(names) == len(spans) == sample.token_to_unit[-1] + 1
    assert sample.token_to_unit.diff().clamp(0, 1).equal(sample.token_to_unit.diff())
    ends = [0, *(end for _, end in spans)]
    assert all(before <= start < end for before, (start, end) in zip(ends, spans, strict=False))
    assert ends[-1] <= len(sample.display)
    assert [sample.display[start:end] for start, end in spans] == list(names)
    again = reader(model)(sample.display)
    assert (again.inputs.tolist(), again.spans) == (sample.inputs.tolist(), spans)
    assert sample.inputs[0].tolist() == reader(model).ids(text)


def test_four_hundred_words_are_normalised_in_a_moment():
    for words in (
        "a good film, it isn't boring; ",
        "a “good” film — bor\u00ading; ",
        "这家酒店很好，服务不错。",
    ):
        text, normalise = words * 60, reader().normalise
        normalise(text)
        started = time.perf_counter()
        for _ in range(5):
            normalise(text)
        assert (time.perf_counter() - started) / 5 < 0.02  # a busy machine's; about 1 ms alone
