"""The hybrid that corrects a pretrained CNN: it starts as the CNN, and its evidence adds up to its logits."""

import pytest
import tiny
import torch
from corrected import corrected_cnn, random_lite0

from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import config_from_dict, config_to_dict, freeze
from rnnformer_demo.models.image import ImageConfig, ImageHybrid

LABELS = ("no", "yes", "perhaps")


@pytest.fixture
def evidence() -> ImageHybrid:
    """A small model that reads out corrected evidence."""
    return corrected_cnn()


def test_it_starts_as_the_cnn_itself():
    network = random_lite0()
    config = ImageConfig(labels=LABELS, readout="cnn_head", **tiny.SMALLEST["image"] | {"image_size": 64})
    model = ImageHybrid(config).eval()
    model.backbone.load_state_dict(network.backbone.state_dict(), strict=True)
    model.core.load_head(network.head[0], network.classifier)
    photos, mask = tiny.inputs(model, [0, 0])
    with torch.no_grad():
        expected = network(photos)
        assert expected.std() > 1e-3
        torch.testing.assert_close(model(photos, mask), expected, atol=1e-4 * expected.abs().max().item(), rtol=0)


def test_each_block_can_move_it_away(evidence):
    photos, mask = tiny.inputs(evidence, [0, 0])
    before = evidence(photos, mask)
    evidence.core.up_proj.weight.data.zero_()
    assert not torch.allclose(evidence(photos, mask), before, atol=1e-4)
    at_start = tiny.model("image", readout="cnn_head").train()
    torch.nn.functional.cross_entropy(at_start(photos, mask), torch.tensor([0, 2])).backward()
    assert at_start.core.up_proj.weight.grad.any()
    assert at_start.core.pooling.score.weight.grad.any()


def test_every_parameter_gets_a_gradient(evidence):
    evidence.train().requires_grad_(True)
    photos, mask = tiny.inputs(evidence, [0, 0])
    torch.nn.functional.cross_entropy(evidence(photos, mask), torch.tensor([0, 2])).backward()
    assert [name for name, weight in evidence.named_parameters() if not weight.grad.any()] == []


def test_evidence_adds_up_to_the_logits(model):
    inputs, mask = tiny.inputs(model, [6, 3])
    evidence = model.logit_contributions(inputs, mask)
    assert evidence.shape == (2, mask.shape[1], 3)
    torch.testing.assert_close(evidence.sum(1), model(inputs, mask), atol=1e-5, rtol=0)
    assert not evidence[~mask].any()


def test_evidence_of_the_corrected_cnn_adds_up_too_and_differs_between_cells(evidence):
    photos, mask = tiny.inputs(evidence, [0, 0])
    found = evidence.logit_contributions(photos, mask)
    torch.testing.assert_close(found.sum(1), evidence(photos, mask), atol=1e-5, rtol=0)
    assert found.std(1).min() > 1e-4


def test_no_evidence_behind_hidden_layers(modality):
    hidden = freeze(tiny.model(modality, head_layers=(6,)))
    with pytest.raises(ValueError, match=r"head_layers must be \(\) for contributions to logits"):
        hidden.logit_contributions(*tiny.inputs(hidden, [4]))


def test_it_keeps_the_contract(evidence, samples):
    sample = samples["image"]
    tokens = evidence.tokens(evidence.embed(sample.inputs))
    logits = evidence(sample.inputs, sample.mask)
    torch.testing.assert_close(evidence.classify_tokens(tokens, sample.mask), logits, atol=1e-6, rtol=0)
    internals = trace(evidence, sample)
    torch.testing.assert_close(internals.logits, logits[0], atol=1e-6, rtol=0)
    assert {name: tuple(states.shape) for name, states in internals.states.items()} == {
        "lstm rows 1": (9, 2, 5),
        "gru columns 1": (9, 2, 5),
    }
    assert list(internals.attention) == ["layer 1", "layer 2"]
    assert internals.pooling.sum().item() == pytest.approx(1)
    assert [len(evidence.hook_points(kind)) for kind in ("tokens", "grid", "pooling", "pooled")] == [1, 1, 1, 1]
    assert evidence.core.width_pooled == evidence.core.head_conv.out_features == 1280


def test_configs_of_before_have_the_states_read_out():
    values = config_to_dict(ImageConfig(labels=LABELS))
    del values["readout"], values["backbone"]
    assert config_from_dict("image", values).readout == "states"


@pytest.mark.parametrize(
    "changes",
    [{"readout": "pixels"}, {"backbone": "nosuch"}, {"head_layers": (4,)}, {"backbone": "mobilenet_v3_small"}],
)
def test_a_readout_that_cannot_be_is_refused(changes):
    with pytest.raises(ValueError, match=r"^(readout|backbone) must be .*, got "):
        ImageConfig(labels=LABELS, **{"readout": "cnn_head"} | changes)
