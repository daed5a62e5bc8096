"""The cost of a request, estimated before it starts."""

import pytest
import torch

from rnnformer_demo.analysis import cost
from rnnformer_demo.analysis.sections import BUILDERS
from rnnformer_demo.data import InputError
from rnnformer_demo.interpret.attribution import METHODS, explain, methods_for
from rnnformer_demo.interpret.cost import STEP_MS, Size

SHORT, LONG, PHOTO = Size("sequence", 8, 9), Size("sequence", 400, 400), Size("grid", 49, 49)


def test_every_section_has_a_cost():
    assert set(cost._SECTIONS) == set(BUILDERS)
    for section in BUILDERS:
        each = cost.of_sections([section], "integrated-gradients")
        assert 0 < each(SHORT) < each(LONG)
        assert each(PHOTO) > 0


@pytest.mark.parametrize("name", METHODS)
def test_a_longer_input_costs_no_less(name):
    layouts = [layout for layout in ("sequence", "grid") if METHODS[name] in methods_for(layout)]
    for layout in layouts:
        costs = [METHODS[name].cost(Size(layout, units, units)) for units in (1, 2, 9, 49, 128, 400)]
        assert costs == sorted(costs)


@pytest.mark.parametrize(
    ("modality", "name"),
    [
        *(("text", name) for name in ("occlusion", "greedy-occlusion", "kernel-shap", "permutation-shapley")),
        ("image", "averaged-greedy-occlusion"),
    ],
)
def test_the_passes_that_a_method_declares_are_those_that_it_runs(modality, name, samples, monkeypatch):
    """Counted in tokens or cells that go through the model, not in seconds."""
    import tiny

    from rnnformer_demo.models import freeze

    model, sample, steps = freeze(tiny.model(modality)), samples[modality], 0
    classify = type(model).forward

    def counting(self, inputs, mask):
        nonlocal steps
        steps += mask.numel()
        return classify(self, inputs, mask)

    monkeypatch.setattr(type(model), "forward", counting)
    explain(model, sample, 1, name)
    size = Size(sample.layout, len(sample.unit_names), sample.mask.shape[1])
    passes = METHODS[name].cost(size) / size.whole(1)
    assert steps / size.steps == pytest.approx(passes, rel=1.0)
    assert torch.is_tensor(sample.mask)


def test_what_exceeds_the_budget_is_refused_with_what_would_fit():
    def asked(method: str):
        return cost.of_sections(("attribution",), method)

    with pytest.raises(InputError) as refused:
        cost.check(LONG, asked, "kernel-shap", 30)
    sentence = str(refused.value)
    assert sentence.startswith("KernelSHAP on 400 words would take about 51 s here; the budget of a request is 30 s: ")
    assert sentence.endswith("Integrated gradients fits, or at most 306 words.")
    cost.check(LONG.of_units(306), asked, "kernel-shap", 30)
    with pytest.raises(InputError):
        cost.check(LONG.of_units(307), asked, "kernel-shap", 30)


def test_what_nothing_fits_into_is_refused_too():
    with pytest.raises(InputError, match=r"on 49 cells would take .*: ask for one thing at a time"):
        cost.check(PHOTO, lambda _method: lambda size: 1e9, "occlusion", 30)


def test_what_fits_is_estimated_in_seconds():
    assert cost.check(LONG, lambda name: cost.of_sections(("attribution",), name), "occlusion", 30) == pytest.approx(
        401 * 400 * STEP_MS / 1000
    )


def test_an_unknown_name_costs_nothing_and_is_refused_elsewhere():
    assert cost.of_sections(("attribution", "magic"), "magic")(LONG) == 0
