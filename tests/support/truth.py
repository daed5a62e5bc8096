"""Builders for the tests of ground truth: an untrained checkpoint with sentiment labels, made-up scores, small sets."""

from dataclasses import replace

import tiny
import torch

from rnnformer_demo.checkpoints.store import Checkpoint
from rnnformer_demo.confidence.calibration import NO_SCALING
from rnnformer_demo.interpret.attribution import Explanation
from rnnformer_demo.models import freeze

REVIEWS, TREES = (tiny.FIXTURES / "groundtruth" / name for name in ("reviews", "trees"))


def checkpoint(modality: str) -> Checkpoint:
    """Named "tiny"; never on disk."""
    if modality == "text":
        reader = tiny.text_reader()
        model = tiny.model("text", vocabulary=reader.tokenizer.get_vocab_size())
    else:
        reader, model = tiny.image_reader(), tiny.model("image")
    model.config = replace(model.config, labels=("negative", "positive", "perhaps"))
    return Checkpoint("tiny", freeze(model), reader, {}, NO_SCALING, "0" * 64, 0, None, (), None)


def explanation(scores: list[float], grid: tuple[int, int] | None = None) -> Explanation:
    """Scores that no method computed."""
    return Explanation("made", 1, torch.tensor(scores), grid)
