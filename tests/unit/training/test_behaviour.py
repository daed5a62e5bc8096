"""Texts from templates to train on: labelled, the same each time, and none of what the behavioural tests ask."""

import random
import re

import pytest

from rnnformer_demo.data import InputError
from rnnformer_demo.data.text import CJK
from rnnformer_demo.evaluation.behaviour.cases import labelled_texts
from rnnformer_demo.evaluation.behaviour.suite import SLOT, Suite, languages, read_suite
from rnnformer_demo.training.behaviour.texts import CLASSES, held_out_texts, suites_to_learn, texts_to_learn
from rnnformer_demo.training.behaviour.variants import variant

TESTED = ("dev", "test")
# So many successive words or slots (in Chinese: characters or slots) are in no template of training and of the tests.
LONGEST_RUN = {"en": 4, "zh": 6}
PHRASES = ("praise", "complaint")  # whole clauses: what must differ is the clause, not each of its words
_TOKEN = {"en": re.compile(r"<\w+>|[\w']+"), "zh": re.compile(rf"<\w+>|[{CJK}]")}
language = pytest.mark.parametrize("language", languages())


def word_lists(suite: Suite, part: str) -> dict[str, set[str]]:
    """Words of a part by their slot, those of all domains together."""
    lists: dict[str, set[str]] = {}
    for words in (suite.words[part], *suite.domains[part].values()):
        for slot, some in words.items():
            lists.setdefault(slot.split(".")[-1], set()).update(some)
    return lists


def templates(suite: Suite, part: str, language: str) -> dict[tuple[str, ...], str]:
    texts = [text for each in suite.capabilities.values() for one in each.templates[part] for text in one.texts]
    return {tokens(text, language): text for text in texts}


def tokens(template: str, language: str) -> tuple[str, ...]:
    named = SLOT.sub(lambda slot: f" <{slot[1].split('.')[-1]}> ", template.lower().replace("a(n)", "a"))
    return tuple(_TOKEN[language].findall(named))


def runs(words: tuple[str, ...], length: int) -> set[tuple[str, ...]]:
    return {words[start : start + length] for start in range(len(words) - length + 1)}


@language
def test_templates_to_train_on_share_no_template_and_no_run_of_words_with_the_tests(language):
    tests, own = suites_to_learn(language)
    trained = templates(own, "train", language)
    for part in TESTED:
        tested = templates(tests, part, language)
        assert not trained.keys() & tested.keys()
        length = LONGEST_RUN[language] + 1
        shared = set().union(*(runs(words, length) for words in trained))
        assert [text for words, text in tested.items() if runs(words, length) & shared] == []


@language
def test_words_of_the_tests_are_in_no_text_of_the_templates_to_train_on(language):
    tests, own = suites_to_learn(language)
    text = "\n".join(labelled_texts(own, 2000, "train")).lower()
    listed = set().union(*word_lists(own, "train").values())
    for part in TESTED:
        for slot, words in word_lists(tests, part).items():
            assert not words & listed, slot
            if slot not in PHRASES:
                assert [word for word in words if _holds(text, word.lower(), language)] == [], slot


def _holds(text: str, word: str, language: str) -> bool:
    """Chinese words of one character are parts of too many others."""
    return len(word) > 1 and word in text if language == "zh" else bool(re.search(rf"\b{re.escape(word)}\b", text))


@language
def test_texts_to_learn_are_balanced_repeatable_and_none_of_the_tests(language):
    learned = texts_to_learn(language, 60)
    assert learned == texts_to_learn(language, 60) != texts_to_learn(language, 60, seed=1)
    counts = [list(learned.values()).count(label) for label in CLASSES]
    assert sum(counts) == len(learned)
    assert min(counts) > 0.4 * len(learned)
    for part in TESTED:
        assert not learned.keys() & labelled_texts(read_suite(language), 300, part).keys()
    assert not learned.keys() & held_out_texts(language, 100).keys()


def test_a_template_without_slots_is_learned_after_several_sentences():
    learned = [text for text in texts_to_learn("en", 300) if text.endswith("Cannot recommend them enough!")]
    assert len(learned) > 10


def test_there_are_no_texts_to_learn_in_another_language():
    with pytest.raises(InputError, match="no behavioural tests in 'fr'"):
        texts_to_learn("fr", 2)


def test_a_variant_ends_in_another_way_or_has_one_slip():
    english, chinese = (suites_to_learn(name)[-1] for name in ("en", "zh"))
    chooser = random.Random(0)
    full = {variant("A wonderful film .", english, chooser) for _ in range(60)}
    assert "A wonderful film" in full
    assert all(text == "A wonderful film" or sorted(text) == sorted("A wonderful film .") for text in full)
    bare = {variant("A wonderful film", english, chooser) for _ in range(60)}
    assert {"A wonderful film.", "A wonderful film!"} <= bare
    assert {"它真好看", "他真好看。"} <= {variant("它真好看。", chinese, chooser) for _ in range(60)}
