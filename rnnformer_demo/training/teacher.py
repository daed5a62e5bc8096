"""A teacher for the text hybrids: all-MiniLM-L6-v2 fine-tuned on the task, and its logits for any text."""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from ..data import InputError
from ..data.text import pad
from .corpus import Corpus, bucketed, fingerprint, read_corpus
from .loop import Batch, Recipe, fit
from .minilm import WIDTH, load_minilm

ROUNDS = 8  # per pass over the data: after each the run is evaluated and can be resumed
_TEXTS_PER_BATCH = 64
_CHUNK = 4096  # texts per file of cached logits


class Teacher(nn.Module):
    """The encoder, the mean over its states, a linear head. Runs its matrix products in bfloat16."""

    def __init__(self, classes: int, max_tokens: int):
        super().__init__()
        self.encoder, self._pieces = load_minilm()
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(WIDTH, classes)
        self.max_tokens = max_tokens

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, its special tokens included, cut to `max_tokens`."""
        return self._pieces(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Ids and mask (B, T) to logits (B, C)."""
        with torch.autocast(ids.device.type, torch.bfloat16):
            states = self.encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()  # (B, T, 384)
        pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(self.dropout(pooled))


def fine_tune(
    data: Sequence[str],
    name: str,
    recipe: Recipe,
    label_names: Sequence[str] | None = None,
    max_tokens: int = 128,
    resume: bool = False,
    runs: Path = Path("runs"),
) -> float:
    """Fine-tunes a teacher on the training part that its students get too, into `runs/NAME`.

    Args:
        data, label_names: as for a student; the recipe's seed must be the student's, so that both hold out the same.
        recipe: its epochs are passes over the data.

    Returns:
        Its best accuracy on the held-out part, 0-1.
    """
    corpus = read_corpus(data, label_names, recipe.seed)
    torch.manual_seed(recipe.seed)
    teacher = Teacher(len(corpus.labels), max_tokens)
    items = list(zip(teacher.ids([row.text for row in corpus.training]), _targets(corpus), strict=True))
    held_out = [row.text for row in corpus.held_out]
    held_labels = torch.tensor([corpus.target(row) for row in corpus.held_out])
    rounds = max(1, min(ROUNDS, len(items) // recipe.batch_size))
    share = -(-len(items) // rounds)

    def batches(turn: int) -> Iterator[Batch]:
        seed = recipe.seed * 10_007 + turn // rounds
        order = random.Random(seed).sample(items, len(items))
        return bucketed(order[turn % rounds :: rounds], recipe.batch_size, None, seed)

    folder = runs / name
    folder.mkdir(parents=True, exist_ok=True)
    about = {"labels": corpus.labels, "max_tokens": max_tokens, "held_out": fingerprint(corpus.held_out)}
    (folder / "teacher.json").write_text(json.dumps(about), encoding="utf-8")
    history = fit(
        teacher,
        forward=teacher,
        batches=batches,
        batches_per_epoch=-(-share // recipe.batch_size),
        accuracy=lambda: (_logits(teacher, held_out).argmax(-1) == held_labels).float().mean().item(),
        recipe=Recipe(**{**vars(recipe), "epochs": recipe.epochs * rounds}),
        run_folder=folder,
        config=about,
        resume=resume,
    )
    return max(progress.accuracy for progress in history)


def _targets(corpus: Corpus) -> list[int]:
    return [corpus.target(row) for row in corpus.training]


def teacher_logits(folder: Path, corpus: Corpus, texts: Sequence[str]) -> Tensor:
    """Logits (N, C) of the best teacher in a run's folder, cached there: each text is run once.

    Raises:
        InputError: where there is no teacher, or one of other labels, or one that was trained on what the corpus
            holds out.
    """
    if not (folder / "best.safetensors").exists() or not (folder / "teacher.json").exists():
        raise InputError(f"There is no teacher in {folder}: train one with `train teacher`.")
    about = json.loads((folder / "teacher.json").read_text(encoding="utf-8"))
    if tuple(about["labels"]) != corpus.labels:
        raise InputError(f"The teacher in {folder} knows {about['labels']}, not {list(corpus.labels)}.")
    if about["held_out"] != fingerprint(corpus.held_out):
        raise InputError(f"The teacher in {folder} held out other texts: train it on the same data and seed.")
    weights = folder / "best.safetensors"
    identity = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
    cache = folder / f"logits-{identity}"
    cache.mkdir(exist_ok=True)
    teacher = None
    logits = []
    for start in tqdm(range(0, len(texts), _CHUNK), desc="teacher", mininterval=2):
        chunk = list(texts[start : start + _CHUNK])
        file = cache / f"{hashlib.sha256(json.dumps(chunk).encode()).hexdigest()[:24]}.safetensors"
        if not file.exists():
            if teacher is None:
                teacher = Teacher(len(corpus.labels), about["max_tokens"]).eval()
                teacher.load_state_dict(load_file(weights), strict=True)
            save_file({"logits": _logits(teacher, chunk)}, file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
        logits.append(load_file(file)["logits"])
    return torch.cat(logits)


def soft_targets(logits: Tensor, targets: Sequence[int]) -> Tensor:
    """What a student learns, (N, C): the teacher's probabilities, averaged with the label where there is one.

    Args:
        logits: (N, C) of the teacher.
        targets: classes of the first texts; the others are unlabelled.
    """
    soft = logits.softmax(-1)
    labelled = F.one_hot(torch.tensor(targets), logits.shape[1]).float()
    soft[: len(targets)] = (soft[: len(targets)] + labelled) / 2
    return soft


@torch.no_grad()
def _logits(teacher: Teacher, texts: Sequence[str]) -> Tensor:
    ids = teacher.ids(texts)
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    logits = torch.zeros(len(ids), teacher.head.out_features)
    for start in range(0, len(order), _TEXTS_PER_BATCH):
        batch = order[start : start + _TEXTS_PER_BATCH]
        logits[batch] = teacher(*pad([ids[index] for index in batch]))
    return logits
