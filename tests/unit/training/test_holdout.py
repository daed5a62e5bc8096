"""Holding out: no text of one part stands in a text of the other."""

from hypothesis import given
from hypothesis import strategies as st

from rnnformer_demo.training.data.holdout import hold_out, with_every_class

texts_of_few_words = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "E"]), min_size=1, max_size=5).map(" ".join), min_size=1, max_size=30
)


def padded(text: str) -> str:
    return f" {' '.join(text.lower().split())} "


@given(texts_of_few_words, st.integers(0, 12), st.integers(0, 3))
def test_no_held_out_text_contains_or_is_contained_in_a_training_text(texts, count, seed):
    training, held_out = hold_out(texts, count, seed)
    assert not set(training) & set(held_out)
    assert len(held_out) <= count
    for held in held_out:
        for trained in training:
            # Words of a sentence may be trained on elsewhere, but no training text may be part of a held-out one.
            assert padded(texts[trained]) not in padded(texts[held])
            assert padded(texts[held]) not in padded(texts[trained])


def test_the_phrases_of_a_held_out_sentence_leave_the_training_part():
    sentences = [f"film {n} is good {n}" for n in range(20)]
    phrases = [f"is good {n}" for n in range(20)] + ["good"]
    texts = [*sentences, *phrases]
    training, held_out = hold_out(texts, 5, seed=0)
    assert len(held_out) == 5
    assert all(index < 20 for index in held_out)
    removed = {20 + index for index in held_out} | {40}  # "good" stands in all of them
    assert training == sorted(set(range(41)) - set(held_out) - removed)


def test_copies_are_not_split_whatever_their_case():
    texts = ["One  film", "one film", "ONE FILM", "another", "a third", "a fourth"]
    for seed in range(20):
        training, held_out = hold_out(texts, 3, seed)
        assert not {texts[index].lower().split()[0] for index in training} & {"one"} or not ({0, 1, 2} & set(held_out))


def test_the_seed_decides():
    texts = [f"text number {n}" for n in range(100)]
    assert hold_out(texts, 20, 1) == hold_out(texts, 20, 1)
    assert hold_out(texts, 20, 1) != hold_out(texts, 20, 2)
    assert len(hold_out(texts, 80, 1)[1]) == 50  # at most half
    assert hold_out([], 5, 0) == ([], [])


@given(texts_of_few_words, st.integers(0, 12), st.data())
def test_each_class_of_two_texts_stands_in_both_parts_if_that_leaks_nothing(texts, count, data):
    labels = data.draw(st.lists(st.sampled_from("xyz"), min_size=len(texts), max_size=len(texts)))
    before = hold_out(texts, count, 0)
    training, held_out = with_every_class(texts, labels, *before, seed=0)
    assert not set(training) & set(held_out)
    assert set(training) | set(held_out) <= set(before[0]) | set(before[1])
    for held in held_out:
        for trained in training:
            assert padded(texts[trained]) not in padded(texts[held])
    for part, kept in zip(before, (training, held_out), strict=True):
        assert {labels[index] for index in part} <= {labels[index] for index in kept}
    apart = [f"text{number} alone" for number in range(len(labels))]
    parts = with_every_class(apart, labels, range(len(labels)), [], seed=0)
    for label in {label for label in labels if labels.count(label) > 1}:
        assert all(any(labels[index] == label for index in part) for part in parts)


def test_a_split_with_every_class_stays_as_it_is():
    texts, labels = [f"text{number} alone" for number in range(60)], ["x", "y", "z"] * 20
    parts = hold_out(texts, 20, 0)
    assert with_every_class(texts, labels, *parts, seed=0) == parts


def test_classes_have_their_shares_of_what_is_held_out():
    labels = ["x"] * 60 + ["y"] * 30 + ["z"] * 10
    _, held_out = hold_out([f"text{number} alone" for number in range(100)], 20, 0, labels)
    assert [sum(labels[index] == label for index in held_out) for label in "xyz"] == [12, 6, 2]
