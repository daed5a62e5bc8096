"""Pretraining of the LSTM and the GRU encoder of a text hybrid, each on its own, before they are integrated."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ...checkpoints.migration import migrate_weight_names
from ...data import InputError
from ...data.text import pad
from ...models import RECURRENT, config_to_dict
from ...models.text import TextConfig, TextHybrid
from ...nn.devices import to_device_of
from ..data.corpus import bucketed
from ..data.text_data import TextData, TextDataConfig
from ..loop import Batch, Recipe, classification, fit

OBJECTIVES = ("language-model", "task")
FILE = "encoders.safetensors"
_RECURRENCES = "core.blocks.0.recurrences."
_SHARED = ("embedding.", "core.project.", "core.blocks.0.norm.")  # what both encoders stand on
_CANDIDATES = 2048  # random tokens among which the right one is to be found, beside those of the batch
_TEXTS_PER_BATCH = 64


class LanguageModel(nn.Module):
    """A recurrence in both directions that predicts: the forward states the next token, the backward ones the
    previous. It shares embedding and recurrence with the hybrid that it holds.

    Args:
        hybrid: with one kind of recurrence and one recurrent block. A second block would see what is to be predicted.
    """

    def __init__(self, hybrid: TextHybrid):
        super().__init__()
        self.hybrid = hybrid
        width = hybrid.config.embedding
        self.ahead, self.back = nn.Linear(hybrid.config.units, width), nn.Linear(hybrid.config.units, width)

    def queries(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Ids and mask (B, T) to vectors (N, embedding) that should be near those of the tokens (N,) beside them."""
        core = self.hybrid.core
        x = core.dropout(core.project(self.hybrid.embed(ids)))
        (block,) = core.blocks
        (recurrence,) = block.recurrences.values()
        ahead, back = recurrence(block.norm(x), mask, None).chunk(2, dim=-1)  # (B, T, U) each
        pairs = mask[:, 1:]
        queries = torch.cat([self.ahead(ahead[:, :-1][pairs]), self.back(back[:, 1:][pairs])])
        return queries, torch.cat([ids[:, 1:][pairs], ids[:, :-1][pairs]])

    def loss(self, ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy over the tokens of the batch and some random ones; the whole vocabulary would cost several
        times what the recurrence does. `labels` are not used."""
        queries, tokens = self.queries(ids, mask)
        vectors = self.hybrid.embedding.weight
        random = torch.randint(len(vectors), (min(_CANDIDATES, len(vectors)),), device=ids.device)
        candidates, places = torch.cat([tokens, random]).unique(return_inverse=True)
        return F.cross_entropy((queries @ vectors[candidates].T).float(), places[: len(tokens)])

    @torch.no_grad()
    def accuracy(self, rows: list[list[int]]) -> float:
        """Share of the neighbouring tokens that are guessed right among the whole vocabulary, 0-1."""
        right = total = 0
        rows = sorted(rows, key=len)
        for start in range(0, len(rows), _TEXTS_PER_BATCH):
            queries, tokens = self.queries(*to_device_of(self, *pad(rows[start : start + _TEXTS_PER_BATCH])))
            for part, wanted in zip(queries.split(4096), tokens.split(4096), strict=True):
                right += ((part @ self.hybrid.embedding.weight.T).argmax(-1) == wanted).sum().item()
            total += len(tokens)
        return right / max(total, 1)


def pretrain(
    sources: TextDataConfig,
    name: str,
    config: TextConfig,
    recipe: Recipe,
    objective: str,
    window: int | None = None,
    resume: bool = False,
    runs: Path = Path("runs"),
) -> dict[str, float]:
    """Pretrains an encoder for each recurrence of the config, into `runs/NAME`, for `load_encoders`.

    The second encoder stands on the embedding of the first, which stays as it is: they can then be put side by side.

    Args:
        sources: a language model reads the labelled texts and the unlabelled sentences, without labels.
        config: of the hybrid.
        objective: "language-model", or "task": the labels, through an attention pooling and a linear head.
        window: see `text.train`.

    Returns:
        The best accuracy of each encoder on the held-out part, 0-1: of neighbouring tokens, or of labels.

    Raises:
        InputError: for an unknown objective or a config without recurrence, and see `TextData`.
    """
    if objective not in OBJECTIVES:
        raise InputError(f"The objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}.")
    if not config.recurrence:
        raise InputError("A model without recurrence has no encoders to pretrain.")
    material = TextData(sources, config, runs)
    tensors: dict[str, Tensor] = {}
    accuracies: dict[str, float] = {}
    for kind in material.config.recurrence:
        encoder_config = replace(material.config, recurrence=(kind,), blocks=(RECURRENT,))
        model = material.new_model(encoder_config, recipe.seed)
        if tensors:
            shared = {key: tensor for key, tensor in tensors.items() if key.startswith(_SHARED)}
            model.load_state_dict(model.state_dict() | shared, strict=True)
            for key, parameter in model.named_parameters():
                parameter.requires_grad_(not key.startswith(_SHARED))
        about = config_to_dict(encoder_config) | material.identity() | {"objective": objective, "window": window}
        fitted = _fit_language if objective == "language-model" else _fit_task
        accuracies[kind] = fitted(model, material, recipe, window, runs / name / kind, about, resume)
        state = model.state_dict()
        tensors |= {key: state[key].clone() for key in state if key.startswith((_RECURRENCES, *_SHARED))}
    (runs / name).mkdir(parents=True, exist_ok=True)
    save_file(tensors, runs / name / FILE, {"vocabulary": material.vocabulary_id, "objective": objective})
    return accuracies


def _fit_language(
    model: TextHybrid, material: TextData, recipe: Recipe, window: int | None, folder: Path, about: dict, resume: bool
) -> float:
    reader = material.reader
    texts = [row.text for row in material.corpus.training] + material.sentences
    items = [(ids, 0) for text in texts if len(ids := reader.ids(text)) > 1]
    held_out = [ids for row in material.corpus.held_out if len(ids := reader.ids(row.text)) > 1]
    language_model = LanguageModel(model)
    history = fit(
        language_model,
        loss=language_model.loss,
        batches=lambda epoch: _batches(items, recipe, window, epoch),
        batches_per_epoch=-(-len(items) // recipe.batch_size),
        accuracy=lambda: language_model.accuracy(held_out),
        recipe=recipe,
        run_folder=folder,
        config=about,
        resume=resume,
    )
    return max(progress.accuracy for progress in history)


def _fit_task(
    model: TextHybrid, material: TextData, recipe: Recipe, window: int | None, folder: Path, about: dict, resume: bool
) -> float:
    rows = material.corpus.training
    items = [(ids, material.corpus.target(row)) for row in rows if (ids := material.reader.ids(row.text))]
    history = fit(
        model,
        loss=classification(model, recipe.label_smoothing),
        batches=lambda epoch: _batches(items, recipe, window, epoch),
        batches_per_epoch=-(-len(items) // recipe.batch_size),
        accuracy=lambda: material.accuracy(model),
        recipe=recipe,
        run_folder=folder,
        config=about,
        resume=resume,
    )
    return max(progress.accuracy for progress in history)


def _batches(items: list[tuple[list[int], int]], recipe: Recipe, window: int | None, epoch: int) -> Iterator[Batch]:
    return bucketed(items, recipe.batch_size, window, recipe.seed * 10_007 + epoch)


def load_encoders(folder: Path, model: TextHybrid, material: TextData) -> str:
    """Puts pretrained encoders into a fresh model and returns the objective that they were pretrained with.

    Args:
        folder: of the encoders' run.

    Raises:
        InputError: where there are none, or of another shape, kind or vocabulary.
    """
    if not (folder / FILE).exists():
        raise InputError(f"There are no encoders in {folder}: pretrain them with `train encoders`.")
    with safe_open(folder / FILE, framework="pt") as file:
        about = file.metadata()
    if about["vocabulary"] != material.vocabulary_id:
        raise InputError(f"The encoders in {folder} have another vocabulary: pretrain them on the same data.")
    tensors, state = migrate_weight_names(load_file(folder / FILE)), model.state_dict()
    wanted = {key: value.shape for key, value in state.items() if key.startswith((_RECURRENCES, *_SHARED))}
    if wanted != {key: value.shape for key, value in tensors.items()}:
        raise InputError(f"The encoders in {folder} are not those of this model: pretrain them with the same options.")
    model.load_state_dict(state | tensors, strict=True)
    return about["objective"]
