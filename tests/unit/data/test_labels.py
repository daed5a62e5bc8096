"""Labels of a data set: the class that each means is found out for the whole set, or the user is told how to say it."""

import pytest

from rnnformer_demo.data import InputError
from rnnformer_demo.data.labels import in_order, label_index, map_labels, merged, select

SENTIMENT, RAW = ("negative", "positive"), ("0", "1")
NEWS = ("World", "Sports", "Business", "Sci/Tech")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (("0", "1"), (0, 1)),
        (("1",), (1,)),
        (("0.0", "1.0"), (0, 1)),
        (("00", "01"), (0, 1)),
        (("LABEL_0", "LABEL_1"), (0, 1)),
        (("label 1",), (1,)),
        (("positive", "NEGATIVE"), (1, 0)),
        (("Positive", "positive", "pos"), (1, 1, 1)),
        (("pos", "neg"), (1, 0)),
        (("POS", "NEG"), (1, 0)),
        (("正面", "负面"), (1, 0)),
        (("ＮＥＧＡＴＩＶＥ",), (0,)),
    ],
)
def test_labels_are_names_or_what_the_training_data_had(labels, classes):
    mapping = map_labels(labels, SENTIMENT, RAW)
    assert {label: mapping.indices[label] for label in labels} == dict(zip(labels, classes, strict=True))
    assert mapping.unknown == ()


@pytest.mark.parametrize(
    "labels",
    [
        ("1", "2"),
        ("-1", "1"),
        ("0", "1", "2"),
        ("1", "2", "3", "4", "5"),
        ("0.5", "1.5"),
        ("LABEL_1", "LABEL_2"),
        ("²",),
    ],
)
def test_numbers_that_do_not_fit_are_refused_with_the_option_that_says_how(labels):
    with pytest.raises(
        InputError, match=r"do not fit the classes negative, positive: .* --labels negative="
    ) as refused:
        map_labels(labels, SENTIMENT, RAW)
    assert len(str(refused.value)) < 250
    if labels == ("1", "2"):
        assert "--labels negative=1 positive=2" in str(refused.value)


def test_one_label_is_read_beside_the_others():
    assert map_labels(("0", "1", "2", "3"), NEWS).as_dict() == dict(zip("0123", NEWS, strict=True))
    with pytest.raises(InputError):
        map_labels(("1", "2", "3", "4"), NEWS)


def test_class_names_that_are_numbers_are_never_places():
    names = ("1", "2", "3")
    assert map_labels(("1", "3"), names, names).indices == {"1": 0, "3": 2}
    assert map_labels(("1.0", "2.0"), names, names).indices == {"1.0": 0, "2.0": 1}
    for labels in (("0", "1", "2"), ("0",), ("LABEL_0", "LABEL_1")):
        with pytest.raises(InputError, match="do not fit the classes 1, 2, 3"):
            map_labels(labels, names, names)


def test_numbers_of_the_training_data_are_no_places_either():
    assert map_labels(("1", "2"), SENTIMENT, ("1", "2")).indices == {"1": 0, "2": 1}
    with pytest.raises(InputError, match="do not fit"):
        map_labels(("0", "1"), SENTIMENT, ("1", "2"))


def test_several_labels_of_the_training_data_may_be_one_class():
    raw = (["1", "2"], ["4", "5"])
    assert map_labels(("1", "2", "4", "5"), SENTIMENT, raw).indices == {"1": 0, "2": 0, "4": 1, "5": 1}


def test_labels_beside_names_are_unknown_and_named():
    mapping = map_labels(("positive", "meh", "7"), SENTIMENT, RAW)
    assert (mapping.as_dict(), mapping.unknown) == ({"positive": "positive"}, ("7", "meh"))
    assert mapping.refusal("meh") == "There is no label 'meh': this model has negative, positive."
    with pytest.raises(InputError, match="The labels good, poor do not fit the classes negative, positive"):
        map_labels(("poor", "good"), SENTIMENT, RAW)


@pytest.mark.parametrize(
    "given",
    [("negative=1", "positive=2"), ("1=negative", "2=positive"), ("NEGATIVE = 1", "pos=2.0")],
)
def test_the_user_says_what_labels_mean(given):
    mapping = map_labels(("1", "2"), SENTIMENT, RAW, given)
    assert mapping.indices == {"1": 0, "2": 1}
    assert mapping.sentence() == "Labels are read as --labels says: 1 = negative, 2 = positive"


def test_what_the_user_says_holds_for_labels_that_are_named_alone():
    mapping = map_labels(("-1", "0", "1"), SENTIMENT, RAW, ("negative=-1", "positive=1"))
    assert (mapping.indices, mapping.unknown) == ({"-1": 0, "1": 1}, ("0",))
    assert map_labels(("1", "2", "4"), SENTIMENT, RAW, ("negative=1", "negative=2", "positive=4")).indices["2"] == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("negative", "--labels must be CLASS=LABEL, got 'negative'"),
        ("=1", "must be CLASS=LABEL"),
        ("negative=3", "There is no label '3' in this set for --labels: it has 1, 2"),
        ("neutral=1", "There is no label 'neutral': this model has negative, positive"),
    ],
)
def test_what_the_user_says_wrongly_gets_a_sentence(given, sentence):
    with pytest.raises(InputError, match=sentence):
        map_labels(("1", "2"), SENTIMENT, RAW, (given,))


def test_of_names_that_differ_in_case_the_exact_one_counts():
    names = ("Negative", "negative", "other")
    assert [label_index(name, names) for name in names] == [0, 1, 2]
    with pytest.raises(InputError, match="There is no label 'NEGATIVE'"):
        label_index("NEGATIVE", names)


@pytest.mark.parametrize("label", ["", "neutral", "2", "-1", "1.5", "²", "x" * 1000, "1" * 5000])
def test_an_unknown_label_is_refused_with_the_known_ones(label):
    with pytest.raises(InputError, match=r"There is no label .* this model has negative, positive") as refused:
        label_index(label, SENTIMENT)
    assert len(str(refused.value)) < 200


def test_of_many_labels_some_are_named():
    with pytest.raises(InputError, match=r"this model has 0, 1, 2, 3, 4, 5, 6, 7, \.\.\.\."):
        label_index("nosuch", tuple(map(str, range(100))))


@pytest.mark.parametrize("name", ["sports", "SPORTS ", "sci-tech", "Sci_Tech", "sci/tech"])
def test_case_underscores_and_strokes_between_words_do_not_count(name):
    assert label_index(name, NEWS) == (1 if "port" in name.lower() else 3)


def test_numbers_stand_in_their_order():
    assert in_order(["10", "9", "1.5", "-1"]) == ["-1", "1.5", "9", "10"]
    assert in_order(["LABEL_10", "LABEL_2"]) == ["LABEL_2", "LABEL_10"]
    assert in_order(["b", "10", "a"]) == ["10", "a", "b"]


def test_labels_that_differ_in_spelling_are_put_together():
    counts = {"Negative": 4, "negative": 3, "NEGATIVE ": 1, "1.0": 5, "1": 1, "hot_dog": 1, "hot dog": 2}
    assert merged(counts) == {
        **dict.fromkeys(("Negative", "negative", "NEGATIVE "), "Negative"),
        **dict.fromkeys(("1.0", "1"), "1"),
        **dict.fromkeys(("hot_dog", "hot dog"), "hot dog"),
    }


def test_classes_to_leave_out_are_named_by_label_or_class():
    labels = ("0", "1", "2", "3")
    mapping = map_labels(labels, NEWS)
    assert select(["sports", "3"], labels, mapping) == {"1", "3"}
    assert select(["BACKGROUND google"], ("BACKGROUND_Google", "cat")) == {"BACKGROUND_Google"}
    with pytest.raises(InputError, match=r"There is no class 'sport' in this set: it has 0 \(World\), 1 \(Sports\)"):
        select(["sport"], labels, mapping)
