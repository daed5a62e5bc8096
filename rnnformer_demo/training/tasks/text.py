"""Training of a text hybrid from tables of labelled texts to a checkpoint."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...models import config_to_dict
from ...models.text import TextConfig, TextHybrid
from ..data.corpus import bucketed
from ..data.text_data import TextData, TextDataConfig
from ..loop import Progress, Recipe, classification, fit
from ..teachers.targets import distillation
from .encoders import load_encoders
from .finish import calibrate_test_save, check_tests, training_record
from .select_seed import select_best_seed


def train(
    sources: TextDataConfig,
    name: str,
    config: TextConfig,
    recipe: Recipe,
    command: str,
    seeds: Sequence[int] = (0,),
    tests: Sequence[str] = (),
    window: int | None = None,
    encoders: str | None = None,
    more: dict | None = None,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains a model for each seed and ships the one that does best on the held-out part.

    Each is selected among its epochs and calibrated on that part, tested, and saved in its run's folder.

    Args:
        sources: what it reads.
        config: of the model; its labels are replaced by those of the data.
        recipe: its seed is replaced by each of `seeds`.
        command: what the card says that the reader can rerun.
        tests: files on which the finished models are evaluated; nothing is chosen on them.
        window: an epoch sees at most so many successive tokens of a text, drawn anew each time; None for all.
        encoders: name of pretrained encoders' run, see `pretrain`; None for random weights.
        more: further fields of the card.
        resume: see `select_best_seed`.

    Raises:
        InputError: for folds that no seed leaves out, and see `TextData`, `load_encoders` and `check_tests`.
    """
    check_tests(tests)
    if sources.folds < 1:
        raise InputError(f"--folds must be at least 1, got {sources.folds}.")
    if {seed % sources.folds for seed in seeds} != set(range(sources.folds)):
        every = " ".join(map(str, range(sources.folds)))
        raise InputError(f"Each of the {sources.folds} folds needs a seed: say --seeds {every}.")
    if encoders and sources.start:
        raise InputError(f"{sources.start} brings its own encoders: leave out --encoders or --start.")
    material = TextData(sources, config, runs)

    def train_one(seed: int, run_folder: Path, resume: bool) -> Checkpoint:
        seeded = replace(recipe, seed=seed)
        model, history, objective = fit_text(
            material, material.config, seeded, window, run_folder, encoders and runs / encoders, resume
        )
        about = {
            **(more or {}),
            "data": material.about() | {"encoders": objective, "window": window},
            "command": command,
            **training_record(seeded, history),
        }
        held_out = material.held_logits(model), material.held_labels, material.held_steps
        sentence = material.corpus.held_out[0].text
        return calibrate_test_save(name, model, material.reader, about, held_out, tests, run_folder, sentence)

    return select_best_seed(name, seeds, train_one, command, resume, folder, runs)


def fit_text(
    material: TextData,
    config: TextConfig,
    recipe: Recipe,
    window: int | None,
    run_folder: Path,
    encoders: Path | None = None,
    resume: bool = False,
    watch: Callable[[float], None] = lambda accuracy: None,
) -> tuple[TextHybrid, list[Progress], str | None]:
    """Trains one model.

    Args:
        config: with the labels and the vocabulary of the material.
        window, encoders, resume: see `train`; `encoders` is the folder of their run.
        watch: is told the accuracy on the held-out part after every epoch, 0-1.

    Returns:
        The model in eval mode with its best epoch's weights, the history, and the encoders' objective.
    """
    model = material.new_model(config, recipe.seed)
    objective = load_encoders(encoders, model, material) if encoders else None

    def accuracy() -> float:
        reached = material.accuracy(model)
        watch(reached)
        return reached

    items = material.items(recipe.seed)
    learned = distillation if material.sources.teachers else classification
    history = fit(
        model,
        loss=learned(model, recipe.label_smoothing),
        batches=lambda epoch: bucketed(items, recipe.batch_size, window, recipe.seed * 10_007 + epoch),
        batches_per_epoch=-(-len(items) // recipe.batch_size),
        accuracy=accuracy,
        recipe=recipe,
        run_folder=run_folder,
        config=config_to_dict(config) | material.identity() | {"window": window, "encoders": objective},
        resume=resume,
    )
    return model.eval(), history, objective
