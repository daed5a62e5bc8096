"""Pairs of texts, of which people changed as few words as they could."""

import lzma
from dataclasses import replace

import pytest
import torch
import truth

from rnnformer_demo.evaluation.explanations import evaluate_explanations
from rnnformer_demo.evaluation.explanations.benchmark import Skipped
from rnnformer_demo.evaluation.explanations.counterfactuals import (
    Revision,
    find_pairs,
    read_pairs,
    revision_example,
    smoothed,
)
from rnnformer_demo.interpret.counterfactual import minimal_counterfactual
from rnnformer_demo.interpret.perturb import perturbed_logits

TABLE = (
    "text\tlabel\tpair\n"
    "The plot is good, never dull.\tpositive\t7\n"
    'A "film" of one\tnegative\t8\n'
    "The plot is bad, always dull indeed.\tnegative\t7\n"
    "one\tcolumn\n"
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "pairs" / "dev.tsv.xz"
    path.parent.mkdir()
    path.write_bytes(lzma.compress(TABLE.encode()))
    return path


def test_changed_words_are_those_that_the_other_text_has_not(table):
    assert find_pairs(table) == table
    rows = read_pairs(table)
    assert rows.data == "pairs dev"
    (line, first), (other_line, second) = rows.rows
    assert (line, other_line) == (2, 4)
    assert [token for token, changed in zip(first.tokens, first.changed, strict=True) if changed] == [
        *("good,", "never", "dull."),
    ]
    assert [token for token, changed in zip(second.tokens, second.changed, strict=True) if changed] == [
        *("bad,", "always", "dull", "indeed."),
    ]
    assert [(row.line, row.reason) for row in rows.rejected] == [
        (5, "2 columns where the header has 3"),
        (3, "pair '8' has 1 rows, not two"),
    ]


@pytest.mark.parametrize(("name", "content"), [("a.tsv", "text\tlabel\n"), ("a.txt", TABLE), ("a.tsv", "")])
def test_other_tables_are_none(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert find_pairs(tmp_path / name) is None
    assert find_pairs(tmp_path) is None


def test_scores_on_the_changed_words_are_right():
    revision = Revision(
        ("the", "plot", "is", "good,", "never", "dull"), "positive", (False,) * 3 + (True,) + (False,) * 2
    )
    example = revision_example(truth.checkpoint("text"), revision)
    names = example.sample.unit_names
    where = [name in ("good", ",") for name in names]
    assert sum(where) == 2
    right = example.score(truth.explanation([float(each) for each in where]))
    assert right["average_precision"] == right["hit"] == (1.0, 1.0)
    wrong = example.score(truth.explanation([float(not each) for each in where]))
    assert wrong["hit"] == (0.0, 1.0)
    assert wrong["average_precision"][0] < 0.5
    assert example.references["share of words changed"]["hit"] == (pytest.approx(2 / len(names)), 1.0)
    assert right["forecast"] is None
    for changed in (False, True):
        with pytest.raises(Skipped, match="nothing or everything changed"):
            revision_example(truth.checkpoint("text"), Revision(revision.tokens, "positive", (changed,) * 6))


def test_a_forecast_is_compared_with_what_the_changed_words_do():
    revision = Revision(("the", "plot", "is", "good"), "positive", (False, False, False, True))
    checkpoint = truth.checkpoint("text")
    example = revision_example(checkpoint, revision)
    removed = torch.tensor([[False] * 4, [False, False, False, True]])
    before, after = perturbed_logits(checkpoint.model, example.sample, removed, "unknown")[:, example.target].tolist()
    for share, error in ((before - after, 0.0), (before - after + 0.5, 0.5), (0.0, abs(before - after))):
        given = replace(truth.explanation([1.0, 2.0, 3.0, share]), method="integrated-gradients")
        off, change = example.score(given)["forecast"]
        assert off == pytest.approx(error, abs=1e-6)
        assert change == pytest.approx(abs(before - after))


def test_the_minimal_counterfactual_stands_beside_the_methods():
    revision = Revision(("good", "plot", "bad", "film"), "positive", (True, False, False, False))
    checkpoint = truth.checkpoint("text")
    example = revision_example(checkpoint, revision)
    found = minimal_counterfactual(checkpoint.model, example.sample, "unknown").units
    parts = example.references["words of the minimal counterfactual"]()
    assert parts["forecast"] is None
    if found:
        assert parts["hit"] == (float(0 in found), float(len(found)))
        assert (parts["average_precision"][0] == 1.0) == (found == (0,))
    else:
        assert set(parts.values()) == {None}


def test_smoothing_is_a_moving_average_that_is_shorter_at_the_ends():
    scores = torch.tensor([1.0, 2.0, 3.0, 4.0, 10.0, 0.0])
    assert smoothed(scores).tolist() == pytest.approx([2.0, 2.5, 4.0, 3.8, 4.25, 14 / 3])


def test_a_set_of_pairs_is_evaluated(table):
    (result,) = evaluate_explanations(truth.checkpoint("text"), [str(table)], ["random"], randomised=0)["results"]
    assert (result["kind"], result["n"], result["rejected_rows"]) == ("counterfactuals", 2, 2)
    assert set(result["methods"]["random"]["measures"]) == {
        *("average_precision", "smoothed", "hit", "forecast"),
    }
    assert set(result["references"]) == {"words of the minimal counterfactual", "share of words changed"}
