"""Beliefs are what the model says of each part alone, however many parts are run together."""

from dataclasses import replace

import pytest
import tiny
import torch
from torch.nn.functional import pad

from rnnformer_demo.interpret import prefixes as module
from rnnformer_demo.interpret.prefixes import PrefixLogits, flips, prefix_predictions
from rnnformer_demo.models import freeze

SCANS = {
    "text": ["from the start", "from the end"],
    "image": ["rows from the top", "rows from the bottom", "columns from the left", "columns from the right"],
}
close = {"atol": 1e-5, "rtol": 0}


def test_each_scan_ends_with_the_whole_input(model, sample, modality):
    found = prefix_predictions(model, sample)
    assert [belief.scan for belief in found] == SCANS[modality]
    whole = model(sample.inputs, sample.mask)[0]
    for belief in found:
        count = len(belief.names)
        assert belief.positions.tolist() == list(range(1, count + 1))
        assert belief.steps[-1] == sample.mask.sum()
        assert (belief.steps[1:] > belief.steps[:-1]).all()
        assert belief.logits.shape == (count, len(model.config.labels))
        torch.testing.assert_close(belief.logits[-1], whole, atol=1e-4, rtol=0)
        assert not torch.allclose(belief.logits[0], whole, atol=1e-3)


@pytest.mark.parametrize("changes", [{}, {"recurrence": (), "positions": True}, {"recurrent_layers": 2}])
@pytest.mark.parametrize("budget", [1, 20, 10_000])
def test_beginnings_and_ends_get_what_they_get_alone(changes, budget, samples, monkeypatch):
    monkeypatch.setattr(module, "_TOKENS_PER_PASS", budget)
    sample, model = samples["text"], freeze(tiny.model("text", **changes))
    start, end = prefix_predictions(model, sample)
    units, count = sample.token_to_unit.tolist(), len(sample.unit_names)
    assert len(units) > count  # there is a word of several tokens, which must not be cut
    assert start.names == sample.unit_names
    assert end.names == sample.unit_names[::-1]
    for read in range(1, count + 1):
        for belief, words in ((start, range(read)), (end, range(count - read, count))):
            tokens = [step for step, unit in enumerate(units) if unit in words]
            alone = model(sample.inputs[:, tokens], sample.mask[:, tokens])[0]
            torch.testing.assert_close(belief.logits[read - 1], alone, **close)
            assert belief.steps[read - 1] == len(tokens)


def test_padding_changes_nothing(samples):
    sample, model = samples["text"], freeze(tiny.model("text"))
    padded = replace(
        sample,
        inputs=pad(sample.inputs, (0, 3), value=7),
        mask=pad(sample.mask, (0, 3), value=False),
        feature_mask=pad(sample.feature_mask, (0, 3), value=len(sample.unit_names) - 1),
        token_to_unit=pad(sample.token_to_unit, (0, 3), value=len(sample.unit_names) - 1),
    )
    for belief, same in zip(prefix_predictions(model, sample), prefix_predictions(model, padded), strict=True):
        assert same.names == belief.names
        assert torch.equal(same.steps, belief.steps)
        torch.testing.assert_close(same.logits, belief.logits, **close)


@pytest.mark.parametrize("changes", [{}, {"recurrence": (), "positions": True}, {"recurrent_layers": 2}])
@pytest.mark.parametrize("budget", [1, 20, 10_000])
def test_partial_scans_of_a_photo_are_those_of_the_cropped_grid(changes, budget, samples, monkeypatch):
    monkeypatch.setattr(module, "_TOKENS_PER_PASS", budget)
    sample, model = samples["image"], freeze(tiny.model("image", **changes))
    h, w = model.grid
    cells = model.tokens(model.embed(sample.inputs)).unflatten(1, (h, w))  # (1, h, w, D)
    top, bottom, left, right = prefix_predictions(model, sample)
    assert top.names == ("row 1", "row 2", "row 3")
    assert bottom.names == ("row 3", "row 2", "row 1")
    assert left.names == ("column 1", "column 2", "column 3")
    assert right.names == ("column 3", "column 2", "column 1")
    for read in range(1, h + 1):
        crops = (cells[:, :read], cells[:, h - read :], cells[:, :, :read], cells[:, :, w - read :])
        for belief, crop in zip((top, bottom, left, right), crops, strict=True):
            tokens = crop.flatten(1, 2)
            mask = torch.ones(tokens.shape[:2], dtype=torch.bool)
            alone = model.core(tokens, mask, tuple(crop.shape[1:3]))[0]
            torch.testing.assert_close(belief.logits[read - 1], alone, **close)
            assert belief.steps[read - 1] == tokens.shape[1]


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_of_many_parts_evenly_spaced_ones_are_run_and_always_the_last(model, sample, most):
    for belief, full in zip(prefix_predictions(model, sample, most), prefix_predictions(model, sample), strict=True):
        count = len(full.names)
        positions = belief.positions.tolist()
        assert len(positions) == min(most, count)
        assert positions[-1] == count
        gaps = [b - a for a, b in zip([0, *positions[:-1]], positions, strict=True)]
        assert max(gaps) - min(gaps) <= 1
        assert belief.names == tuple(full.names[position - 1] for position in positions)
        torch.testing.assert_close(belief.logits, full.logits[belief.positions - 1], **close)


def test_the_cnn_runs_once(samples):
    passes = []
    model = freeze(tiny.model("image"))
    model.backbone.register_forward_hook(lambda backbone, inputs, output: passes.append(len(output)))
    prefix_predictions(model, samples["image"])
    assert passes == [1]


def test_beliefs_are_detached_and_leave_no_hook(model, sample):
    for belief in prefix_predictions(model.requires_grad_(True), sample):
        assert not belief.logits.requires_grad
        assert belief.logits.device.type == belief.steps.device.type == "cpu"
    assert tiny.hooks(model) == 0


def test_no_part_at_all_is_refused(model, sample):
    with pytest.raises(ValueError, match="most must be at least 1, got 0"):
        prefix_predictions(model, sample, most=0)


@pytest.mark.parametrize(
    ("classes", "at", "stable_from"),
    [
        ([0, 0, 1, 1, 0, 2, 2, 2], (2, 4, 5), 5),
        ([1, 1, 1], (), 0),
        ([2], (), 0),
        ([0, 0, 0, 1], (3,), 3),
        ([1, 0, 0, 0], (1,), 1),
    ],
)
def test_flips_and_the_place_of_the_decision(classes, at, stable_from):
    logits = torch.randn(len(classes), 3)
    logits[torch.arange(len(classes)), classes] = 5.0
    count = len(classes)
    names, positions = tuple("x" * count), torch.arange(1, count + 1)
    decision = flips(PrefixLogits("from the start", names, positions, positions, logits))
    assert decision.classes == tuple(classes)
    assert decision.flips == at
    assert decision.stable_from == stable_from
    assert set(classes[decision.stable_from :]) == {classes[-1]}
