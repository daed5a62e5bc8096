"""Inputs with units removed: any perturbation, any number of rows at once."""

import pytest
import tiny
import torch

from rnnformer_demo.interpret.perturb import default_rows, perturbed_logits
from rnnformer_demo.models import freeze
from rnnformer_demo.models.perturbation import to_baseline
from rnnformer_demo.nn.hooks import run


def each_alone(sample) -> torch.Tensor:
    return torch.eye(len(sample.unit_names), dtype=torch.bool)


def test_removing_a_unit_puts_the_baseline_in_its_place(model, sample):
    baseline = model.baseline(sample.inputs, sample.mask)
    logits = perturbed_logits(model, sample, each_alone(sample), to_baseline(baseline))
    for unit in (0, len(sample.unit_names) - 1):
        inputs = torch.where(sample.feature_mask == unit, baseline, sample.inputs)
        torch.testing.assert_close(logits[unit], run(model, inputs, sample.mask)[0], atol=1e-5, rtol=0)


def test_words_at_their_baseline_are_words_that_are_unknown(samples):
    model, sample = freeze(tiny.model("text")), samples["text"]
    baseline = to_baseline(model.baseline(sample.inputs, sample.mask))
    rows = each_alone(sample)
    expected = perturbed_logits(model, sample, rows, "unknown")
    assert torch.equal(perturbed_logits(model, sample, rows, baseline), expected)


def test_the_number_of_rows_of_a_pass_changes_nothing(model, sample):
    perturbation, passes = next(iter(model.perturbations)), []
    rows = each_alone(sample)
    expected = perturbed_logits(model, sample, rows, perturbation)
    by_three = perturbed_logits(model, sample, rows, perturbation, passes.append, rows_per_pass=3)
    torch.testing.assert_close(by_three, expected, atol=1e-5, rtol=0)
    assert (max(passes), sum(passes)) == (3, len(rows))


@pytest.mark.parametrize(("modality", "layout", "rows"), [("text", "sequence", 1024), ("image", "grid", 4)])
def test_the_layout_decides_how_many_rows_are_run_at_once(modality, layout, rows, samples):
    sample = samples[modality]
    assert sample.layout == tiny.model(modality).layout == layout
    assert default_rows(sample) == (rows if layout == "grid" else rows // sample.mask.shape[1])


def test_no_rows_have_no_logits(model, sample):
    assert perturbed_logits(model, sample, each_alone(sample)[:0], next(iter(model.perturbations))).shape == (
        0,
        len(model.config.labels),
    )
