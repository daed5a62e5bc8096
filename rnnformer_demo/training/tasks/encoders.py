"""Pretraining of the encoders of text models: the LSTM and the GRU of a hybrid, each on its own, before they are
integrated; and the attention of a baseline that has no recurrence."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ...checkpoints.aside import save_aside
from ...checkpoints.migration import migrate_weight_names
from ...data import InputError
from ...models import RECURRENT, TextConfig, config_to_dict
from ...models.text import TextHybrid
from ..config import DEFAULT_RUN, EncodersConfig, RunConfig, TextDataConfig, TrainingConfig
from ..data.corpus import bucketed
from ..data.text_data import TextData
from ..loop import classification, fit, has_checkpoint
from ..preflight import check_before
from ..recipes import keep_stages, stage_of
from .language_models import LanguageModel, MaskedLanguageModel
from .shape import text_config

_OF_ATTENTION = "masked-language-model"
OBJECTIVES = ("language-model", _OF_ATTENTION, "task")
FILE = "encoders.safetensors"
_RECURRENCES = "core.blocks.0.recurrences."
_SHARED = ("embedding.", "core.project.", "core.blocks.0.norm.")  # what both encoders stand on
_BELOW_POOLING = ("embedding.", "core.project.", "core.position_gain", "core.blocks.", "core.norm.")


def train(config: EncodersConfig, run: RunConfig = DEFAULT_RUN) -> dict[str, float]:
    """Pretrain the encoders that a config describes, into `runs/NAME`, for `load_encoders`.

    Returns:
        See `pretrain`.

    Raises:
        InputError: see `pretrain` and `TextData`.
    """
    check_before(config, run)
    shape = text_config(config.model, config.baseline)
    _check(config.objective, shape)
    data = TextData(TextDataConfig(**vars(config.data)), shape, run.runs)
    folder = run.runs / config.name
    accuracies = pretrain(data, data.config, config.training, config.objective, config.max_window, folder, run.resume)
    keep_stages(config.name, [stage_of(config)], run.runs)
    return accuracies


def _check(objective: str, shape: TextConfig) -> None:
    if objective not in OBJECTIVES:
        raise InputError(f"--objective must be one of {', '.join(OBJECTIVES)}, got {objective!r}.")
    if not shape.recurrence and objective != _OF_ATTENTION:
        raise InputError(f"A model without recurrence is pretrained with --objective {_OF_ATTENTION}.")
    if shape.recurrence and objective == _OF_ATTENTION:
        raise InputError(f"--objective {_OF_ATTENTION} is for models without recurrence.")


def pretrain(
    data: TextData,
    config: TextConfig,
    training: TrainingConfig,
    objective: str,
    max_window: int | None,
    folder: Path,
    resume: bool = False,
) -> dict[str, float]:
    """Pretrain an encoder for each recurrence of the config, or all blocks of one without, into a folder, for
    `load_encoders`.

    The second encoder stands on the embedding of the first, which stays as it is: they can then be put side by side.

    Args:
        data: a language model reads the labelled texts and the unlabelled sentences, without labels.
        config: of the hybrid, with the labels and the vocabulary of the data.
        training: hyperparameters, with the seed.
        objective: "language-model"; "task": the labels, through an attention pooling and a linear head; or
            "masked-language-model", without recurrence.
        max_window: see `text.fit_text`.
        folder: of the encoders' run.
        resume: go on with an interrupted run.

    Returns:
        The best accuracy of each encoder on the held-out part, 0-1: of neighbouring tokens, or of labels.
    """
    tensors: dict[str, Tensor] = {}
    accuracies: dict[str, float] = {}
    kept = _kept(objective)
    for kind in config.recurrence or ("attention",):
        encoder_config = replace(config, recurrence=(kind,), blocks=(RECURRENT,)) if config.recurrence else config
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
        tensors |= {key: state[key].clone() for key in state if key.startswith(kept)}
    folder.mkdir(parents=True, exist_ok=True)
    save_aside(folder / FILE, tensors, {"vocabulary": data.vocabulary_id, "objective": objective})
    return accuracies


def _kept(objective: str) -> tuple[str, ...]:
    """Return the beginnings of the names of the weights that a model takes from its encoders."""
    return _BELOW_POOLING if objective == _OF_ATTENTION else (_RECURRENCES, *_SHARED)


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
        language_model = MaskedLanguageModel(model) if objective == _OF_ATTENTION else LanguageModel(model)
        network = language_model
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
    kept = _kept(about["objective"])
    wanted = {key: value.shape for key, value in state.items() if key.startswith(kept)}
    if wanted != {key: value.shape for key, value in tensors.items()}:
        raise InputError(f"The encoders in {folder} are not those of this model: pretrain them with the same options.")
    model.load_state_dict(state | tensors, strict=True)
    return about["objective"]
