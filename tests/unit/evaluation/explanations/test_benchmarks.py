"""Ground truth: figures of merit against values made by hand, readers, and what explanations score."""

import json
import math
from dataclasses import replace

import pytest
import tiny
import torch
import truth
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_score, recall_score
from truth import REVIEWS, TREES, explanation

from rnnformer_demo.checkpoints.store import Checkpoint
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.explanations import phrases, rationales, scoring, stability
from rnnformer_demo.evaluation.explanations.benchmark import Skipped, chosen_methods, words_of_tokens
from rnnformer_demo.evaluation.explanations.run import PLANTED, evaluate_explanations, recognise
from rnnformer_demo.models import freeze


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    """A small untrained text model with sentiment labels."""
    return truth.checkpoint("text")


@pytest.mark.parametrize(
    ("scores", "relevant", "expected"),
    [
        ([4.0, 3.0, 2.0, 1.0], [1, 0, 1, 0], (1 + 2 / 3) / 2),
        ([4.0, 3.0, 2.0, 1.0], [0, 0, 0, 1], 1 / 4),
        ([-1.0, -2.0], [1, 0], 1.0),
        ([1.0, 1.0, 1.0, 1.0], [0, 1, 0, 0], 1 / 4),  # a tie says nothing: the share of the relevant
        ([2.0, 1.0, 1.0, 0.0], [1, 0, 1, 0], 0.5 + 0.5 * 2 / 3),
    ],
)
def test_average_precision_is_that_made_by_hand(scores, relevant, expected):
    found = scoring.average_precision(torch.tensor(scores), torch.tensor(relevant, dtype=torch.bool))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "relevant", "expected"),
    [
        ([4.0, 3.0, 2.0, 1.0], [1, 0, 1, 0], 0.5),
        ([4.0, 3.0, 2.0, 1.0], [1, 1, 0, 0], 1.0),
        ([1.0, 1.0, 1.0, 1.0], [0, 1, 0, 0], 0.25),
        ([2.0, 1.0, 1.0, 0.0], [1, 0, 1, 0], 0.75),
    ],
)
def test_token_f1_is_that_made_by_hand(scores, relevant, expected):
    found = scoring.r_precision(torch.tensor(scores), torch.tensor(relevant, dtype=torch.bool))
    assert found == pytest.approx(expected)


SCORES = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=12)  # with many ties


def scored(rows: list[tuple[int, bool]]) -> tuple[torch.Tensor, torch.Tensor]:
    scores, relevant = zip(*rows, strict=True)
    return torch.tensor(scores, dtype=torch.float), torch.tensor(relevant)


@given(SCORES.filter(lambda rows: any(relevant for _, relevant in rows)))
def test_average_precision_is_scikit_learns(rows):
    scores, relevant = scored(rows)
    expected = average_precision_score(relevant.numpy(), scores.numpy())
    assert scoring.average_precision(scores, relevant) == pytest.approx(expected, abs=1e-9)


@given(SCORES.filter(lambda rows: any(relevant for _, relevant in rows)), st.integers(0, 2**16))
def test_r_precision_is_scikit_learns_over_the_orders_of_equal_scores(rows, seed):
    scores, relevant = scored(rows)
    k, generator = int(relevant.sum()), torch.Generator().manual_seed(seed)
    shares = []
    for _ in range(40):
        broken = scores + 0.5 * torch.rand(len(scores), generator=generator)
        highest = torch.zeros_like(relevant)
        highest[broken.topk(k).indices] = True
        shares.append(precision_score(relevant.numpy(), highest.numpy()))
        assert shares[-1] == recall_score(relevant.numpy(), highest.numpy())
    spread = (torch.tensor(shares).std() / len(shares) ** 0.5).item()
    assert scoring.r_precision(scores, relevant) == pytest.approx(sum(shares) / len(shares), abs=5 * spread + 1e-9)


def test_the_share_of_positive_scores_leaves_out_negative_ones():
    inside = torch.tensor([True, False, True, False])
    assert scoring.energy_pointing_game(torch.tensor([1.0, 3.0, -5.0, -1.0]), inside, ~inside) == pytest.approx(0.25)
    assert scoring.energy_pointing_game(torch.tensor([-1.0, 0.0, -5.0, -1.0]), inside, ~inside) is None


def test_nothing_relevant_is_refused():
    with pytest.raises(ValueError, match="at least one true"):
        scoring.average_precision(torch.ones(2), torch.zeros(2, dtype=torch.bool))


def test_intervals_hold_the_mean_and_widen_where_inputs_count_more_than_once():
    hits = [(1.0, 1.0)] * 30 + [(0.0, 1.0)] * 10
    low, high = scoring.interval(hits)
    assert (low, high) == pytest.approx((0.598, 0.858), abs=1e-3)  # Wilson's
    in_tens = [(10.0, 10.0)] * 3 + [(0.0, 10.0)]
    assert scoring.mean(hits) == scoring.mean(in_tens) == 0.75
    wide = scoring.interval(in_tens)
    assert wide[0] < low
    assert wide[1] > high
    assert scoring.interval(in_tens) == wide


def test_inputs_that_add_nothing_are_no_part_of_an_interval():
    parts = [(1.0, 2.0), (3.0, 4.0), (0.0, 0.0)]
    assert scoring.interval(parts) == scoring.interval(parts[:2])
    assert all(math.isfinite(edge) for edge in scoring.interval([*parts[:1], (0.0, 0.0), (0.0, 0.0)]))


def test_words_find_their_tokens_again():
    tokens = ("I", "do", "n't", "like", "so-called", "films", ".")
    sample = tiny.text_reader()(" ".join(tokens))
    words = list(words_of_tokens(tokens, sample))
    assert [["".join(sample.unit_names[word] for word in inside)] for inside in words] == [[token] for token in tokens]
    assert [len(inside) for inside in words] == [1, 1, 1, 1, 3, 1, 1]


def test_tokens_beyond_what_is_read_have_no_words():
    tokens = ("good",) * 5
    assert [len(inside) for inside in words_of_tokens(tokens, tiny.text_reader(3)(" ".join(tokens)))] == [1, 1, 1, 0, 0]


def test_a_tree_is_read_with_its_phrases():
    tree = phrases.parse_tree("(3 (2 a) (4 (1 dull) (3 gem)))\n")
    assert tree.tokens == ("a", "dull", "gem")
    assert tree.phrases == ((0, 1, 2), (1, 2, 1), (2, 3, 3), (1, 3, 4), (0, 3, 3))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("(2 (2 a) (5 b))", "a label must be 0 to 4, got '5'"),
        ("(2 (2 a) (3 b)", "an end within"),
        ("(2 a)) b", "outside"),
        ("(2 a) (3 b)", "got more"),
        ("(2 (2 a) (3 ))", "must hold a word"),
        ("(2 (2 a) (", "got 'the end'"),
        ("words", "outside"),
    ],
)
def test_a_damaged_tree_is_refused(line, wrong):
    with pytest.raises(ValueError, match=wrong):
        phrases.parse_tree(line)


def test_the_sign_of_a_phrase_is_that_of_its_sum(checkpoint):
    tree = phrases.parse_tree("(1 (2 the) (1 (2 is) (1 (1 (2 n't) (3 funny)) (0 bad))))")
    example = phrases.tree_example(checkpoint, tree)
    assert example.target == 1
    # Words: funny +, bad -. Phrases: "n't funny", "n't funny bad" and "is n't funny bad", all negative and negated.
    assert example.score(explanation([0.0, 9.0, -1.0, 0.5, -0.2])) == {
        "phrases": (2.0, 3.0),
        "words": (2.0, 2.0),
        "negated": (2.0, 3.0),
    }
    assert example.score(explanation([0.0] * 5))["words"] == (0.0, 2.0)  # no sign is not the right one
    assert example.references["always positive"] == {"phrases": (0.0, 3.0), "words": (1.0, 2.0), "negated": (0.0, 3.0)}
    logits = checkpoint.model(example.sample.inputs, example.sample.mask)[0]
    assert example.references["the prediction's sign"]["words"] == (1.0, 2.0)
    assert example.references["the prediction's sign"]["phrases"][0] == (0.0 if logits.argmax() == 1 else 3.0)


def test_a_sentence_without_signs_or_cut_short_is_skipped(checkpoint):
    with pytest.raises(Skipped, match="no phrase"):
        phrases.tree_example(checkpoint, phrases.parse_tree("(3 (2 the) (2 film))"))
    long = f"(3 {' '.join('(3 good)' for _ in range(40))})"
    with pytest.raises(Skipped, match="as a whole"):
        phrases.tree_example(checkpoint, phrases.parse_tree(long))


def test_marked_words_are_those_of_the_spans(checkpoint):
    review = rationales.read_reviews(REVIEWS / "val.jsonl").rows[0][1]
    example = rationales.review_example(checkpoint, review)
    assert example.target == 0
    marked = ["boring", "do", "n't", "like", "this", "bad"]
    scores = [1.0 if name in marked and place > 2 else 0.0 for place, name in enumerate(example.sample.unit_names)]
    assert sum(scores) == len(marked)
    assert example.score(explanation(scores)) == dict.fromkeys(rationales.MEASURES, (1.0, 1.0))
    worst = example.score(explanation([-score for score in scores]))
    assert worst["token_f1"] == (0.0, 1.0)
    assert worst["energy"] is None
    share = len(marked) / len(example.sample.unit_names)
    assert example.references == {
        "share of words marked": dict.fromkeys(rationales.MEASURES, (pytest.approx(share), 1.0))
    }


def test_rationales_that_the_model_does_not_read_are_skipped(checkpoint):
    review = rationales.read_reviews(REVIEWS / "val.jsonl").rows[2][1]
    with pytest.raises(Skipped, match="nothing marked"):
        rationales.review_example(checkpoint, review)


def test_a_damaged_text_is_named(tmp_path):
    (tmp_path / "docs.jsonl").write_text('{"id": "a", "text": "b"}\n{"id": "c"}\n')
    (tmp_path / "val.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="line 2, must be"):
        rationales.read_reviews(tmp_path / "val.jsonl")


@pytest.mark.parametrize(
    ("path", "kind"), [(REVIEWS, "rationales"), (TREES, "phrases"), (TREES / "dev.txt", "phrases")]
)
def test_the_kind_of_a_set_is_told_by_its_files(checkpoint, path, kind):
    assert recognise(str(path), checkpoint)[0].name == kind
    with pytest.raises(InputError, match="this model is one for image"):
        recognise(str(path), truth.checkpoint("image"))


@pytest.mark.parametrize(
    ("path", "wrong"), [("nowhere", "no data set at"), ("docs.jsonl", "ground truth"), ("", "ground")]
)
def test_what_is_no_ground_truth_is_refused(checkpoint, path, wrong):
    with pytest.raises(InputError, match=wrong):
        recognise(str(REVIEWS / path if path else tiny.FIXTURES), checkpoint)


def test_reviews_are_evaluated_with_what_was_left_out(checkpoint):
    found = evaluate_explanations(checkpoint, [str(REVIEWS)], ["integrated-gradients"], randomised=0)
    (result,) = found["results"]
    assert found["model"] == result["model"] == "tiny"
    assert (result["kind"], result["data"], result["n"]) == ("rationales", "reviews val", 2)
    assert result["skipped"] == {"nothing marked within what the model reads": 1}
    assert result["rejected_rows"] == 4
    assert [row.split(":")[0] for row in result["rejected"]] == ["line 2", "line 5", "line 6", "line 7"]
    figures = result["methods"]["integrated-gradients"]["measures"]["average_precision"]
    low, high = figures["interval"]
    assert 0 < low <= figures["value"] <= high <= 1
    assert figures["n"] == 2
    assert json.loads(json.dumps(result)) == result


def test_sentences_are_drawn_by_the_seed(checkpoint):
    def run(**options) -> dict:
        (result,) = evaluate_explanations(checkpoint, [str(TREES)], ["occlusion"], randomised=0, **options)["results"]
        result["methods"]["occlusion"].pop("seconds")
        return result

    whole = run()
    assert (whole["n"], whole["rejected_rows"]) == (3, 2)
    assert [row.split(":")[0] for row in whole["rejected"]] == ["line 4", "line 5"]
    assert whole["skipped"] == {"no phrase with a sign inside": 1}
    assert whole["methods"]["occlusion"]["measures"]["phrases"]["n"] == 7
    assert run(limit=2, seed=3) == run(limit=2, seed=3)
    assert run(limit=2)["n"] == 2


def test_a_method_id_of_the_last_version_is_evaluated_as_todays(checkpoint):
    (result,) = evaluate_explanations(checkpoint, [str(TREES)], ["evidence"], limit=1, randomised=0)["results"]
    assert list(result["methods"]) == ["direct-logit-attribution"]


@pytest.mark.parametrize(
    ("data", "options", "wrong"),
    [
        ([], {}, "name at least one"),
        ([str(TREES)], {"limit": 0}, "at least 1"),
        ([str(TREES)], {"methods": ["grad-cam"]}, "no method 'grad-cam'"),
        ([str(TREES), "nowhere"], {}, "nowhere"),
    ],
)
def test_bad_choices_are_refused_before_anything_runs(checkpoint, data, options, wrong):
    with pytest.raises(InputError, match=wrong):
        evaluate_explanations(checkpoint, data, keep=pytest.fail, **options)


def test_scores_without_a_sign_are_not_judged_by_it(checkpoint):
    methods = ["attention-rollout", "occlusion"]
    (result,) = evaluate_explanations(checkpoint, [str(TREES)], methods, randomised=0)["results"]
    assert list(result["methods"]) == ["occlusion"]
    assert result["left_out"] == {"attention-rollout": "Its scores have no sign."}
    with pytest.raises(InputError, match="have no sign"):
        evaluate_explanations(checkpoint, [str(TREES)], methods[:1])


def test_methods_that_do_not_fit_the_model_are_left_out(checkpoint):
    vocabulary = checkpoint.model.config.vocabulary
    model = tiny.model("text", vocabulary=vocabulary, recurrence=())
    model.config = replace(model.config, labels=checkpoint.labels)
    other, methods = replace(checkpoint, model=freeze(model)), ["occlusion", "recurrence-integrated-gradients"]
    for result in evaluate_explanations(other, [str(TREES)], methods, randomised=1)["results"]:
        assert list(result["methods"]) == ["occlusion"]
        assert "no recurrence" in result["left_out"]["recurrence-integrated-gradients"]
    with pytest.raises(InputError, match="No method fits"):
        evaluate_explanations(other, [str(TREES)], methods[1:])


def test_a_model_without_the_class_says_so(checkpoint):
    other = replace(checkpoint, model=tiny.model("text", vocabulary=checkpoint.model.config.vocabulary))
    with pytest.raises(InputError, match="no label 'positive'"):
        evaluate_explanations(other, [str(TREES)], ["occlusion"])


def test_faithfulness_needs_no_truth_but_the_model(checkpoint, tmp_path):
    texts = tmp_path / "reviews.tsv"
    texts.write_text("text\tlabel\n" + "".join(f"{text}\tyes\n" for text in (*tiny.SENTENCES, "good")), "utf-8")
    found = explanations.evaluate_explanations(checkpoint, [str(texts)], ["occlusion", "random"], randomised=0)
    (result,) = found["results"]
    assert (result["kind"], result["n"]) == ("faithfulness", len(tiny.SENTENCES))
    assert result["skipped"] == {"fewer than 4 units": 1}
    for measures in (result["methods"][name]["measures"] for name in ("occlusion", "random")):
        assert set(measures) == set(result["measures"])
        assert measures["complete"]["value"] is None
    better, chance = (
        result["methods"][name]["measures"]["comprehensiveness-unknown"]["value"] for name in ("occlusion", "random")
    )
    assert better > chance
    assert "beats 95 % of random orders" in explanations.markdown(found["results"])


def test_verdicts_are_compared_over_seeds(checkpoint, tmp_path, monkeypatch):
    verdicts = iter(["trust", "trust", "with care", "undecided", "trust", "don't", "trust", "trust"])
    monkeypatch.setattr(stability, "conclude", lambda curves, scores, findings: ({}, (next(verdicts), ())))
    texts = tmp_path / "reviews.tsv"
    texts.write_text("text\tlabel\n" + "".join(f"{text}\tyes\n" for text in tiny.SENTENCES[:2]), "utf-8")
    (result,) = evaluate_explanations(checkpoint, [str(texts)], ["occlusion"], seeds=4)["results"]
    assert (result["kind"], result["n"]) == ("stability", 2)
    values = {name: figure["value"] for name, figure in result["methods"]["occlusion"]["measures"].items()}
    assert values == {"same": 5 / 8, "always": 0, "swapped": 0.5, "undecided": 1 / 8}


@pytest.mark.parametrize(
    ("data", "seeds", "sentence"),
    [
        (PLANTED, 4, "Seeds are for sets on which faithfulness is measured, not for planted"),
        (str(TREES), 4, "Seeds are for sets on which faithfulness is measured, not for phrases"),
    ],
)
def test_seeds_are_refused_elsewhere(checkpoint, data, seeds, sentence):
    with pytest.raises(InputError, match=sentence):
        evaluate_explanations(checkpoint, [data], ["occlusion"], seeds=seeds)


def test_a_method_with_an_option_stands_beside_the_one_without(checkpoint, tmp_path):
    rows = tmp_path / "rows.tsv"
    rows.write_text("text\tlabel\nthe plot is bad but fun\tpositive\n", encoding="utf-8")
    written = ["random", "relevance-propagation:rule=attn-lrp", "relevance-propagation"]
    (result,) = evaluate_explanations(checkpoint, [str(rows)], written, randomised=0)["results"]
    assert list(result["methods"]) == [written[1], written[2], "random"]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("relevance-propagation:rule", "Options of a method are written method:option=value"),
        ("relevance-propagation:rule=best", "The option rule of relevance-propagation cannot be 'best'"),
        ("occlusion:rule=attn-lrp", "The method occlusion has no option 'rule'"),
        ("magic:rule=attn-lrp", "There is no method 'magic' for this model"),
    ],
)
def test_an_option_that_does_not_fit_gets_a_sentence(written, sentence):
    with pytest.raises(InputError, match=sentence):
        chosen_methods([written], "sequence")
