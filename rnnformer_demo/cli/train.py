"""The command `train`: one task, or the stages of a recipe. Torch is imported when a training begins."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..data import InputError
from .train_flags import PROGRAM, RunFlags, current_task, parse_recipe, parse_task

if TYPE_CHECKING:
    from ..checkpoints.store import Checkpoint
    from ..training.config import RunConfig

Result = tuple[dict | list, str]  # what --json prints, and what is printed without it


def parse_train(arguments: Sequence[str]) -> Namespace:
    """Return what the words after `train` ask for, with `run`, `checkpoints` and `json` as of the other commands.

    Raises:
        InputError: for arguments that do not parse, in one sentence.
        SystemExit: after printing the help.
    """
    from ..training.config import TASKS

    first = arguments[0] if arguments else ""
    if first in ("-h", "--help"):
        print(_help())
        raise SystemExit(0)
    if first.startswith("--recipe"):
        asked = parse_recipe(arguments)
        return _asked(asked.run, lambda: _run_recipe(asked.recipe, asked.run))
    if first.startswith("-") or not first:
        raise InputError(f"{PROGRAM}: the first argument must be a task or --recipe. See {PROGRAM} --help.")
    task = current_task(first)
    if task not in TASKS:
        raise InputError(f"{PROGRAM}: there is no task {first!r}: choose from {', '.join(TASKS)}, or give --recipe.")
    config, run = parse_task(task, arguments[1:])
    return _asked(run, lambda: _run_task(task, config, run, {}), config)


def _asked(run: RunFlags, start: Callable[[], Result], config: Any = None) -> Namespace:
    return Namespace(
        run=lambda options: start(), config=config, checkpoints=run.checkpoints, engine=None, json=run.json
    )


def _help() -> str:
    from ..training.config import TASKS
    from ..training.recipes import names

    tasks = [f"  {task:17}{config.__doc__.splitlines()[0]}" for task, config in TASKS.items()]
    return "\n".join(
        [
            f"usage: {PROGRAM} TASK ...",
            f"       {PROGRAM} --recipe NAME|FILE.json [--resume] [--runs FOLDER] [--threads N]",
            "",
            "Train a model.",
            "",
            f"tasks ({PROGRAM} TASK --help lists their flags):",
            *tasks,
            "",
            f"recipes of the shipped models: {', '.join(names())}",
        ]
    )


def _run_task(task: str, config: Any, run: RunConfig, about: dict) -> Result:
    import torch

    if run.threads:
        torch.set_num_threads(run.threads)
    return _TASKS[task](config, run, about)


def _run_recipe(name: str, run: RunConfig) -> Result:
    """Run every stage; with --resume those that are finished are left out."""
    from ..training.preflight import check_recipe
    from ..training.recipes import find, stage_of
    from ..training.recipes.progress import has_begun, is_finished

    recipe = find(name)
    check_recipe(recipe.stages, run)
    results, lines = [], []
    for config in recipe.stages:
        stage = stage_of(config)
        task = stage["task"]
        if run.resume and is_finished(stage, run.runs):
            print(f"{task} {stage['name']} is finished.", file=sys.stderr)
            continue
        about = recipe.card if task in ("text", "image", "imagenet-distill") else {}
        result, line = _run_task(task, config, replace(run, resume=run.resume and has_begun(stage, run.runs)), about)
        results.append({"task": task, "result": result})
        lines.append(line)
    return {"name": recipe.name, "stages": results}, "\n".join(lines) or f"{recipe.name} is finished."


def _train_text(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.tasks.text import train

    return _saved(train(config, run, about))


def _train_image(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.tasks.image import train

    return _saved(train(config, run, about))


def _distill(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.tasks.imagenet_distill import ALL_TESTS, train

    saved = train(config, run, about)
    tests = saved.card["teacher"]["tests"][ALL_TESTS]
    text = f"{tests['agreement']['share']:.1%} of {tests['agreement']['n']} predictions are those of its teacher"
    if "ratio" in tests:
        text += f", accuracy on {tests['n']} of them {tests['ratio']:.3f} of the teacher's"
    result, line = _saved(saved)
    return result | {"teacher": saved.card["teacher"]}, f"{line}; {text}"


def _saved(saved: Checkpoint) -> tuple[dict, str]:
    from ..evaluation.labelling import balance_notice

    held = saved.card["metrics"]["held_out"]
    result = {"name": saved.name, "bytes": saved.size, "metrics": saved.card["metrics"]}
    figures = f"mean class accuracy {held['mean_class_accuracy']:.2%}, {held['accuracy']:.2%} of {held['n']} held out"
    unbalanced = balance_notice([sum(row) for row in held["confusion"]], saved.labels)
    text = f"{saved.name}: {figures}; {saved.size / 1e6:.1f} MB written"
    return result, f"{text}\n{unbalanced}" if unbalanced else text


def _train_teacher(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.teachers.encoder import fine_tune

    return _kept(config, run, fine_tune(config, run))


def _fit_nbsvm(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.teachers.nbsvm import fit_nbsvm

    return _kept(config, run, fit_nbsvm(config, run))


def _kept(config: Any, run: RunConfig, accuracy: float) -> Result:
    result = {"name": config.name, "held_out_accuracy": accuracy}
    return result, f"{config.name}: {accuracy:.2%} held out; kept in {run.runs / config.name}"


def _pretrain_encoders(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.tasks.encoders import train

    accuracies = train(config, run)
    text = ", ".join(f"{kind} {accuracy:.2%}" for kind, accuracy in accuracies.items())
    return {"name": config.name, "held_out_accuracy": accuracies}, f"{config.name}: {text} held out"


def _fit_ood(config: Any, run: RunConfig, about: dict) -> Result:
    from ..training.ood.fit import train
    from ..training.preflight import check_before

    check_before(config, run)
    saved = train(config)
    record = saved.card["ood"]
    areas = ", ".join(f"{name} {test['auroc']:.3f} ({test['kind']})" for name, test in record["auroc"].items())
    text = f"{saved.name}: {record['signal']}; AUROC against {areas}; {saved.size / 1e6:.1f} MB written"
    return {"name": saved.name, "bytes": saved.size, "ood": record}, text


def _search(config: Any, run: RunConfig, about: dict) -> Result:
    from ..evaluation.reporting.study_tables import search_table
    from ..training.studies.search import search, table_of

    return search(config, run), search_table(table_of(config))


def _ablate_text(config: Any, run: RunConfig, about: dict) -> Result:
    from ..evaluation.reporting.study_tables import ablations_tables
    from ..training.studies.text_ablations import run_ablations, table_of

    return run_ablations(config, run), ablations_tables(table_of(config))


def _ablate_image(config: Any, run: RunConfig, about: dict) -> Result:
    from ..evaluation.reporting.study_tables import image_ablations_table
    from ..training.studies.image_ablations import run_ablations, table_of

    return run_ablations(config, run), image_ablations_table(table_of(config))


_TASKS: dict[str, Callable[[Any, RunConfig, dict], Result]] = {
    "text": _train_text,
    "image": _train_image,
    "imagenet-distill": _distill,
    "teacher": _train_teacher,
    "nbsvm": _fit_nbsvm,
    "encoders": _pretrain_encoders,
    "ood": _fit_ood,
    "search": _search,
    "ablations": _ablate_text,
    "image-ablations": _ablate_image,
}
