"""The hybrids: padding, gradients, configs, the model contract."""

import inspect
import json
from dataclasses import fields, replace

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import PATTERNS

from rnnformer_demo.models import HybridConfig, build, classes, config_from_dict, config_to_dict, freeze
from rnnformer_demo.nn.hooks import capture

DEPTHS = [(recurrent, attention) for recurrent in (1, 2) for attention in (0, 1, 2)]


def run(model, ids, mask):
    with torch.no_grad(), capture(model) as seen:
        logits = model(ids, mask)
    return logits, dict(seen)


def assert_same_as_alone(model, lengths):
    """A padded batch gives each of its rows what the row gets alone: logits, states, attention, pooling."""
    ids, mask = tiny.inputs(model, lengths)
    together, inside = run(model, ids, mask)
    for row, length in enumerate(lengths):
        alone, alone_inside = run(model, ids[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(together[row], alone[0], atol=1e-5, rtol=0)
        for kind in ("states", "attention", "pooling"):
            for point in model.hook_points(kind):
                seen = inside[point.name][row]
                real = seen[:, :length, :length] if kind == "attention" else seen[:length]
                torch.testing.assert_close(real, alone_inside[point.name][0], atol=1e-5, rtol=0)
        # More padding, filled with anything, changes nothing either.
        longer = torch.nn.functional.pad(ids[row : row + 1, :length], (0, 3), value=7)
        longer_mask = torch.arange(length + 3)[None] < length
        torch.testing.assert_close(run(model, longer, longer_mask)[0], alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("recurrence", PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
@pytest.mark.parametrize(("recurrent_layers", "attention_layers"), DEPTHS)
def test_padding_changes_nothing(recurrence, recurrent_layers, attention_layers):
    depth = {"recurrent_layers": recurrent_layers, "attention_layers": attention_layers}
    assert_same_as_alone(freeze(tiny.model("text", recurrence=recurrence, **depth)), [7, 1, 4])


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=5), positions=st.booleans())
def test_padding_changes_nothing_whatever_the_lengths(lengths, positions):
    assert_same_as_alone(freeze(tiny.model("text", positions=positions, head_layers=(6,))), lengths)


@pytest.mark.parametrize("recurrence", PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
def test_a_batch_of_photos_gives_what_each_gets_alone(recurrence):
    model = freeze(tiny.model("image", recurrence=recurrence))
    photos, mask = tiny.inputs(model, [0, 0, 0])
    together, _ = run(model, photos, mask)
    alone = torch.cat([run(model, photos[row : row + 1], mask[row : row + 1])[0] for row in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("recurrence", PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
def test_every_parameter_gets_a_gradient(modality, recurrence):
    model = tiny.model(modality, recurrence=recurrence, head_layers=(6,), dropout=0.0).train()
    ids, mask = tiny.inputs(model, [9, 5])
    torch.nn.functional.cross_entropy(model(ids, mask), torch.tensor([0, 2])).backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


def test_the_cnn_gets_gradients_too():
    model = tiny.model("image", patches=False, image_size=64)
    for module in model.backbone.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    photos, mask = tiny.inputs(model, [0, 0])
    model(photos, mask)[:, 0].sum().backward()
    assert [name for name, weight in model.backbone.named_parameters() if weight.grad is None] == []


@pytest.mark.parametrize("attention_layers", [0, 1, 2])
@pytest.mark.parametrize("recurrence", PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
def test_the_pattern_decides_which_hook_points_there_are(modality, recurrence, attention_layers):
    model = tiny.model(modality, recurrence=recurrence, recurrent_layers=2, attention_layers=attention_layers)
    scans = ("tokens", "tokens") if modality == "text" else ("rows", "columns")
    expected = [f"{kind} {scan} {layer}" for layer in (1, 2) for kind, scan in zip(recurrence, scans, strict=False)]
    assert [point.name for point in model.hook_points("states")] == expected
    layers = [f"layer {n + 1}" for n in range(attention_layers)]
    assert [point.name for point in model.hook_points("attention")] == layers
    assert len(model.hook_points("pooling")) == len(model.hook_points("tokens")) == 1
    assert len(model.hook_points("grid")) == (modality == "image")


def test_forward_is_classify_of_embed_and_classify_is_decide_of_tokens(model):
    ids, mask = tiny.inputs(model, [6, 3])
    logits = model(ids, mask)
    assert logits.shape == (2, 3)
    assert torch.equal(model.classify_embedded(model.embed(ids), mask), logits)
    assert torch.equal(model.classify_tokens(model.tokens(model.embed(ids)), mask), logits)


def test_with_a_linear_head_logits_are_the_pooling_weighted_sum_of_step_logits(model):
    ids, mask = tiny.inputs(model, [6, 3])
    read = []
    handle = model.core.norm.register_forward_hook(lambda module, inputs, output: read.append(output))
    logits, inside = run(model, ids, mask)
    handle.remove()
    by_step = model.core.head(read[0])  # (B, T, C)
    torch.testing.assert_close((inside["pooling"][..., None] * by_step).sum(1), logits, atol=1e-5, rtol=0)


def test_the_baseline_carries_no_evidence_and_keeps_padding(model):
    ids, mask = tiny.inputs(model, [6, 3])
    baseline = model.baseline(ids, mask)
    assert baseline.shape == ids.shape
    assert baseline.dtype == ids.dtype
    if model.grid is None:
        assert torch.equal(baseline, mask.long())  # the unknown token has id 1, padding 0
    else:
        assert not baseline.any()


def test_word_dropout_blanks_words_in_training_only():
    model = tiny.model("text", word_dropout=0.5)
    ids, mask = tiny.inputs(model, [30, 10])
    unknown = model.embedding.weight[1]
    assert not (model.embed(ids) == unknown).all(-1).any()
    blanked = (model.train().embed(ids) == unknown).all(-1)
    assert 0.3 < blanked[mask].float().mean() < 0.7
    assert not blanked[~mask].any()


def test_order_matters_with_a_recurrence_and_not_without():
    ids = torch.tensor([[5, 9, 14, 22]])
    mask = torch.ones(1, 4, dtype=torch.bool)
    logits = {
        pattern: [tiny.model("text", recurrence=pattern, positions=p)(x, mask) for x in (ids, ids.flip(1))]
        for pattern, p in ((("lstm", "gru"), False), ((), False))
    }
    torch.testing.assert_close(*logits[()], atol=1e-5, rtol=0)
    assert (logits[("lstm", "gru")][0] - logits[("lstm", "gru")][1]).abs().max() > 1e-3
    placed = tiny.model("text", recurrence=(), positions=True)
    assert (placed(ids, mask) - placed(ids.flip(1), mask)).abs().max() > 1e-3


def test_parameters_count_is_that_of_the_weights_file(model):
    assert model.parameters_count == sum(tensor.numel() for tensor in model.state_dict().values())


def test_freezing_leaves_nothing_to_train(model):
    assert not model.training
    assert [name for name, weight in model.named_parameters() if weight.requires_grad] == []


def config(modality, **changes):
    return classes(modality)[0](labels=("no", "yes"), **changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", ("only",)),
        ("labels", ("same", "same")),
        ("width", 0),
        ("width", 10),
        ("units", 0),
        ("heads", 0),
        ("expansion", 0),
        ("blocks", ("recurrent", "convolution")),
        ("recurrence", ()),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("head_layers", (8, 0)),
        ("recurrence", ("rnn",)),
        ("pooling", "max"),
    ],
)
def test_a_value_out_of_range_is_refused(modality, field, value):
    with pytest.raises(ValueError, match=rf"^{field} must be .*, got "):
        replace(config(modality), **{field: value})


@pytest.mark.parametrize(
    ("modality", "field", "value"),
    [
        ("text", "recurrence", ("lstm", "lstm")),
        ("text", "vocabulary", 1),
        ("text", "embedding", 0),
        ("text", "max_tokens", 0),
        ("text", "word_dropout", 1.0),
        ("image", "image_size", 0),
        ("image", "image_size", 100),
        ("image", "scans", ("rows",)),
        ("image", "scans", ("rows", "diagonals")),
        ("image", "grid", "8"),
    ],
)
def test_a_value_of_one_modality_out_of_range_is_refused(modality, field, value):
    with pytest.raises(ValueError, match=rf"^{field} must .*, got "):
        replace(config(modality), **{field: value})


def test_two_recurrences_may_not_read_the_same_way():
    assert build("image", config("image", recurrence=("lstm", "lstm"), image_size=32)).grid == (1, 1)
    with pytest.raises(ValueError, match="must make each pair once"):
        config("image", recurrence=("lstm", "lstm"), scans=("rows", "rows"))


def test_configs_survive_json(modality):
    original = config(
        modality, recurrence=("gru",), head_layers=(8, 4), blocks=("attention", "recurrent"), positions=True
    )
    assert config_from_dict(modality, json.loads(json.dumps(config_to_dict(original)))) == original


def test_configs_are_frozen_and_each_field_is_explained(modality):
    with pytest.raises(AttributeError):
        config(modality).width = 3
    config_class = classes(modality)[0]
    source = inspect.getsource(config_class) + inspect.getsource(HybridConfig)
    named = {field.name for field in fields(config_class)}
    assert {"recurrence", "blocks", "positions", "residual_gain", "head_layers"} <= named
    for name in named - {"heads", "dropout"}:  # the two that say it all
        (line,) = [line for line in source.splitlines() if line.startswith(f"    {name}: ")]
        assert "  # " in line, name


def test_an_unknown_field_or_modality_is_refused(modality):
    values = config_to_dict(config(modality))
    with pytest.raises(ValueError, match=r"fields must be those of \w+Config, got \['depth'\]"):
        config_from_dict(modality, values | {"depth": 3})
    with pytest.raises(ValueError, match=r"modality must be one of \['image', 'text'\], got 'sound'"):
        config_from_dict("sound", values)
