"""The grids of a CNN that a hybrid can read, and the CNN alone: what comes out, and that both can be looked into."""

from dataclasses import replace

import pytest
import tiny
import torch
from corrected import random_lite0

from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import ImageReader
from rnnformer_demo.evaluation.explanations.randomisation import randomised
from rnnformer_demo.interpret.attention_flow import gradient_attention, pooled_rollout
from rnnformer_demo.interpret.attribution import METHODS, explain
from rnnformer_demo.interpret.interventions import intervene
from rnnformer_demo.interpret.jacobian import attention_through_recurrence, token_jacobian
from rnnformer_demo.interpret.prefixes import prefix_predictions
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import build, config_from_dict, config_to_dict, freeze
from rnnformer_demo.models.backbones.facts import GRIDS
from rnnformer_demo.models.backbones.registry import BACKBONES, LITE0, parts
from rnnformer_demo.models.backbones.stages import FINE_BLOCKS, MEAN, STD
from rnnformer_demo.models.image import ImageConfig, ImageHybrid
from rnnformer_demo.training.studies.baselines import CNN, baseline_config

LABELS = ("no", "yes", "perhaps")
SMALL = ImageConfig(labels=LABELS, **tiny.SMALLEST["image"] | {"image_size": 64})


@pytest.fixture(params=["cnn", "16", "both"])
def odd(request) -> ImageHybrid:
    """The CNN alone, and hybrids on other grids, on trunks whose cells do not overlap."""
    config = baseline_config("image", SMALL, CNN) if request.param == "cnn" else replace(SMALL, grid=request.param)
    changes = {name: value for name, value in config_to_dict(config).items() if name != "labels"}
    return freeze(tiny.model("image", **changes))


@pytest.fixture
def photo(odd):
    """A sample that fits."""
    return ImageReader(64, odd.config.stride, MEAN, STD)(tiny.photo())


def lite0_on(grid: str) -> ImageHybrid:
    """A hybrid on the whole EfficientNet-Lite0, whose weights let something through."""
    model = build("image", replace(SMALL, grid=grid))
    torch.manual_seed(1)  # the same weights whatever has been built before
    backbone = random_lite0().backbone.state_dict()
    model.backbone.load_state_dict({name: backbone[name] for name in model.backbone.state_dict()}, strict=True)
    return freeze(model)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_grid_has_the_cells_and_channels_that_it_promises(grid):
    model = lite0_on(grid)
    photos, mask = tiny.inputs(model, [0, 0])
    cells = model.tokens(photos)
    assert cells.shape == (2, *{"32": (4, 320), "16": (16, 112), "both": (4, 432)}[grid])
    assert model.grid == {"32": (2, 2), "16": (4, 4), "both": (2, 2)}[grid]
    assert model(photos, mask).shape == (2, 3)
    assert len(model.backbone) == (FINE_BLOCKS if grid == "16" else FINE_BLOCKS + 5)


def test_both_grids_are_the_last_and_the_mean_of_the_finer():
    models = {grid: lite0_on(grid) for grid in GRIDS}
    photos, _ = tiny.inputs(models["32"], [0])
    last, fine, both = (models[grid].tokens(photos) for grid in GRIDS)
    mean = fine.view(1, 2, 2, 2, 2, 112).mean((2, 4)).flatten(1, 2)  # (1, h, 2, w, 2, D) to (1, h*w, D)
    torch.testing.assert_close(both, torch.cat([last, mean], dim=-1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("grid", "upper"), [("32", 1), ("32", 5), ("32", 16), ("16", 3), ("both", 5), ("both", 7)])
def test_the_two_parts_of_a_backbone_are_the_backbone(grid, upper):
    model = lite0_on(grid)
    lower, last = parts(model.backbone, upper)
    photos, _ = tiny.inputs(model, [0])
    assert (len(lower), len(last)) == (len(model.backbone) - upper, upper)
    torch.testing.assert_close(last(lower(photos)), model.backbone(photos))


@pytest.mark.parametrize(("grid", "upper", "sentence"), [("32", 17, "1 to 16"), ("32", 0, "1 to"), ("both", 4, "5 to")])
def test_parts_that_cannot_be_are_refused(grid, upper, sentence):
    with pytest.raises(ValueError, match=rf"upper must be {sentence}.* blocks of this backbone, got {upper}"):
        parts(BACKBONES[LITE0].build_for(grid), upper)


def test_other_backbones_have_one_grid():
    with pytest.raises(ValueError, match=r"grid must be '32' for resnet18, got 'both'"):
        replace(SMALL, backbone="resnet18", grid="both")
    with pytest.raises(ValueError, match=r"readout must be 'states' for grid 16 of efficientnet_lite0"):
        replace(SMALL, readout="cnn_head", grid="16")


def test_a_config_of_before_reads_the_last_grid_by_attention():
    values = config_to_dict(SMALL)
    del values["grid"], values["pooling"]
    assert config_from_dict("image", values) == SMALL


def test_the_cnn_alone_is_a_linear_layer_on_the_mean_of_its_grid():
    config = baseline_config("image", SMALL, CNN)
    model = freeze(build("image", config))
    photos, mask = tiny.inputs(model, [0, 0])
    expected = torch.nn.functional.linear(
        model.backbone(photos).mean((-2, -1)), model.core.head[-1].weight, model.core.head[-1].bias
    )
    torch.testing.assert_close(model(photos, mask), expected, atol=1e-5, rtol=0)
    assert sum(weight.numel() for weight in model.core.parameters()) == 3 * 320 + 3


def test_what_happens_inside_can_be_seen(odd, photo):
    internals = trace(odd, photo)
    cells = odd.grid[0] * odd.grid[1]
    assert internals.pooling.shape == (cells,)
    assert internals.pooling.sum() == pytest.approx(1)
    if odd.config.pooling == "mean":
        assert torch.equal(internals.pooling, torch.full((cells,), 1 / cells))
    for shares in (
        pooled_rollout(internals),
        gradient_attention(odd, photo, 1),
        attention_through_recurrence(pooled_rollout(internals), token_jacobian(odd, photo))[0],
    ):
        assert shares.shape == (cells,)
        assert shares.sum() == pytest.approx(1, abs=1e-4)
    evidence = odd.logit_contributions(photo.inputs, photo.mask)
    torch.testing.assert_close(evidence.sum(1)[0], internals.logits, atol=1e-5, rtol=0)
    for belief in prefix_predictions(odd, photo):
        torch.testing.assert_close(belief.logits[-1], internals.logits, atol=1e-4, rtol=0)


def test_what_is_intervened_on_is_what_there_is(odd, photo):
    found = intervene(odd, photo, permutations=3)
    plain = odd.config.pooling == "mean"
    torch.testing.assert_close(found.original, trace(odd, photo).logits, atol=1e-5, rtol=0)
    made_useless = {name: value for name, value in vars(found).items() if name != "original"}
    assert all((value is None) == plain for value in made_useless.values())


@pytest.mark.parametrize("method", [name for name in METHODS if name != "kernel-shap"])
def test_every_method_explains(odd, photo, method):
    if method == "recurrence-integrated-gradients" and not odd.config.recurrence:
        with pytest.raises(InputError, match="This model has no recurrence"):
            explain(odd, photo, 1, method)
        return
    explanation = explain(odd, photo, 1, method)
    assert explanation.scores.shape[-1] > 0
    assert explanation.scores.isfinite().all()


def test_the_cnn_alone_has_no_weights_of_pooling_to_draw_anew():
    model = freeze(build("image", baseline_config("image", SMALL, CNN)))
    assert list(randomised(model, 0)) == ["head", "input"]
