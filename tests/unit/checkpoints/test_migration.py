"""Configs and weights of older checkpoints, under the names of today."""

import pytest
import torch
from safetensors import safe_open

from rnnformer_demo.checkpoints import store
from rnnformer_demo.checkpoints.cards import default_folder
from rnnformer_demo.checkpoints.migration import migrate_config, migrate_weight_names


@pytest.mark.parametrize(
    ("old", "blocks"),
    [
        ({}, ["recurrent", "attention", "attention"]),
        ({"recurrence": ["gru"], "recurrent_layers": 2, "attention_layers": 0}, ["recurrent", "recurrent"]),
        ({"recurrence": [], "recurrent_layers": 1, "attention_layers": 3}, ["attention"] * 3),
        ({"recurrence": [], "attention_layers": 0}, []),
        ({"blocks": ["attention", "recurrent"]}, ["attention", "recurrent"]),
    ],
)
def test_numbers_of_layers_become_blocks(old, blocks):
    migrated = migrate_config(old)
    assert migrated["blocks"] == blocks
    assert not {"recurrent_layers", "attention_layers"} & set(migrated)
    assert migrate_config(migrated) == migrated


def test_fields_have_the_names_of_today():
    assert migrate_config({"trunk": "resnet18", "readout": "evidence", "blocks": []}) == {
        "backbone": "resnet18",
        "readout": "cnn_head",
        "blocks": [],
    }
    assert list(migrate_weight_names({"trunk.0.weight": 0, "core.lift.bias": 0})) == [
        "backbone.0.weight",
        "core.head_conv.bias",
    ]


def test_blocks_of_two_lists_become_one():
    old = ["core.recurrent.0.gain", "core.recurrent.1.gain", "core.attention.0.out", "core.attention.10.out", "x"]
    new = ["core.blocks.0.gain", "core.blocks.1.gain", "core.blocks.2.out", "core.blocks.12.out", "x"]
    assert list(migrate_weight_names(dict.fromkeys(old))) == new
    assert list(migrate_weight_names(dict.fromkeys(new))) == new
    assert list(migrate_weight_names({"core.attention.1.out": 0})) == ["core.blocks.1.out"]


@pytest.mark.parametrize("name", store.names())
def test_every_shipped_checkpoint_is_migrated_as_a_whole(name):
    checkpoint = store.load(name)  # strict: every weight has its place, and none is left
    with safe_open(default_folder() / f"{name}.safetensors", framework="pt") as file:
        names = [*file.keys()]
    migrated = migrate_weight_names(dict.fromkeys(names))
    assert len(migrated) == len(names)
    assert set(checkpoint.model.state_dict()) <= set(migrated)
    recorded = torch.tensor(checkpoint.card["recorded"]["logits"])
    torch.testing.assert_close(store.recorded_logits(checkpoint), recorded, atol=1e-4, rtol=0)
