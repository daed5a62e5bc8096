"""Pretraining of the LSTM and the GRU encoder of a text hybrid, each on its own, before they are integrated."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ...checkpoints.aside import save_aside
from ...checkpoints.migration import migrate_weight_names
from ...data import InputError
from ...data.text import pad
from ...models import RECURRENT, TextConfig, config_to_dict
from ...models.text import TextHybrid
from ...nn.devices import to_device_of
from ..config import DEFAULT_RUN, EncodersConfig, RunConfig, TextDataConfig, TrainingConfig
from ..data.corpus import bucketed
from ..data.text_data import TextData
from ..loop import classification, fit, has_checkpoint
from ..preflight import check_before
from ..recipes import keep_stages, stage_of
from .shape import text_config

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
        """Return vectors (N, embedding) for ids and mask (B, T), and the neighbour tokens (N,) they should be near."""
        core = self.hybrid.core
        x = core.dropout(core.project(self.hybrid.embed(ids)))
        (block,) = core.recurrent_blocks
        (recurrence,) = block.recurrences.values()
        ahead, back = recurrence(block.norm(x), mask, None).chunk(2, dim=-1)  # (B, T, U) each
        pairs = mask[:, 1:]
        queries = torch.cat([self.ahead(ahead[:, :-1][pairs]), self.back(back[:, 1:][pairs])])
        return queries, torch.cat([ids[:, 1:][pairs], ids[:, :-1][pairs]])

    def loss(self, ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy over the tokens of the batch and some random ones; `labels` are not used.

        The whole vocabulary would cost several times what the recurrence does.
        """
        queries, tokens = self.queries(ids, mask)
        vectors = self.hybrid.embedding.weight
        random = torch.randint(len(vectors), (min(_CANDIDATES, len(vectors)),), device=ids.device)
        candidates, places = torch.cat([tokens, random]).unique(return_inverse=True)
        return F.cross_entropy((queries @ vectors[candidates].T).float(), places[: len(tokens)])

    @torch.no_grad()
    def accuracy(self, rows: list[list[int]]) -> float:
        """Return the accuracy, 0-1: the share of neighbouring tokens guessed right among the whole vocabulary."""
        right = total = 0
        rows = sorted(rows, key=len)
        for start in range(0, len(rows), _TEXTS_PER_BATCH):
            queries, tokens = self.queries(*to_device_of(self, *pad(rows[start : start + _TEXTS_PER_BATCH])))
            for part, answers in zip(queries.split(4096), tokens.split(4096), strict=True):
                right += ((part @ self.hybrid.embedding.weight.T).argmax(-1) == answers).sum().item()
            total += len(tokens)
        return right / max(total, 1)


def train(config: EncodersConfig, run: RunConfig = DEFAULT_RUN) -> dict[str, float]:
    """Pretrain the encoders that a config describes, into `runs/NAME`, for `load_encoders`.

    Returns:
        See `pretrain`.

    Raises:
        InputError: see `pretrain` and `TextData`.
    """
    _check(config.objective)
    check_before(config, run)
    shape = text_config(config.model, config.baseline)
    if not shape.recurrence:
        raise InputError("A model without recurrence has no encoders to pretrain.")
    data = TextData(TextDataConfig(**vars(config.data)), shape, run.runs)
    folder = run.runs / config.name
    accuracies = pretrain(data, data.config, config.training, config.objective, config.max_window, folder, run.resume)
    keep_stages(config.name, [stage_of(config)], run.runs)
    return accuracies


def _check(objective: str) -> None:
    if objective not in OBJECTIVES:
        raise InputError(f"--objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}.")


def pretrain(
    data: TextData,
    config: TextConfig,
    training: TrainingConfig,
    objective: str,
    max_window: int | None,
    folder: Path,
    resume: bool = False,
) -> dict[str, float]:
    """Pretrain an encoder for each recurrence of the config, into a folder, for `load_encoders`.

    The second encoder stands on the embedding of the first, which stays as it is: they can then be put side by side.

    Args:
        data: a language model reads the labelled texts and the unlabelled sentences, without labels.
        config: of the hybrid, with the labels and the vocabulary of the data.
        training: hyperparameters, with the seed.
        objective: "language-model", or "task": the labels, through an attention pooling and a linear head.
        max_window: see `text.fit_text`.
        folder: of the encoders' run.
        resume: go on with an interrupted run.

    Returns:
        The best accuracy of each encoder on the held-out part, 0-1: of neighbouring tokens, or of labels.
    """
    tensors: dict[str, Tensor] = {}
    accuracies: dict[str, float] = {}
    for kind in config.recurrence:
        encoder_config = replace(config, recurrence=(kind,), blocks=(RECURRENT,))
        model = data.new_model(encoder_config, training.seed)
        if tensors:
            shared = {key: tensor for key, tensor in tensors.items() if key.startswith(_SHARED)}
            model.load_state_dict(model.state_dict() | shared, strict=True)
            for key, parameter in model.named_parameters():
                parameter.requires_grad_(not key.startswith(_SHARED))
        about = config_to_dict(encoder_config) | data.identity() | {"objective": objective, "window": max_window}
        begun = resume and has_checkpoint(folder / kind)
        accuracies[kind] = _fit_encoder(model, data, training, objective, max_window, folder / kind, about, begun)
        state = model.state_dict()
        tensors |= {key: state[key].clone() for key in state if key.startswith((_RECURRENCES, *_SHARED))}
    folder.mkdir(parents=True, exist_ok=True)
    save_aside(folder / FILE, tensors, {"vocabulary": data.vocabulary_id, "objective": objective})
    return accuracies


def _fit_encoder(
    model: TextHybrid,
    data: TextData,
    training: TrainingConfig,
    objective: str,
    window: int | None,
    folder: Path,
    about: dict,
    resume: bool,
) -> float:
    read = data.reader.ids
    network: nn.Module = model
    if objective == "task":
        items = [(ids, data.corpus.target(row)) for row in data.corpus.training if (ids := read(row.text))]
        loss, accuracy = classification(model, training.label_smoothing), partial(data.accuracy, model)
    else:
        network = language_model = LanguageModel(model)
        texts = [row.text for row in data.corpus.training] + data.sentences
        items = [(ids, 0) for text in texts if len(ids := read(text)) > 1]
        held_out = [ids for row in data.corpus.held_out if len(ids := read(row.text)) > 1]
        loss, accuracy = language_model.loss, partial(language_model.accuracy, held_out)
    history = fit(
        network,
        loss=loss,
        batches=lambda epoch: bucketed(items, training.batch_size, window, training.seed * 10_007 + epoch),
        batches_per_epoch=-(-len(items) // training.batch_size),
        accuracy=accuracy,
        training=training,
        run_folder=folder,
        config=about,
        resume=resume,
    )
    return max(progress.accuracy for progress in history)


def load_encoders(folder: Path, model: TextHybrid, data: TextData) -> str:
    """Put pretrained encoders into a fresh model; return the objective that they were pretrained with.

    Args:
        folder: of the encoders' run.

    Raises:
        InputError: where there are none, or of another shape, kind or vocabulary.
    """
    if not (folder / FILE).exists():
        raise InputError(f"There are no encoders in {folder}: pretrain them with `train encoders`.")
    with safe_open(folder / FILE, framework="pt") as file:
        about = file.metadata()
    if about["vocabulary"] != data.vocabulary_id:
        raise InputError(f"The encoders in {folder} have another vocabulary: pretrain them on the same data.")
    tensors, state = migrate_weight_names(load_file(folder / FILE)), model.state_dict()
    wanted = {key: value.shape for key, value in state.items() if key.startswith((_RECURRENCES, *_SHARED))}
    if wanted != {key: value.shape for key, value in tensors.items()}:
        raise InputError(f"The encoders in {folder} are not those of this model: pretrain them with the same options.")
    model.load_state_dict(state | tensors, strict=True)
    return about["objective"]
