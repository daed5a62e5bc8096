"""A search over hidden size, hidden layers, dropout and learning rate, on held-out data alone."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...data import InputError
from ...evaluation.classification import short_path
from ...evaluation.reporting.study_tables import SEARCH
from ...models import TextConfig, stacked
from ..config import DEFAULT_RUN, RunConfig, SearchConfig, TextDataConfig
from ..data.text_data import TextData
from ..tasks.shape import text_config
from ..tasks.text import fit_text

if TYPE_CHECKING:
    import optuna

UNITS, RECURRENT_LAYERS, ATTENTION_LAYERS = (48, 96, 144), (1, 2), (0, 1, 2, 3)
DROPOUT, LEARNING_RATE = (0.2, 0.6), (3e-4, 3e-3)  # lowest and highest


def table_of(config: SearchConfig) -> Path:
    """Return the file of the results."""
    return Path(config.table) if config.table else SEARCH


def search(config: SearchConfig, run: RunConfig = DEFAULT_RUN) -> dict:
    """Run trials until the study has as many as asked for, and writes its table.

    Optuna's tree-structured Parzen estimator proposes (Bergstra et al. 2011); a trial that after an epoch lies below
    the median of the others at that epoch is stopped. The study lies in `runs/NAME`: an interrupted search goes on.

    Returns:
        The best trial, as the table has it.

    Raises:
        InputError: where Optuna is not installed, and see `TextData`.
    """
    try:
        import optuna.storages.journal
    except ImportError as error:
        raise InputError("The search needs: pip install -r rnnformer_demo/training/requirements.txt.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name, folder, table = config.name, run.runs / config.name, table_of(config)
    folder.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(folder / "study")))
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=config.training.seed, n_startup_trials=6),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )
    data = TextData(TextDataConfig(**vars(config.data)), text_config(config.model), run.runs)

    def objective(trial: "optuna.Trial") -> float:
        proposal, rate = _propose(trial, data.config)
        reported = []

        def watch(accuracy: float) -> None:
            reported.append(accuracy)
            trial.report(accuracy, len(reported))
            if trial.should_prune():
                raise optuna.TrialPruned

        training = replace(config.training, learning_rate=rate)
        fit_text(data, proposal, training, config.max_window, folder / str(trial.number), watch=watch)
        return max(reported)

    def finished() -> list["optuna.trial.FrozenTrial"]:
        return [trial for trial in study.trials if trial.state.is_finished()]

    while len(finished()) < config.trials:
        study.optimize(objective, n_trials=1)
        _write(table, config, len(data.corpus.held_out), finished())
    best = max(json.loads(table.read_text(encoding="utf-8"))["trials"], key=lambda trial: trial["held_out"])
    return best


def _propose(trial: "optuna.Trial", config: TextConfig) -> tuple[TextConfig, float]:
    proposal = replace(
        config,
        units=trial.suggest_categorical("units", UNITS),
        blocks=stacked(
            trial.suggest_categorical("recurrent_layers", RECURRENT_LAYERS),
            trial.suggest_categorical("attention_layers", ATTENTION_LAYERS),
        ),
        dropout=trial.suggest_float("dropout", *DROPOUT, step=0.1),
    )
    return proposal, trial.suggest_float("learning_rate", *LEARNING_RATE, log=True)


def _write(table: Path, config: SearchConfig, held_out: int, trials: list["optuna.trial.FrozenTrial"]) -> None:
    rows = [
        {
            "trial": trial.number,
            **trial.params,
            "epochs": len(trial.intermediate_values),
            "held_out": max(trial.intermediate_values.values()),
            "stopped": trial.state.name == "PRUNED",
        }
        for trial in trials
        if trial.intermediate_values
    ]
    about = {
        "data": ", ".join(map(short_path, config.data.data)),
        "held_out": held_out,
        "recipe": asdict(config.training),
        "trials": rows,
    }
    table.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    head = json.dumps({key: value for key, value in about.items() if key != "trials"})[:-1]
    table.write_text(f'{head}, "trials": [\n{body}\n]}}\n', encoding="utf-8")
