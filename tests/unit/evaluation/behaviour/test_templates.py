"""The behavioural tests as they are shipped: enough of each, of parts that share nothing, without cheap faults."""

import re
from itertools import combinations

import pytest
import tiny

from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.behaviour.cases import CASES, cases, labelled_texts
from rnnformer_demo.evaluation.behaviour.suite import PARTS, languages, read_suite

LANGUAGES = languages()
CAPABILITIES = [(language, name) for language in LANGUAGES for name in read_suite(language).capabilities]
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_capability = pytest.mark.parametrize(("language", "name"), CAPABILITIES)
FAULTS = {
    "slot that was left open": r"[{}]|a\(n\)",
    "doubled word": r"\b(\w+) \1\b",
    "a before a vowel": r"\b[Aa] [aeioAEIO]",
    "an before a consonant": r"\b[Aa]n [bcdfgjklmnpqrstvwxyz]",
    "blank before a sign, or two": r"\s[,.;?!]|\s\s|^\s|\s$",
    "two signs of punctuation": r"[,.;?!，。；？！]{2}",
    "small first letter": r"^[a-z]",
    "small letter after the end of a sentence": r"[.?!] [a-z]",
}
CHINESE_FAULTS = {
    "sign or blank of another script": r"[A-Za-z,.;?!\s]",
    "doubled degree": r"(很|非常|格外|真的很|特别|十分)(很|非常|格外|真的很|特别|十分)",
    "doubled character that is no word": r"(的的|了了|不不|是是|这这|我我|一一)",
}


def test_there_are_tests_in_english_and_chinese_of_the_same_capabilities():
    assert LANGUAGES == ("en", "zh")
    assert list(read_suite("en").capabilities) == list(read_suite("zh").capabilities)
    with pytest.raises(InputError, match="'fr': there are some in en, zh"):
        read_suite("fr")


@every_capability
def test_each_capability_has_200_different_cases_of_every_template(language, name):
    suite = read_suite(language)
    capability = suite.capabilities[name]
    drawn = cases(suite, capability)
    assert len(drawn) == CASES == len({case.texts for case in drawn})
    assert {case.template for case in drawn} == {" | ".join(each.texts) for each in capability.templates["test"]}
    assert all(len(case.texts) == (1 if capability.kind == "MFT" else 2) for case in drawn)


@every_capability
def test_no_case_has_a_fault_of_grammar_that_is_cheap_to_find(language, name):
    suite = read_suite(language)
    capability = suite.capabilities[name]
    faults = FAULTS | (CHINESE_FAULTS if language == "zh" else {})
    for part in PARTS:
        for case in cases(suite, capability, part, 400, seed=1):
            sound = case.texts[:1] if capability.change in ("typo", "final punctuation") else case.texts
            found = [fault for fault, sign in faults.items() for text in sound if re.search(sign, text)]
            assert found == [], case.texts
            assert all(re.search(r"[.?!。？！]$", text) for text in sound), case.texts


@every_language
def test_parts_share_neither_template_nor_word(language):
    suite = read_suite(language)
    for one, other in combinations(PARTS, 2):
        for capability in suite.capabilities.values():
            templates = [{each.texts for each in capability.templates[part]} for part in (one, other)]
            assert not templates[0] & templates[1], capability.name
        for slot, words in suite.words[one].items():
            assert not set(words) & set(suite.words[other][slot]), slot


@every_language
def test_no_word_is_praise_and_blame_and_none_stands_twice(language):
    suite = read_suite(language)
    for part in PARTS:
        words = suite.words[part]
        assert all(len(set(own)) == len(own) for own in words.values())
        for domain in suite.domains[part]:
            assert not set(words[f"{domain}.good"]) & set(words[f"{domain}.bad"])
        assert not set(words["great"]) & set(words["awful"])


def test_typos_and_punctuation_change_what_they_say():
    for language in LANGUAGES:
        suite = read_suite(language)
        for case in cases(suite, suite.capabilities["typos"], count=60):
            text, changed = case.texts
            differing = sum(one != other for one, other in zip(text, changed, strict=True))
            assert differing == (2 if language == "en" else 1)
        for case in cases(suite, suite.capabilities["punctuation"], count=60):
            assert case.texts[0][:-1] == case.texts[1]


def test_labelled_texts_of_a_part_are_none_of_the_tests_and_the_same_each_time():
    for language in LANGUAGES:
        suite = read_suite(language)
        learned = labelled_texts(suite, 50, "train")
        assert len(learned) > 50 * len(suite.capabilities) * 0.9
        assert learned == labelled_texts(suite, 50, "train") != labelled_texts(suite, 50, "train", seed=1)
        tested = {text for each in suite.capabilities.values() for case in cases(suite, each) for text in case.texts}
        assert not tested & set(learned)


def test_making_texts_needs_neither_torch_nor_gradio():
    out = tiny.run_python(
        "import sys\n"
        "from rnnformer_demo.training.behaviour.texts import texts_to_learn\n"
        "assert texts_to_learn('zh', 2)\n"
        "print([name for name in ('torch', 'gradio', 'captum') if name in sys.modules])"
    )
    assert out == "[]"
