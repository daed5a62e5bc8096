"""What counts as a failure of a behavioural test, and the figures made of it."""

import pytest

from rnnformer_demo.evaluation.behaviour.cases import Case, filled
from rnnformer_demo.evaluation.behaviour.judging import failing, fails, summary


def believing(**positive):
    return {text: {"negative": 1 - share, "positive": share} for text, share in positive.items()}


def case(*texts, label="positive", template="a template"):
    return Case(label, texts, template)


@pytest.mark.parametrize(
    ("kind", "one", "label", "believed", "expected"),
    [
        ("MFT", ("a",), "positive", believing(a=0.6), False),
        ("MFT", ("a",), "positive", believing(a=0.4), True),
        ("MFT", ("a",), "negative", believing(a=0.4), False),
        ("INV", ("a", "b"), "positive", believing(a=0.45, b=0.54), False),  # another answer, but within .1
        ("INV", ("a", "b"), "positive", believing(a=0.95, b=0.84), True),
        ("INV", ("a", "b"), "positive", believing(a=0.84, b=0.95), True),
        ("DIR", ("a", "b"), "positive", believing(a=0.84, b=0.95), False),
        ("DIR", ("a", "b"), "positive", believing(a=0.95, b=0.84), True),
        ("DIR", ("a", "b"), "negative", believing(a=0.95, b=0.84), False),
    ],
)
def test_what_fails(kind, one, label, believed, expected):
    assert fails(kind, case(*one, label=label), believed) is expected


def test_figures_count_failures_by_template():
    tested = [case("a", template="x"), case("b", template="x"), case("c", template="y"), case("d", template="y")]
    figures = summary("MFT", tested, believing(a=0.9, b=0.9, c=0.9, d=0.1))
    assert (figures["n"], figures["failures"], figures["failure_rate"]) == (4, 1, 0.25)
    assert figures["interval"] == pytest.approx([0.0456, 0.6994], abs=1e-4)  # Wilson's
    assert figures["template_interval"] == [0.0, 0.5]
    assert [(each["template"], each["n"], each["failures"]) for each in figures["templates"]] == [
        ("x", 2, 0),
        ("y", 2, 1),
    ]
    assert "changed" not in figures


def test_of_pairs_the_answers_that_change_are_counted_too():
    tested = [case("a", "b"), case("a", "c")]
    assert summary("INV", tested, believing(a=0.54, b=0.46, c=0.6))["changed"] == 0.5


def test_failing_cases_come_with_what_was_believed():
    assert failing("INV", [case("a", "b")], believing(a=0.9, b=0.2)) == [
        {"texts": ["a", "b"], "label": "positive", "probabilities": [0.9, 0.2]}
    ]


@pytest.mark.parametrize(
    ("template", "word", "text"),
    [
        ("it is a(n) {x} day.", "awful", "It is an awful day."),
        ("it is a(n) {x} day.", "useful", "It is a useful day."),
        ("a(n) {x}.", "hour", "An hour."),
        ("a(n) {x}.", "bar", "A bar."),
        ("{x}很好。", "这家店", "这家店很好。"),
    ],
)
def test_a_template_is_filled(template, word, text):
    assert filled(template, {"x": word}) == text
