"""Search by pattern: stretches of texts during which given recurrent units stay beyond a threshold."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnformer_demo.analysis import pattern_search
from rnnformer_demo.analysis.pattern_search import Pattern, example_texts, search, search_document, stretches
from rnnformer_demo.analysis.service import analyse, get, predict
from rnnformer_demo.api.steps import read_step
from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import reference_image

TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."


def pattern(signs, threshold=0.5, steps=2, **changes) -> Pattern:
    return Pattern(
        **{"recurrence": "lstm tokens 1", "direction": 0, "quantity": "hidden"} | changes,
        signs=signs,
        threshold=threshold,
        steps=steps,
    )


def test_a_stretch_is_as_long_as_its_units_stay_beyond_the_threshold():
    values = np.zeros((9, 4))
    values[2:6, 0] = 0.9
    values[1:6, 1] = -0.8
    values[3:9, 2] = 0.7
    (best,) = stretches(values, pattern({0: 1, 1: -1}))
    assert (best.first, best.last, best.common, best.others, best.score) == (2, 6, (0, 1), 0, 1)


def test_a_unit_of_the_other_sign_is_none_of_the_pattern():
    values = np.full((4, 2), 0.9)
    (best,) = stretches(values, pattern({0: 1, 1: -1}))
    assert best.common == (0,)
    assert best.others == 1
    assert best.score == pytest.approx(1 / 3)  # of 0 above, 1 below and 1 above, one is common


def test_the_largest_intersection_comes_first_and_nothing_overlaps_it():
    values = np.zeros((10, 3))
    values[0:3, :2] = 0.9
    values[6:9, :3] = 0.9
    found = stretches(values, pattern({0: 1, 1: 1, 2: 1}))
    assert [(each.first, each.last, each.common) for each in found] == [(6, 9, (0, 1, 2)), (0, 3, (0, 1))]


@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.1, 0.9))
def test_what_a_match_has_in_common_is_beyond_the_threshold_throughout(seed, steps, threshold):
    values = np.random.default_rng(seed).uniform(-1, 1, (20, 6)).repeat(2, 0)
    signs = {0: 1, 2: -1, 5: 1}
    found = list(stretches(values, pattern(signs, threshold, steps)))
    for each in found:
        assert each.last - each.first >= steps
        assert all((signs[unit] * values[each.first : each.last, unit] >= threshold).all() for unit in each.common)
        assert 2 * len(each.common) >= len(signs)
        assert 0 < each.score <= 1
    taken = sorted((each.first, each.last) for each in found)
    assert all(before[1] <= after[0] for before, after in pairwise(taken))


@pytest.mark.parametrize("quantity", ["hidden", "cells", "contributions", "forget", "candidate"])
@pytest.mark.parametrize("direction", [0, 1])
def test_the_pattern_of_a_text_is_found_in_the_same_text(quantity, direction):
    document = analyse("sentiment-en", TEXT, ("recurrence",))
    section = document.recurrence[0]
    array = {"hidden": section.hidden, "cells": section.cells, "contributions": section.contributions, **section.gates}
    during = array[quantity].numpy()[9:11, direction]  # "wonderful performances"
    threshold = 0.02
    signs = {
        unit: int(np.sign(values[0]))
        for unit, values in enumerate(during.T)
        if (np.abs(values) > threshold + 0.02).all() and np.ptp(np.sign(values)) == 0
    }
    assert signs
    asked = pattern(signs, threshold, 2, quantity=quantity, direction=direction)
    matches, read = search(get("sentiment-en"), ["🎬 🎬", TEXT], asked)
    assert read == 1  # the other one has no word that the model knows
    assert len(matches[0].stretch.common) == len(signs)
    assert matches[0].stretch.first <= 9
    assert matches[0].stretch.last >= 11


def test_examples_and_the_rest_of_the_own_text_are_searched():
    document = predict("sentiment-en-gru", f"{TEXT} {TEXT}")
    count = len(document.input.token_to_unit) // 2
    words = [document.input.unit_names[unit] for unit in document.input.token_to_unit]
    start = words.index("wonderful")
    found = analyse("sentiment-en-gru", document.input.text, ("recurrence",)).recurrence[0].hidden.numpy()[:, 0]
    signs = {unit: int(np.sign(found[start, unit])) for unit in range(found.shape[1]) if abs(found[start, unit]) > 0.7}
    asked = pattern(signs, 0.6, 1, recurrence="gru tokens 1")
    seen: list[float] = []
    answer = search_document(document, asked, start, ["A wonderful film.", TEXT], seen.append)
    assert answer["texts"] == 1 + len(example_texts("sentiment-en")) + 2
    assert seen == sorted(seen)
    own = [match for match in answer["matches"] if match["own"]]
    spans = [document.input.units[document.input.token_to_unit[place]].span for place in (start, start + count)]
    assert all(match["span"][1] <= spans[0][0] or match["span"][0] >= spans[0][1] for match in own)
    assert any(match["span"][0] <= spans[1][0] and match["span"][1] >= spans[1][1] for match in own)
    best = answer["matches"][0]
    assert "wonderful" in best["text"][slice(*best["span"])]
    assert [len(match["units"]) for match in answer["matches"]] == sorted(
        (len(match["units"]) for match in answer["matches"]), reverse=True
    )


def test_examples_of_a_family_come_once():
    texts = example_texts("sentiment-en-lstm")
    assert texts == example_texts("sentiment-en")
    assert len(set(texts)) == len(texts) >= 5


def search_by_step(step: dict) -> list[dict]:
    """What a step of the page yields."""
    arguments, take = read_step(step)
    return list(take(predict("sentiment-en", TEXT), arguments, lambda share: None))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recurrence": "rnn"}, "There is no recurrence 'rnn': there is lstm tokens 1, gru tokens 1."),
        ({"quantity": "reset"}, "There is no 'reset' of lstm tokens 1 in this direction."),
        ({"direction": 2}, "There is no 'hidden' of lstm tokens 1 in this direction."),
        ({"units": [96]}, "There are 96 units: there is none beyond them."),
        ({"signs": [2]}, "signs must be a list of 1 and -1, one for each unit."),
        ({"texts": 3}, "texts must be a list of at most 50 texts, got 3."),
        ({"steps": 0}, "steps must be a whole number above 0, got 0."),
        ({"threshold": 0}, "threshold must be a number above 0 and below 1,000,000,000, got 0."),
    ],
)
def test_what_does_not_fit_the_model_gets_a_sentence(changes, sentence):
    step = {
        "name": "pattern-search",
        "recurrence": "lstm tokens 1",
        "direction": 0,
        "quantity": "hidden",
        "units": [3],
        "signs": [1],
        "threshold": 0.5,
        "start": 0,
        "steps": 2,
    }
    with pytest.raises(InputError) as caught:
        search_by_step(step | changes)
    assert str(caught.value) == sentence


def test_a_photo_is_refused():
    with pytest.raises(InputError, match="Only texts"):
        search_document(predict("caltech101", reference_image(224)), pattern({0: 1}), 0)


def test_a_pattern_longer_than_a_text_is_not_in_it():
    assert list(stretches(np.ones((3, 2)), pattern({0: 1}, steps=4))) == []
    assert list(stretches(np.ones((3, 2)), pattern({}))) == []
    assert pattern_search.example_texts("caltech101") == ()
