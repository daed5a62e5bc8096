"""A teacher for the text hybrids: all-MiniLM-L6-v2 fine-tuned on the task, and its logits for any text."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from ..data import InputError
from ..data.text import pad
from .corpus import Corpus, bucketed, fingerprints, read_corpus
from .loop import Batch, Loss, Recipe, classification, fit, multiplies_bfloat16
from .minilm import WIDTH, load_minilm

ROUNDS = 8  # per pass over the data: after each the run is evaluated and can be resumed
_TEXTS_PER_BATCH = 64
_CHUNK = 4096  # texts per file of cached logits


class Teacher(nn.Module):
    """The encoder, the mean over its states, a linear head. Its matrix products are in bfloat16 where the processor
    multiplies it."""

    def __init__(self, classes: int, max_tokens: int):
        super().__init__()
        self.encoder, self._pieces = load_minilm()
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(WIDTH, classes)
        self.max_tokens = max_tokens

    def ids(self, texts: Sequence[str], whole: bool = False) -> list[list[int]]:
        """Token ids of each text, its special tokens included, cut to `max_tokens` unless the `whole` is asked for."""
        return self._pieces(list(texts), truncation=not whole, max_length=None if whole else self.max_tokens)[
            "input_ids"
        ]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Ids and mask (B, T) to logits (B, C)."""
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=multiplies_bfloat16(ids.device)):
            states = self.encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()  # (B, T, 384)
        pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(self.dropout(pooled))


def fine_tune(
    data: Sequence[str],
    name: str,
    recipe: Recipe,
    label_names: Sequence[str] | None = None,
    without: Sequence[str] = (),
    max_tokens: int = 128,
    resume: bool = False,
    runs: Path = Path("runs"),
) -> float:
    """Fine-tunes a teacher on the training part that its students get too, into `runs/NAME`.

    Args:
        data, label_names, without: as for a student, so that both hold out the same.
        recipe: its epochs are passes over the data.
        max_tokens: of a longer text every pass sees as many successive tokens, drawn anew.

    Returns:
        Its best accuracy on the held-out part, 0-1.
    """
    corpus = read_corpus(data, label_names, without)
    torch.manual_seed(recipe.seed)
    teacher = Teacher(len(corpus.labels), max_tokens)
    items = list(zip(teacher.ids([row.text for row in corpus.training], whole=True), _targets(corpus), strict=True))
    held_out = [row.text for row in corpus.held_out]
    held_labels = torch.tensor([corpus.target(row) for row in corpus.held_out])
    rounds = max(1, min(ROUNDS, len(items) // recipe.batch_size))
    share = -(-len(items) // rounds)

    def batches(turn: int) -> Iterator[Batch]:
        seed = recipe.seed * 10_007 + turn // rounds
        order = random.Random(seed).sample(items, len(items))
        return bucketed(order[turn % rounds :: rounds], recipe.batch_size, max_tokens, seed)

    folder = runs / name
    folder.mkdir(parents=True, exist_ok=True)
    about = {"labels": corpus.labels, "max_tokens": max_tokens, "held_out": fingerprints(corpus.held_out)}
    (folder / "teacher.json").write_text(json.dumps(about), encoding="utf-8")
    history = fit(
        teacher,
        loss=classification(teacher, recipe.label_smoothing),
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
    """Logits (N, C) of the best teacher in a run's folder, cached there: each text is run once. A text that is longer
    than the teacher reads gets NaN: its beginning alone would teach something else.

    Raises:
        InputError: where there is no teacher, or one of other labels, or one that was trained on what the corpus
            holds out.
    """
    if not (folder / "best.safetensors").exists() or not (folder / "teacher.json").exists():
        raise InputError(f"There is no teacher in {folder}: train one with `train teacher`.")
    about = json.loads((folder / "teacher.json").read_text(encoding="utf-8"))
    if tuple(about["labels"]) != corpus.labels:
        raise InputError(f"The teacher in {folder} knows {about['labels']}, not {list(corpus.labels)}.")
    if not set(fingerprints(corpus.held_out)) <= set(about["held_out"]):
        raise InputError(f"The teacher in {folder} was trained on what is held out here: train it on the same data.")
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
            save_file({"logits": _whole_logits(teacher, chunk)}, file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
        logits.append(load_file(file)["logits"])
    return torch.cat(logits)


def distilled_targets(
    folder: Path, corpus: Corpus, texts: Sequence[str], targets: Sequence[int]
) -> list[tuple[float, ...]]:
    """What a student learns of each text, as `distillation` takes it: its label's class as 0s and 1s, then the
    teacher's logits.

    Zeros stand for the label of an unlabelled text.

    Args:
        folder: of the teacher's run.
        texts: those with labels first.
        targets: classes of the first texts.

    Raises:
        InputError: see `teacher_logits`.
    """
    classes = len(corpus.labels)
    logits = teacher_logits(folder, corpus, texts)
    labels = torch.zeros(len(texts), classes)
    labels[: len(targets)] = F.one_hot(torch.tensor(targets), classes).float()
    return [tuple(row) for row in torch.cat([labels, logits], dim=1).tolist()]


def distillation(forward: Callable[[Tensor, Tensor], Tensor], label_smoothing: float) -> Loss:
    """Cross-entropy of the labels plus the squared distance to the teacher's logits (Ba & Caruana 2014; Tang et al.
    2019, section 3.3), for `fit`. Logits are centred first, since the softmax does not see their mean.

    Args:
        forward: inputs and mask (B, T) to logits (B, C).
    """

    def loss(inputs: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        labels, taught = targets.chunk(2, dim=-1)  # (B, C) each
        logits = forward(inputs, mask).float()
        smooth = labels * (1 - label_smoothing) + labels.sum(-1, keepdim=True) * label_smoothing / labels.shape[-1]
        cross_entropy = -(smooth * logits.log_softmax(-1)).sum(-1)
        taught = torch.where(taught.isnan(), logits.detach(), taught)  # nothing to learn: no distance
        distance = (_centred(logits) - _centred(taught)).square().mean(-1)
        return (cross_entropy + distance).mean()

    return loss


def _centred(logits: Tensor) -> Tensor:
    return logits - logits.mean(-1, keepdim=True)


def _whole_logits(teacher: Teacher, texts: Sequence[str]) -> Tensor:
    logits = torch.full((len(texts), teacher.head.out_features), float("nan"))
    read = [index for index, ids in enumerate(teacher.ids(texts, whole=True)) if len(ids) <= teacher.max_tokens]
    if read:
        logits[read] = _logits(teacher, [texts[index] for index in read])
    return logits


@torch.no_grad()
def _logits(teacher: Teacher, texts: Sequence[str]) -> Tensor:
    ids = teacher.ids(texts)
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    logits = torch.zeros(len(ids), teacher.head.out_features)
    for start in range(0, len(order), _TEXTS_PER_BATCH):
        batch = order[start : start + _TEXTS_PER_BATCH]
        logits[batch] = teacher(*pad([ids[index] for index in batch]))
    return logits
