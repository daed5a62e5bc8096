"""The view of the attention: its weights, its controls, and clicks on its picture."""

import re
from dataclasses import replace
from types import SimpleNamespace

import documents
import numpy as np
import pytest
import torch

from rnnformer_demo.document import Array, Jacobian
from rnnformer_demo.interpret import attention_flow
from rnnformer_demo.views import VIEWS
from rnnformer_demo.views.attention import (
    ALL_CELLS,
    MEAN_OF_HEADS,
    POOLED_ROLLOUT,
    POOLING,
    ROLLOUT,
    to_token_attention,
    weights_of,
)
from rnnformer_demo.views.canvas import to_bytes

VIEW = VIEWS["attention"]
TEXT, PHOTO = documents.text_document(split=3), documents.photo_document()
LAYER = TEXT.attention.layers["layer 1"].numpy()


def test_weights_are_those_of_the_document():
    assert np.array_equal(weights_of(TEXT, {"layer": "layer 1", "head": "2"}), LAYER[1])
    assert np.allclose(weights_of(TEXT, {"layer": "layer 1"}), LAYER.mean(0))
    assert np.array_equal(weights_of(TEXT, {"layer": POOLING}), TEXT.attention.pooling.numpy()[None])
    image = VIEW.figure(TEXT, {"layer": "layer 1", "head": "2"}).axes[0].images[0]
    assert np.array_equal(image.get_array().data, LAYER[1])


def test_weights_through_the_recurrence_are_those_of_the_interpreter():
    norms = TEXT.jacobian.norms.numpy().copy()
    norms[2] = 0  # a state that depends on no token keeps its weight
    expected = attention_flow.to_token_attention(torch.tensor(LAYER), torch.tensor(norms)).numpy()
    assert np.allclose(to_token_attention(LAYER, norms), expected, atol=1e-6)
    assert np.allclose(to_token_attention(LAYER, norms).sum(-1), LAYER.sum(-1), atol=1e-5)
    document = replace(TEXT, jacobian=Jacobian(Array.of(norms, "float32"), 0))
    assert np.allclose(weights_of(document, {"head": "1", "through": "on"}), expected[0], atol=1e-6)


def test_the_rollout_is_that_of_the_interpreter():
    layers = {name: torch.tensor(array.numpy()) for name, array in TEXT.attention.layers.items()}
    trace = SimpleNamespace(attention=layers, pooling=torch.tensor(TEXT.attention.pooling.numpy()))
    rolled = weights_of(TEXT, {"layer": ROLLOUT})
    assert np.allclose(rolled, attention_flow.rollout(trace), atol=1e-6)
    assert np.array_equal(weights_of(TEXT, {"layer": POOLED_ROLLOUT}), TEXT.attention.pooled_rollout.numpy()[None])
    assert VIEW.settle(PHOTO, {"layer": ROLLOUT}) == {"layer": ROLLOUT, "viewpoint": ALL_CELLS}
    assert VIEW.settle(PHOTO, {"layer": POOLED_ROLLOUT, "through": "on"}) == {"layer": POOLED_ROLLOUT}
    assert VIEW.caption(TEXT, {"layer": ROLLOUT}).startswith("Attention rollout. Attended most on average: ")
    title = VIEW.figure(TEXT, {"layer": POOLED_ROLLOUT}).texts[0].get_text()
    assert "attention rollout, read by the pooling" in title


def test_controls_follow_from_the_document_and_the_layer():
    heads = (MEAN_OF_HEADS, "1", "2")
    names = {control.name: control for control in VIEW.controls}
    assert names["layer"].options(TEXT, {}) == ("layer 1", "layer 2", POOLING, ROLLOUT, POOLED_ROLLOUT)
    assert names["head"].options(TEXT, {"layer": "layer 2"}) == heads
    assert names["viewpoint"].options(PHOTO, {"layer": "layer 1"}) == (ALL_CELLS, *PHOTO.input.unit_names)
    assert VIEW.settle(TEXT, {}) == {"layer": "layer 1", "head": MEAN_OF_HEADS, "through": "off"}
    assert VIEW.settle(PHOTO, {"layer": POOLING, "head": "2"}) == {"layer": POOLING, "through": "off"}
    assert "through" not in VIEW.settle(replace(TEXT, recurrence=()), {})
    assert VIEW.extends({"through": "on"}) == ("jacobian",)
    assert VIEW.extends({"through": "off"}) == ()


@pytest.mark.parametrize("layer", ["layer 3", "", "Pooling"])
def test_a_wrong_layer_is_refused(layer):
    for draw in (VIEW.figure, VIEW.caption):
        expected = re.escape(
            f"layer must be one of ('layer 1', 'layer 2', 'pooling', 'rollout', 'pooled rollout'), got {layer!r}"
        )
        with pytest.raises(ValueError, match=expected):
            draw(TEXT, {"layer": layer})


@pytest.mark.parametrize("head", ["0", "3", "-1", "first", "", "1.0"])
def test_a_wrong_head_is_refused(head):
    for draw in (VIEW.figure, VIEW.caption):
        with pytest.raises(ValueError, match=re.escape("head must be one of ('mean of heads', '1', '2'), got")):
            draw(TEXT, {"layer": "layer 1", "head": head})


def test_a_wrong_viewpoint_is_refused():
    with pytest.raises(ValueError, match="viewpoint must be one of .*, got 'row 9, column 9'"):  # noqa: RUF043
        VIEW.figure(PHOTO, {"viewpoint": "row 9, column 9"})


def test_the_recurrence_needs_the_jacobian():
    with pytest.raises(ValueError, match="document must have the section jacobian, got none"):
        VIEW.caption(replace(TEXT, jacobian=None), {"through": "on"})


def test_a_cell_that_looks_changes_the_figure():
    whole, one = VIEW.figure(PHOTO, {}), VIEW.figure(PHOTO, {"viewpoint": "row 2, column 2"})
    assert "mean over all cells" in whole.texts[0].get_text()
    assert "from row 2, column 2" in one.texts[0].get_text()
    assert to_bytes(one, dpi=40) != to_bytes(whole, dpi=40)
    (frame,) = one.axes[0].patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((32, 32), 32, 32)
    row = PHOTO.attention.layers["layer 1"].numpy().mean(0)[4]
    assert np.allclose(one.axes[0].images[1].get_array().data, row.reshape(documents.GRID))


def test_the_caption_names_the_strongest_keys():
    document = documents.text_document(("good", "film", "bad"))
    assert "The decision draws most on: bad (50.0%), film (33.3%), good (16.7%)." in VIEW.caption(
        document, {"layer": POOLING}
    )
    weights = document.attention.layers["layer 1"].numpy()[1].mean(0)
    strongest = document.input.unit_names[int(weights.argmax())]
    caption = VIEW.caption(document, {"layer": "layer 1", "head": "2"})
    assert caption.startswith(
        f"Attention, layer 1, head 2. Attended most on average: {strongest} ({weights.max():.1%}),"
    )
    assert caption.endswith("point much the same way (conicity 0.85).")
    assert "Attended most from row 1, column 2:" in VIEW.caption(PHOTO, {"viewpoint": "row 1, column 2"})
    assert "head 1, through the recurrence." in VIEW.caption(TEXT, {"head": "1", "through": "on"})


def test_words_of_many_tokens_are_named_once():
    labels = [label.get_text() for label in VIEW.figure(TEXT, {}).axes[0].get_xticklabels()]
    assert labels[3:5] == ["film,", "…"]


def test_a_report_shows_every_layer_and_the_pooling():
    states = [{"layer": layer} for layer in ("layer 1", "layer 2", POOLING)]
    assert list(VIEW.variants(TEXT)) == [*states, *({**choices, "through": "on"} for choices in states)]
    assert list(VIEW.variants(replace(TEXT, jacobian=None))) == states
