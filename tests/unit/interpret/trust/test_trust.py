"""Trust: faithfulness on a model whose evidence is known, the measures' values by hand, and the verdict."""

import json
import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ConstantInputWarning, binomtest, spearmanr

from rnnformer_demo.document import Faithfulness, RankedScore, Trust
from rnnformer_demo.interpret.attribution import METHODS, Explanation, explain, methods_for
from rnnformer_demo.interpret.perturb import perturbed_logits
from rnnformer_demo.interpret.trust import assess
from rnnformer_demo.interpret.trust.agreement import rank_correlation
from rnnformer_demo.interpret.trust.faithfulness import (
    CONTROL_QUANTILES,
    MOST_STEPS,
    STAGES,
    PerturbationCurves,
    exact_interval,
    measure_until,
    random_orders,
)
from rnnformer_demo.interpret.trust.stability import infidelity
from rnnformer_demo.interpret.trust.verdict import OUTDONE, VERDICTS, Findings, verdict
from rnnformer_demo.models import freeze
from rnnformer_demo.models.perturbation import delete_tokens

REMOVALS = [("text", "unknown"), ("text", "deletion"), ("image", "blur"), ("image", "mean")]
FITTING = [
    (modality, method.name)
    for modality, layout in (("image", "grid"), ("text", "sequence"))
    for method in methods_for(layout)
]
every_removal = pytest.mark.parametrize(("modality", "perturbation"), REMOVALS)


def faithfulness(model, sample, scores, perturbation, confidence, pairs, seed) -> Faithfulness:
    return PerturbationCurves(model, sample, perturbation, confidence, seed).measure(scores, pairs)


def logit_of(target: int):
    return lambda logits: logits[:, target]


@pytest.fixture
def additive():
    """A model whose logits are a mean over tokens, each of which counts for itself."""
    made = tiny.model("text", recurrence=(), attention_layers=0)
    torch.nn.init.zeros_(made.core.pooling.score.weight)
    return freeze(made)


@pytest.fixture
def contributions(additive, samples):
    """What each word adds to the logit of class 1, compared with the unknown token."""
    return PerturbationCurves(additive, samples["text"], "unknown", logit_of(1), 0).leave_one_out()


@every_removal
def test_taking_out_is_the_same_one_by_one_and_together(model, sample, perturbation):
    removed = torch.rand(9, len(sample.unit_names)) < torch.linspace(0, 1, 9)[:, None]
    together = perturbed_logits(model, sample, removed, perturbation)
    for row, logits in zip(removed, together, strict=True):
        alone = perturbed_logits(model, sample, row[None], perturbation)[0]
        torch.testing.assert_close(logits, alone, atol=1e-5, rtol=0)


@every_removal
def test_where_nothing_goes_the_prediction_stays(model, sample, perturbation):
    nothing = torch.zeros(1, len(sample.unit_names), dtype=torch.bool)
    with torch.no_grad():
        torch.testing.assert_close(
            perturbed_logits(model, sample, nothing, perturbation), model(sample.inputs, sample.mask)
        )


def test_deleted_words_close_up_and_padding_stays_behind():
    ids, mask = torch.tensor([[7, 8, 9, 5, 0]]), torch.tensor([[True, True, True, True, False]])
    removed = torch.tensor(
        [[False, True, False, False, False], [True] * 5, [False] * 5, [True, True, True, False, False]]
    )
    moved, real = delete_tokens(ids, mask)(removed)
    assert moved.tolist() == [[7, 9, 5, 0], [1, 0, 0, 0], [7, 8, 9, 5], [5, 0, 0, 0]]
    assert real.sum(1).tolist() == [3, 1, 4, 1]


@pytest.mark.parametrize("perturbation", ["blur", "mean"])
def test_only_the_pixels_of_the_patches_that_go_change(samples, perturbation):
    sample, model = samples["image"], tiny.model("image")
    removed = torch.zeros(1, len(sample.unit_names), dtype=torch.bool)
    removed[0, 4] = True
    changed, _ = model.perturbations[perturbation](sample.inputs, sample.mask)(removed[:, sample.feature_mask[0]])
    differs = (changed != sample.inputs).any(1)  # (1, S, S)
    assert differs.any()
    assert (sample.feature_mask[0][differs] == 4).all()


def test_the_true_evidence_beats_every_order_and_its_reverse_none(additive, samples, contributions):
    measured = faithfulness(additive, samples["text"], contributions, "unknown", logit_of(1), 20, 0)
    turned = faithfulness(additive, samples["text"], -contributions, "unknown", logit_of(1), 20, 0)
    for name in ("comprehensiveness", "sufficiency", "deletion_auc", "insertion_auc"):
        best, worst = getattr(measured, name), getattr(turned, name)
        assert (best.percentile, best.normalised) == (100, 1)
        assert (worst.percentile, worst.normalised) == (0, 0)
    assert measured.comprehensiveness.value > turned.comprehensiveness.value
    assert measured.sufficiency.value < turned.sufficiency.value
    assert measured.orders == 40


def test_the_measures_are_what_their_definitions_give(additive, samples, contributions):
    sample = samples["text"]
    measured = faithfulness(additive, sample, contributions, "unknown", logit_of(1), 2, 0)
    ranked = contributions.sort(descending=True).values
    whole = additive(sample.inputs, sample.mask)[0, 1]
    sizes = [round(share * len(ranked)) for share in measured.shares]
    deletion = torch.stack([whole - ranked[:size].sum() for size in sizes])
    insertion = torch.stack([whole - ranked[size:].sum() for size in sizes])
    torch.testing.assert_close(torch.tensor(measured.deletion), deletion, atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.tensor(measured.insertion), insertion, atol=1e-4, rtol=0)
    early = [index for index, size in enumerate(sizes) if 0 < size <= len(ranked) / 2]
    assert measured.comprehensiveness.value == pytest.approx((whole - deletion[early]).mean().item(), abs=1e-4)
    assert measured.sufficiency.value == pytest.approx((whole - insertion[early]).mean().item(), abs=1e-4)
    area = torch.trapezoid(deletion, torch.tensor(measured.shares))
    assert measured.deletion_auc.value == pytest.approx(area.item(), abs=1e-4)


def test_the_controls_are_quantiles_of_what_each_random_order_gives(additive, samples, contributions):
    sample = samples["text"]
    measured = faithfulness(additive, sample, contributions, "unknown", logit_of(1), 6, 3)
    count = len(contributions)
    sizes = [round(share * count) for share in measured.shares]
    early = [index for index, size in enumerate(sizes) if 0 < size <= count / 2]
    losses = contributions[random_orders(count, 6, 3)]  # (12, n) of the words in the order in which they go
    gone = torch.stack([losses[:, :size].sum(1) for size in sizes], 1)  # (12, K)
    left = torch.stack([losses[:, size:].sum(1) for size in sizes], 1)
    whole, shares = additive(sample.inputs, sample.mask)[0, 1], torch.tensor(measured.shares)
    expected = {
        "comprehensiveness": gone[:, early].mean(1),
        "sufficiency": left[:, early].mean(1),
        "deletion_auc": torch.trapezoid(whole - gone, shares, dim=1),
        "insertion_auc": torch.trapezoid(whole - left, shares, dim=1),
    }
    for name, values in expected.items():
        controls = getattr(measured, name).controls
        assert controls == pytest.approx(
            values.double().quantile(torch.tensor(CONTROL_QUANTILES).double()).tolist(), abs=1e-4
        )
        assert controls == tuple(sorted(controls)) == tuple(round(value, 4) for value in controls)


@pytest.mark.parametrize("modality", ["text", "image"])
def test_random_scores_stand_in_the_middle_of_random_orders(model, sample):
    """Over many draws: a percentile is uniform where nothing is known."""
    percentiles = [
        faithfulness(model, sample, torch.randn(len(sample.unit_names)), "unknown" if sample.grid is None else "mean",
                     logit_of(0), 10, seed).comprehensiveness.percentile
        for seed in range(30)
    ]  # fmt: skip
    assert 30 < sum(percentiles) / len(percentiles) < 70


def test_random_orders_come_with_their_reverse_and_by_their_seed():
    orders = random_orders(7, 3, 5)
    assert orders.shape == (6, 7)
    assert torch.equal(orders.sort(1).values, torch.arange(7).expand(6, 7))
    assert torch.equal(orders[0::2], orders[1::2].flip(1))
    assert torch.equal(orders, random_orders(7, 3, 5))
    assert not torch.equal(orders, random_orders(7, 3, 6))


def test_one_unit_has_no_order(model):
    sample = tiny.text_reader()("good")
    with pytest.raises(ValueError, match="two units at least, which have an order, got 1"):
        faithfulness(freeze(tiny.model("text")), sample, torch.ones(1), "unknown", logit_of(0), 2, 0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3], [1, 3, 2], 0.5),
        ([1, 1, 2, 3], [1, 2, 3, 4], 0.9486833),  # with ties: Pearson's of the ranks 1.5, 1.5, 3, 4
        ([5, 5, 5], [1, 2, 3], None),
    ],
)
def test_rank_correlation(a, b, expected):
    assert rank_correlation(torch.tensor(a).float(), torch.tensor(b).float()) == pytest.approx(expected, abs=1e-5)


PAIRS = st.lists(st.tuples(st.integers(-4, 4), st.floats(-9, 9, width=16)), min_size=2, max_size=30)


@given(PAIRS)
def test_rank_correlation_is_scipys(pairs):
    a, b = torch.tensor(pairs, dtype=torch.float).unbind(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        expected = spearmanr(a.numpy(), b.numpy()).statistic
    measured = rank_correlation(a, b)
    assert (measured is None) == math.isnan(expected)
    if measured is not None:
        assert measured == pytest.approx(expected, abs=1e-5)


@given(st.permutations(range(8)))
def test_rank_correlation_depends_on_ranks_alone(order):
    values = torch.tensor(order).float()
    other = torch.arange(8).float()
    assert rank_correlation(values, other) == pytest.approx(rank_correlation(values.exp(), 3 * other - 1), abs=1e-5)


def explanation_of(sample, scores, method="occlusion"):
    return Explanation(method, 1, scores, sample.grid)


def test_a_perfect_forecast_has_no_infidelity_whatever_its_scale(additive, samples, contributions):
    sample = samples["text"]
    perfect = infidelity(additive, sample, explanation_of(sample, 7 * contributions), "unknown", 0)
    useless = infidelity(additive, sample, explanation_of(sample, torch.randn(len(contributions))), "unknown", 0)
    assert perfect == pytest.approx(0, abs=1e-4)
    assert 0.05 < useless <= 1.0001


def test_an_input_that_nothing_changes_has_no_infidelity(additive, samples):
    sample = samples["text"]
    nothing = replace(sample, inputs=additive.baseline(sample.inputs, sample.mask))
    assert (
        infidelity(additive, nothing, explanation_of(sample, torch.randn(len(sample.unit_names))), "unknown", 0) is None
    )


def ranked(outdone: float, orders: int, value: float = 0.5, middle: float = 0.2) -> RankedScore:
    return RankedScore(
        value, 1.0, 100 * (1 - outdone), (0.0, 0.1, 0.15, middle, 0.3, 0.4, 0.45),
        outdone, exact_interval(round(outdone * orders), orders),
    )  # fmt: skip


def removed(comprehensiveness: float = 0, sufficiency: float = 0, orders: int = 100, **values: float) -> Faithfulness:
    """Faithfulness that such shares of random orders outdo."""
    areas = {name: RankedScore(0.5, 1.0, 100.0) for name in ("deletion_auc", "insertion_auc")}
    return Faithfulness(
        ranked(comprehensiveness, orders, **values), ranked(sufficiency, orders), **areas,
        orders=orders, shares=(), deletion=(), insertion=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "changes", "sentence"),
    [
        ("trust", {}, "more than 100 % of 100 random orders"),
        ("trust", {"gap": None, "sensitivity": None, "in_domain": None}, "whichever way"),
        (
            "with care",
            {"perturbations": {"unknown": removed(0.12)}},
            "goes (unknown), 12% of 100 random orders do better",
        ),
        (
            "with care",
            {"perturbations": {"unknown": removed(), "deletion": removed(0, 0.4)}},
            "stays (deletion), 40% of 100 random orders do better by 2 points (of all, 30% to 50%); 5% is the most.",
        ),
        ("with care", {"perturbations": {"unknown": removed(value=0.21)}}, "by 0.21, a random order by 0.20: where"),
        ("with care", {"gap": 0.03}, "3.0%"),
        ("with care", {"sensitivity": 0.8}, "80%"),
        ("with care", {"in_domain": False}, "not like what the model was trained on"),
        ("with care", {"perturbations": {}, "units": 1}, "1 part there"),
        ("with care", {"units": 3}, "3 parts there"),
        ("don't", {"perturbations": {"unknown": removed(), "deletion": removed(0.4)}}, "(deletion), 40%"),
        ("don't", {"gap": 0.5}, "50%"),
        ("undecided", {"perturbations": {"unknown": removed(orders=50)}}, "between “trust” and “with care”"),
        ("undecided", {"perturbations": {"unknown": removed(0.25)}}, "between “with care” and “don't”"),
        ("undecided", {"perturbations": {"unknown": removed(0.1, orders=20)}}, "“trust” and “with care” and “don't”"),
        ("don't", {"perturbations": {"unknown": removed(0.04), "deletion": removed(0.5)}}, "(deletion), 50%"),
    ],
)
def test_verdict(expected, changes, sentence):
    known = {"units": 12, "gap": 0.001, "sensitivity": 0.1, "in_domain": True} | changes
    perturbations = known.pop("perturbations", {"unknown": removed()})
    conclusion, reasons = verdict(perturbations, Findings(**known))
    assert conclusion == expected
    assert conclusion in VERDICTS
    assert any(sentence in reason for reason in reasons), reasons


@pytest.mark.parametrize(("hits", "of"), [(0, 74), (3, 74), (37, 74), (74, 74), (1, 20)])
def test_the_interval_of_a_share_is_scipys_exact_one(hits, of):
    interval = binomtest(hits, of).proportion_ci(0.95, "exact")
    assert exact_interval(hits, of) == pytest.approx((interval.low, interval.high), abs=1e-4)


def test_of_74_orders_none_may_be_better_for_trust():
    assert exact_interval(0, 2 * STAGES[1])[1] <= OUTDONE < exact_interval(1, 2 * STAGES[1])[1]


def test_random_orders_are_drawn_until_they_decide(additive, samples, contributions):
    curves = {"unknown": PerturbationCurves(additive, samples["text"], "unknown", logit_of(1), 0)}
    seen: list[int] = []

    def decided(measured: dict[str, Faithfulness]) -> bool:
        seen.append(measured["unknown"].orders)
        return len(seen) == 3

    assert measure_until(curves, contributions, decided)["unknown"].orders == 148
    assert seen == [20, 74, 148]
    assert measure_until(curves, contributions, lambda measured: False)["unknown"].orders == 2 * STAGES[-1]
    assert measure_until({}, contributions, decided) == {}


def test_no_variant_of_an_input_is_run_twice(additive, samples, contributions):
    ran: list[int] = []
    curves = PerturbationCurves(additive, samples["text"], "unknown", logit_of(1), 0, ran.append)
    first = curves.measure(contributions, 20)
    before = sum(ran)
    assert curves.measure(contributions, 20) == first
    assert sum(ran) == before
    curves.measure(contributions, STAGES[-1])
    assert before < sum(ran) <= 2 ** len(contributions)


@pytest.mark.parametrize(("most", "stages"), [(10_000, STAGES[:2]), (30_000, STAGES[:3]), (200_000, STAGES)])
def test_long_inputs_are_compared_with_fewer_random_orders(additive, samples, monkeypatch, most, stages):
    monkeypatch.setitem(MOST_STEPS, "sequence", most)
    sample = samples["text"]
    curves = PerturbationCurves(additive, sample, "unknown", logit_of(1), 0)
    per_pair = 2 * 5 * sample.mask.shape[1]
    assert curves.stages == stages == tuple(pairs for pairs in STAGES if pairs * per_pair <= most or pairs <= STAGES[1])


def measured(trust: Trust) -> dict:
    """All of a section but the seconds that it took."""
    return asdict(replace(trust, seconds=0.0))


def test_a_card_is_whole_plain_and_the_same_for_the_same_seed(model, sample):
    explanation = explain(model, sample, 1, "integrated-gradients")
    shares = []
    first = assess(model, sample, explanation, report=shares.append)
    again = assess(model, sample, explanation)
    other = assess(model, sample, explanation, seed=1)
    assert measured(first) == measured(again)
    assert measured(first) != measured(other)
    values = json.loads(json.dumps(measured(first), allow_nan=False))
    assert set(values["perturbations"]) == set(model.perturbations)
    assert all(0 <= scores["comprehensiveness"]["percentile"] <= 100 for scores in values["perturbations"].values())
    assert (first.method, first.target) == ("integrated-gradients", model.config.labels[1])
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert "occlusion" in first.agreement or sample.grid
    assert tiny.hooks(model) == 0


@pytest.mark.parametrize(("modality", "method"), FITTING)
def test_every_method_gets_a_card(model, sample, method):
    explanation = explain(model, sample, 1, method)
    card = assess(model, sample, explanation)
    assert card.verdict in VERDICTS
    assert card.reasons
    assert set(card.perturbations) == set(model.perturbations)
    assert (card.max_sensitivity is None) is (sample.grid is not None and METHODS[method].slow_on_grid)
    assert card.infidelity == pytest.approx(0.5, abs=0.5001)
    assert json.loads(json.dumps(measured(card), allow_nan=False))["verdict"] == card.verdict


@pytest.mark.parametrize("modality", ["text", "image"])
def test_a_card_says_what_was_left_out(model, sample, monkeypatch):
    card = assess(model, sample, explain(model, sample, 1, "integrated-gradients"))
    if sample.grid is None:
        assert card.left_out == ()
        monkeypatch.setattr("rnnformer_demo.interpret.trust.assessment.MAX_LEAVE_ONE_OUT", 1)
        longer = assess(model, sample, explain(model, sample, 1, "integrated-gradients"))
        assert longer.left_out[0].startswith(f"With {len(sample.unit_names)} parts, the best and the worst order were")
    else:
        assert card.left_out == ("Not compared with occlusion: that would take seconds here.",)
        assert "occlusion" not in card.agreement
        slow = assess(model, sample, explain(model, sample, 1, "occlusion"))
        assert slow.left_out == (
            "Max-sensitivity was not measured: occlusion takes seconds here and would have to run several times.",
        )


def test_a_report_that_raises_ends_the_measurement(model, sample):
    explanation = explain(model, sample, 1, "integrated-gradients")

    def cancel(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        assess(model, sample, explanation, report=cancel)


def test_a_text_of_one_word_gets_a_card_too():
    model, sample = freeze(tiny.model("text")), tiny.text_reader()("good")
    card = assess(model, sample, explain(model, sample, 0, "integrated-gradients"))
    assert card.verdict == "with care"
    assert card.perturbations == {}


def test_cards_of_eight_threads_are_those_of_one(model, sample, monkeypatch):
    monkeypatch.setattr("rnnformer_demo.interpret.trust.faithfulness.STAGES", (2, 3))  # few random orders do here
    explanation = explain(model, sample, 1, "integrated-gradients")
    alone = [measured(assess(model, sample, explanation, seed=seed)) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda seed: measured(assess(model, sample, explanation, seed=seed)), range(8)))
    assert together == alone
