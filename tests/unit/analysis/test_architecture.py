"""The architecture in a document: that of the model, and its parts make up the whole."""

import pytest
import tiny

from rnnformer_demo.analysis.core import build_architecture
from rnnformer_demo.checkpoints.cards import names
from rnnformer_demo.checkpoints.store import load

CHECKPOINTS = tiny.ROOT / "checkpoints"


def shapes_of(model):
    return {name: tuple(weight.shape) for name, weight in model.named_parameters()}


def test_the_architecture_of_a_small_model(model):
    parts, config = build_architecture(model.config, shapes_of(model)), model.config
    assert (parts.blocks, parts.width, parts.units) == (config.blocks, config.width, config.units)
    assert parts.cells == config.recurrence
    assert parts.scans == (("rows", "columns") if model.grid else ("tokens", "tokens"))
    assert (parts.vocabulary is None) is (parts.backbone is not None) is (model.grid is not None)
    assert sum(parts.parameters.values()) == model.parameters_count


@pytest.mark.parametrize("name", names(CHECKPOINTS))
def test_the_parts_of_a_shipped_model_make_up_its_weights(name):
    checkpoint = load(name, CHECKPOINTS)
    parts = build_architecture(checkpoint.config, checkpoint.shapes)
    assert sum(parts.parameters.values()) == checkpoint.card["parameters"]
    assert min(parts.parameters.values()) >= 0
    assert [key for key in parts.parameters if key.startswith("block")] == [
        f"block {number}" for number in range(1, len(parts.blocks) + 1)
    ]
    assert ("correction" in parts.parameters) is parts.corrects_backbone is (name == "objects")
    assert (parts.blocks.count("recurrent") > 0) is (parts.cells != ())
