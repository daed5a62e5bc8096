"""Training of a text hybrid from tables of labelled texts to a checkpoint."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...models import TextConfig, config_to_dict
from ...models.text import TextHybrid
from ..config import DEFAULT_RUN, RunConfig, TextDataConfig, TrainingConfig, TrainTextConfig
from ..data.corpus import bucketed
from ..data.text_data import TextData
from ..loop import Progress, classification, fit
from ..preflight import check_before
from ..recipes import recipe_record
from ..teachers.targets import distillation
from .encoders import load_encoders
from .finish import about_model, calibrate_test_save, check_labels, check_tests, training_record
from .select_seed import select_best_seed
from .shape import text_config


def train(
    config: TrainTextConfig, run: RunConfig = DEFAULT_RUN, about: dict | None = None, folder: Path | None = None
) -> Checkpoint:
    """Train a model for each seed and ship the one that does best on the held-out part.

    Each is selected among its epochs and calibrated on that part, tested, and saved in its run's folder.

    Args:
        config: what is trained.
        run: resume, see `select_best_seed`; folder of the runs.
        about: further fields of the card.
        folder: of the checkpoint.

    Raises:
        InputError: for folds that no seed leaves out, and see `TextData`, `load_encoders`, `check_tests` and
            `check_labels`.

    Example:
        >>> train(TrainTextConfig(name="mine", data=TextDataConfig(data=("my.csv",)))).name
        'mine'
    """
    check_before(config, run, folder)
    check_tests(config.test)
    _check_folds(config)
    sources = _of_baseline(config)
    if config.encoders and sources.init_from:
        raise InputError(f"{sources.init_from} brings its own encoders: leave out --encoders or --init-from.")
    shape = text_config(config.model, config.baseline, sources.init_from)
    data = TextData(sources, shape, run.runs)
    check_labels(config.test, data.corpus, sources.table)
    recorded = data.recorded
    recipe = recipe_record(config, run.runs, data.start.card if data.start else None)
    encoders = run.runs / config.encoders if config.encoders else None

    def train_one(seed: int, run_folder: Path, resume: bool) -> Checkpoint:
        seeded = replace(config.training, seed=seed)
        model, history, objective = fit_text(data, data.config, seeded, config.max_window, run_folder, encoders, resume)
        card = {
            **about_model(config, about),
            "data": data.about() | {"encoders": objective, "window": config.max_window},
            "recipe": recipe,
            **training_record(seeded, history),
        }
        if data.start and data.start.name == recipe["name"]:
            card |= continued(data.start.card, card)
        held_out = data.held_logits(model), data.held_labels, data.held_steps
        tests, table = config.test, sources.table
        return calibrate_test_save(
            recipe["name"], model, data.reader, card, held_out, tests, run_folder, recorded, table=table
        )

    return select_best_seed(recipe, config.seeds, train_one, run, folder)


def continued(before: dict, card: dict) -> dict:
    """Return the entries "data" and "training" of a model that went on from itself: those of before, and in `again`
    what it then learned; how long it took before.

    Args:
        before: card of the model as it was.
        card: of what it became.
    """
    now = {
        key: card["data"][key] for key in ("trained_on", "unlabelled", "templates", "variants") if key in card["data"]
    }
    minutes = before["training"]["minutes"]
    return {
        "data": before["data"] | {"again": now},
        "training": card["training"] | {"minutes_before": minutes},
    }


def _check_folds(config: TrainTextConfig) -> None:
    folds = config.data.folds
    if folds < 1:
        raise InputError(f"--folds must be at least 1, got {folds}.")
    if {seed % folds for seed in config.seeds} != set(range(folds)):
        every = " ".join(map(str, range(folds)))
        raise InputError(f"Each of the {folds} folds needs a seed: say --seeds {every}.")


def _of_baseline(config: TrainTextConfig) -> TextDataConfig:
    """Return the data; a baseline starts from the baseline of the same kind."""
    if config.data.init_from and config.baseline:
        return replace(config.data, init_from=f"{config.data.init_from}-{config.baseline}")
    return config.data


def fit_text(
    data: TextData,
    config: TextConfig,
    training: TrainingConfig,
    max_window: int | None,
    run_folder: Path,
    encoders: Path | None = None,
    resume: bool = False,
    watch: Callable[[float], None] = lambda accuracy: None,
) -> tuple[TextHybrid, list[Progress], str | None]:
    """Train one model.

    Args:
        data: what it reads.
        config: with the labels and the vocabulary of the data.
        training: hyperparameters, with the seed.
        max_window: an epoch reads at most so many successive tokens of a text, drawn anew each time; None for all.
        run_folder: folder of the resume files.
        encoders: folder of pretrained encoders' run; None for random weights.
        resume: go on where the run in `run_folder` stopped.
        watch: is called with the accuracy on the held-out part after every epoch, 0-1.

    Raises:
        InputError: where no text is left to train on, and see `load_encoders`.

    Returns:
        The model in eval mode with its best epoch's weights, the history, and the encoders' objective.
    """
    model = data.new_model(config, training.seed)
    objective = load_encoders(encoders, model, data) if encoders else None

    def accuracy() -> float:
        reached = data.accuracy(model)
        watch(reached)
        return reached

    items = data.items(training.seed)
    if not items:
        raise InputError("There is no text to train on: add texts, or take fewer --folds.")
    loss = distillation if data.sources.teacher else classification
    history = fit(
        model,
        loss=loss(model, training.label_smoothing),
        batches=lambda epoch: bucketed(items, training.batch_size, max_window, training.seed * 10_007 + epoch),
        batches_per_epoch=-(-len(items) // training.batch_size),
        accuracy=accuracy,
        training=training,
        run_folder=run_folder,
        config=config_to_dict(config) | data.identity() | {"window": max_window, "encoders": objective},
        resume=resume,
    )
    return model.eval(), history, objective
