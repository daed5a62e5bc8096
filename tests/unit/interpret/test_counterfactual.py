"""What-if: forecasts beside what comes, and the fewest units whose removal changes the label."""

from itertools import combinations

import pytest
import tiny
import torch

from rnnformer_demo.interpret.attribution import Explanation, explain
from rnnformer_demo.interpret.counterfactual import ablate_units, minimal_counterfactual
from rnnformer_demo.interpret.perturb import perturbed_logits
from rnnformer_demo.models import freeze

REMOVALS = [("text", "unknown"), ("text", "deletion"), ("image", "blur"), ("image", "mean")]
every_removal = pytest.mark.parametrize(("modality", "perturbation"), REMOVALS)


@pytest.fixture
def additive():
    """A model whose logits are a mean over tokens, each of which counts for itself."""
    made = tiny.model("text", seed=3, recurrence=(), attention_layers=0)
    torch.nn.init.zeros_(made.core.pooling.score.weight)
    return freeze(made)


def test_the_forecast_is_what_comes_where_tokens_count_for_themselves(additive, samples):
    sample = samples["text"]
    explanation = explain(additive, sample, 1, "occlusion")
    change = ablate_units(additive, sample, explanation, [0, 3, 4], "unknown")
    assert change.forecast == pytest.approx(change.measured, abs=1e-4)
    assert change.forecast == pytest.approx(-explanation.scores[[0, 3, 4]].sum().item(), abs=1e-5)


@every_removal
def test_a_change_is_that_of_the_logit_of_the_explained_class(model, sample, perturbation):
    explanation = Explanation("occlusion", 2, torch.arange(len(sample.unit_names)).float(), sample.grid)
    change = ablate_units(model, sample, explanation, [1, 2], perturbation)
    with torch.no_grad():
        before = model(sample.inputs, sample.mask)[0]
    assert change.forecast == -3
    assert change.measured == pytest.approx((change.logits - before)[2].item(), abs=1e-5)
    assert change.measured != 0
    nothing = ablate_units(model, sample, explanation, [], perturbation)
    assert (nothing.forecast, nothing.measured) == pytest.approx((0, 0), abs=1e-6)


@pytest.mark.parametrize("unit", [-1, 99])
def test_a_unit_that_is_not_there(model, sample, unit):
    with pytest.raises(ValueError, match="units must be 0 to"):
        ablate_units(model, sample, Explanation("occlusion", 0, torch.ones(99), sample.grid), [unit], "unknown")


def labels_without(model, sample, sets, perturbation):
    explanation = Explanation("occlusion", 0, torch.zeros(len(sample.unit_names)), sample.grid)
    return [int(ablate_units(model, sample, explanation, units, perturbation).logits.argmax()) for units in sets]


def undecided(modality, sample, perturbation, seed):
    """A model that gives the sample another label when all of it goes."""
    made = tiny.model(modality, seed=seed)
    removed = torch.tensor([[False], [True]]).expand(-1, len(sample.unit_names))
    with torch.no_grad():
        made.core.head[-1].bias -= perturbed_logits(made, sample, removed, perturbation).mean(0)
    return freeze(made)


@every_removal
@pytest.mark.parametrize("seed", range(4))
def test_what_is_exact_is_the_smallest(samples, modality, perturbation, seed):
    sample = samples[modality]
    model = undecided(modality, sample, perturbation, seed)
    (label,) = labels_without(model, sample, [[]], perturbation)
    found = minimal_counterfactual(model, sample, perturbation)
    assert labels_without(model, sample, [found.units], perturbation) == [found.label] != [label]
    if len(found.units) <= 3:
        assert found.exact
        smaller = [
            units for size in range(len(found.units)) for units in combinations(range(len(sample.unit_names)), size)
        ]
        assert set(labels_without(model, sample, smaller, perturbation)) == {label}


def test_a_label_that_nothing_changes(samples):
    made = tiny.model("text")
    torch.nn.init.zeros_(made.core.head[-1].weight)
    made.core.head[-1].bias.data = torch.tensor([0.0, 1.0, 0.0])
    found = minimal_counterfactual(freeze(made), samples["text"], "unknown")
    assert (found.units, found.label, found.exact) == ((), None, False)


@pytest.mark.parametrize("seed", range(4))
def test_too_few_rows_are_not_called_exact(samples, seed):
    model = undecided("text", samples["text"], "unknown", seed)
    less = minimal_counterfactual(model, samples["text"], "unknown", most_rows=5)
    more = minimal_counterfactual(model, samples["text"], "unknown")
    assert less.rows < more.rows
    assert less.exact == (less.label is not None and len(less.units) == 1)
    assert more.label is not None


def test_the_share_that_is_reported_grows_to_one(model, sample, modality):
    shares = []
    perturbation = next(iter(model.perturbations))
    minimal_counterfactual(undecided(modality, sample, perturbation, 0), sample, perturbation, report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
