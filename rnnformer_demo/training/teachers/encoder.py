"""A teacher for the text hybrids: a pretrained encoder fine-tuned on the task, and its logits for any text."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ...checkpoints.aside import write_aside
from ...data import InputError
from ...data.text import pad
from ...nn.devices import accelerator, to_device_of
from ..config import DEFAULT_RUN, RunConfig, TeacherConfig
from ..data.corpus import Corpus, bucketed, fingerprints, read_corpus
from ..loop import Batch, classification, fit, multiplies_bfloat16
from ..preflight import check_before
from ..pretrained import ENCODERS
from ..pretrained.minilm import WIDTH
from ..recipes import keep_stages, stage_of
from .targets import Teacher

ABOUT = "teacher.json"  # its labels and what it did not see, beside its weights
ROUNDS = 8  # per pass over the data: after each the run is evaluated and can be resumed
_TEXTS_PER_BATCH = 64


class EncoderClassifier(nn.Module):
    """The encoder, the mean over its states, a linear head. Its matrix products are in bfloat16 where the processor
    multiplies it."""

    def __init__(self, classes: int, max_tokens: int, encoder: str):
        super().__init__()
        self.encoder, self._pieces = ENCODERS[encoder]()
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(WIDTH, classes)
        self.max_tokens = max_tokens

    def ids(self, texts: Sequence[str], whole: bool = False) -> list[list[int]]:
        """Return token ids of each text with its special tokens, cut to `max_tokens` unless `whole` is asked for."""
        return self._pieces(list(texts), truncation=not whole, max_length=None if whole else self.max_tokens)[
            "input_ids"
        ]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return logits (B, C) for ids and mask (B, T)."""
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=multiplies_bfloat16(ids.device)):
            states = self.encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()  # (B, T, 384)
        pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(self.dropout(pooled))


def fine_tune(config: TeacherConfig, run: RunConfig = DEFAULT_RUN) -> float:
    """Fine-tune a teacher on the training part that its students get too, into `runs/NAME`.

    Args:
        config: data as for a student, so that both hold out the same; epochs are passes over the data.
        run: resume; folder of the runs.

    Returns:
        The best accuracy on the held-out part, 0-1.

    Raises:
        InputError: for an unknown encoder, and where its packages are not installed.
    """
    if config.encoder not in ENCODERS:
        raise InputError(f"--encoder must be one of {', '.join(ENCODERS)}, got {config.encoder!r}.")
    check_before(config, run)
    corpus, training = read_corpus(config.data), config.training
    torch.manual_seed(training.seed)
    teacher = EncoderClassifier(len(corpus.labels), config.max_tokens, config.encoder)
    items = list(zip(teacher.ids([row.text for row in corpus.training], whole=True), _targets(corpus), strict=True))
    held_out = [row.text for row in corpus.held_out]
    held_labels = torch.tensor([corpus.target(row) for row in corpus.held_out])
    rounds = max(1, min(ROUNDS, len(items) // training.batch_size))
    share = -(-len(items) // rounds)

    def batches(turn: int) -> Iterator[Batch]:
        seed = training.seed * 10_007 + turn // rounds
        order = random.Random(seed).sample(items, len(items))
        return bucketed(order[turn % rounds :: rounds], training.batch_size, config.max_tokens, seed)

    folder = run.runs / config.name
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "labels": corpus.labels,
        "max_tokens": config.max_tokens,
        "encoder": config.encoder,
        "held_out": fingerprints(corpus.held_out),
    }
    write_aside(folder / ABOUT, json.dumps(about))
    history = fit(
        teacher,
        loss=classification(teacher, training.label_smoothing),
        batches=batches,
        batches_per_epoch=-(-share // training.batch_size),
        accuracy=lambda: (_logits(teacher, held_out).argmax(-1) == held_labels).float().mean().item(),
        training=replace(training, epochs=training.epochs * rounds),
        run_folder=folder,
        config=about,
        resume=run.resume,
    )
    keep_stages(config.name, [stage_of(config)], run.runs)
    return max(progress.accuracy for progress in history)


def _targets(corpus: Corpus) -> list[int]:
    return [corpus.target(row) for row in corpus.training]


def teacher_of(folder: Path) -> Teacher:
    """Return the best teacher in a run's folder.

    A text that is longer than it reads gets NaN: its beginning alone would teach something else.
    """
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    weights = folder / "best.safetensors"

    @cache
    def teacher() -> EncoderClassifier:
        loaded = EncoderClassifier(len(about["labels"]), about["max_tokens"], about.get("encoder", "minilm")).eval()
        loaded.load_state_dict(load_file(weights), strict=True)
        return loaded.to(accelerator())

    return Teacher(weights, tuple(about["labels"]), about["held_out"], lambda texts: _whole_logits(teacher(), texts))


def _whole_logits(teacher: EncoderClassifier, texts: Sequence[str]) -> Tensor:
    logits = torch.full((len(texts), teacher.head.out_features), float("nan"))
    read = [index for index, ids in enumerate(teacher.ids(texts, whole=True)) if len(ids) <= teacher.max_tokens]
    if read:
        logits[read] = _logits(teacher, [texts[index] for index in read])
    return logits


@torch.no_grad()
def _logits(teacher: EncoderClassifier, texts: Sequence[str]) -> Tensor:
    ids = teacher.ids(texts)
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    logits = torch.zeros(len(ids), teacher.head.out_features)
    for start in range(0, len(order), _TEXTS_PER_BATCH):
        batch = order[start : start + _TEXTS_PER_BATCH]
        logits[batch] = teacher(*to_device_of(teacher, *pad([ids[index] for index in batch]))).cpu()
    return logits
