"""The view of the architecture: the parts of the model in their order, and nothing that is not there."""

from dataclasses import replace

import documents
import pytest
from matplotlib.patches import FancyBboxPatch

from rnnformer_demo.document import Document
from rnnformer_demo.views import VIEWS
from rnnformer_demo.views.architecture import steps

TEXT, PHOTO = documents.text_document(split=3), documents.photo_document()
VIEW = VIEWS["architecture"]


def built(document: Document, **changes: object) -> Document:
    """Return a document whose model has other parts."""
    architecture = replace(document.model.architecture, **changes)
    return replace(document, model=replace(document.model, architecture=architecture))


def titles(document: Document) -> list[str]:
    return [step.title for step in steps(document)]


def test_the_parts_follow_each_other_from_the_input_to_the_classes():
    blocks = ["Recurrent block 1", "Attention layer 1", "Attention layer 2"]
    assert titles(TEXT) == ["Text", "Embedding", *blocks, "Attention pooling", "Head", "3 classes"]
    assert titles(PHOTO) == ["Photo", "EfficientNet-Lite0", *blocks, "Attention pooling", "Head", "3 classes"]


def test_each_part_tells_the_shape_of_what_leaves_it():
    assert [step.shape for step in steps(TEXT)] == ["11", *["11 × 8"] * 4, "8", "3", ""]
    assert [step.shape for step in steps(PHOTO)] == ["2 × 3", *["2 × 3 × 8"] * 4, "8", "3", ""]
    text, embedding, recurrent, attention, *_ = steps(TEXT)
    assert text.detail == "10 words as 11 tokens"
    assert embedding.detail == "1,000 entries; 8,000 weights"
    assert recurrent.detail == "4 units in either direction; 3,000 weights"
    assert attention.detail == "2 heads; 600 weights"
    assert steps(TEXT)[-1].detail == "the answer: yes"


def test_cells_stand_side_by_side_with_their_scans():
    assert steps(TEXT)[2].parts == ("LSTM along tokens", "GRU along tokens")
    assert steps(PHOTO)[2].parts == ("LSTM along rows", "GRU along columns")


def test_blocks_come_in_the_order_of_the_config():
    interleaved = built(TEXT, blocks=("attention", "recurrent", "attention", "recurrent"))
    blocks = ["Attention layer 1", "Recurrent block 1", "Attention layer 2", "Recurrent block 2"]
    assert titles(interleaved)[2:6] == blocks


def test_what_a_model_lacks_is_not_there():
    transformer = built(TEXT, blocks=("attention",), cells=(), scans=(), positions=True)
    parts = ["Text", "Embedding", "Position encoding", "Attention layer 1", "Attention pooling", "Head", "3 classes"]
    assert titles(transformer) == parts
    cnn = built(PHOTO, blocks=(), cells=(), scans=(), pooling="mean")
    assert titles(cnn) == ["Photo", "EfficientNet-Lite0", "Mean pooling", "Head", "3 classes"]
    assert "EfficientNet" not in VIEW.caption(TEXT, {})


def test_a_correction_of_the_cnn_is_a_part_with_its_way_around():
    sizes = TEXT.model.architecture.parameters | {"projection": 7, "correction": 9}
    corrected = built(PHOTO, corrects_backbone=True, token_width=20, pooled_width=40, parameters=sizes)
    assert "Projection" in titles(corrected)
    step = steps(corrected)[titles(corrected).index("Added to the CNN's grid")]
    assert (step.detail, step.shape) == ("then the CNN's own head convolution; 9 weights", "2 × 3 × 40")
    assert steps(corrected)[step.from_step].title == "EfficientNet-Lite0"
    assert lines_of(corrected) == lines_of(PHOTO) + 1


def lines_of(document: Document) -> int:
    return len(VIEW.figure(document, {}).axes[0].lines)


@pytest.mark.parametrize("residual", [True, False])
def test_the_figure_has_a_box_for_each_part_and_cell_and_a_way_around_each_residual(residual):
    document = built(TEXT, residual=residual)
    ax = VIEW.figure(document, {}).axes[0]
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == len(steps(document)) + 2
    assert len(ax.lines) == 2 + residual  # attention layers have residuals in any case
    texts = [text.get_text() for text in ax.texts]
    assert {*titles(document), "LSTM along tokens", "11 × 8"} <= set(texts)


def test_the_caption_tells_it_in_one_sentence():
    assert VIEW.caption(TEXT, {}) == (
        "by-hand has 12,345 weights. Text (11) → Embedding (11 × 8) → Recurrent block 1: LSTM along tokens beside GRU "
        "along tokens (11 × 8) → Attention layer 1 (11 × 8) → Attention layer 2 (11 × 8) → Attention pooling (8) → "
        "Head (3) → 3 classes."
    )


def test_a_document_of_an_older_version_says_that_it_does_not_know():
    old = replace(TEXT, model=replace(TEXT.model, architecture=None))
    assert VIEW.caption(old, {}) == "This document does not say how its model is built."
    assert VIEW.figure(old, {}) is None
