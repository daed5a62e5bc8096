"""The command `train`: what its arguments start. Torch is imported when a training begins."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import InputError
from ..training.recipes import command_line, commands_in, commands_of, keep_command
from .train_arguments import (
    CARD_FIELDS,
    CONFIG_FIELDS,
    KIND_FIELDS,
    KINDS,
    RECIPE_FIELDS,
    SEED,
    add_arguments,
    with_blocks,
)
from .train_ood import add_ood

if TYPE_CHECKING:
    from ..checkpoints.store import Checkpoint
    from ..models import HybridConfig
    from ..training.data.text_data import TextDataConfig
    from ..training.loop import Recipe
    from ..training.tasks.partial_finetune import FineTuneConfig

_FREE = {"dropout", "word_dropout"}  # may differ from those of the model that training starts from


def add_kinds(train: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Adds `train text`, `train image`, and the stages before and beside them.

    Args:
        common: arguments that every command takes.
    """
    kinds = train.add_subparsers(required=True, metavar="KIND", parser_class=type(train))
    for kind, about in KINDS.items():
        added = kinds.add_parser(kind, parents=[common], help=about, description=about)
        added.set_defaults(run=_train, kind=kind)
        add_arguments(added, kind)
    add_ood(kinds, common, command_line)


def _chosen(options: argparse.Namespace, fields: dict) -> dict[str, Any]:
    chosen = {field: getattr(options, field) for field in fields if getattr(options, field) is not None}
    for field in ("recurrence", "blocks"):
        if field in chosen:
            chosen[field] = _listed(chosen[field])
    if "head_layers" in chosen:
        widths = _listed(chosen["head_layers"])
        if not all(width.isdecimal() for width in widths):
            raise InputError(f"--head-layers must be widths separated by commas, got {chosen['head_layers']!r}.")
        chosen["head_layers"] = tuple(map(int, widths))
    return chosen


def _listed(text: str) -> tuple[str, ...]:
    return () if text in ("", "none") else tuple(text.split(","))


def _train(options: argparse.Namespace) -> tuple[dict, str]:
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    kinds = {"text": _train_text, "image": _train_image, "teacher": _train_teacher, "encoders": _train_encoders}
    kinds |= {"objects": _train_objects, "search": _search, "ablations": _ablations}
    kinds |= {"image-ablations": _image_ablations, "ngrams": _train_ngrams}
    return kinds[options.kind](options)


def _train_text(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.tasks.text import train

    saved = train(
        _sources(options),
        **_shared(options),
        seeds=options.seeds,
        window=options.window,
        encoders=options.encoders,
    )
    return _saved(saved)


def _train_encoders(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.tasks.encoders import pretrain

    accuracies = pretrain(
        _sources(options),
        options.name,
        _config(options, "text"),
        _recipe(options),
        options.objective,
        window=options.window,
        resume=options.resume,
        runs=Path(options.runs),
    )
    keep_command(options)
    told = ", ".join(f"{kind} {accuracy:.2%}" for kind, accuracy in accuracies.items())
    return {"name": options.name, "held_out_accuracy": accuracies}, f"{options.name}: {told} held out"


def _search(options: argparse.Namespace) -> tuple[dict, str]:
    from ..evaluation.reporting.study_tables import SEARCH, search_table
    from ..training.studies.search import search

    table = Path(options.table) if options.table else SEARCH
    best = search(
        _sources(options),
        options.name,
        _config(options, "text"),
        _recipe(options),
        options.trials,
        options.window,
        table,
        Path(options.runs),
    )
    return best, search_table(table)


def _ablations(options: argparse.Namespace) -> tuple[list, str]:
    from ..evaluation.reporting.study_tables import ABLATIONS, ablations_tables
    from ..training.studies.text_ablations import run

    table = Path(options.table) if options.table else ABLATIONS
    rows = run(
        _sources(options),
        options.test,
        options.long,
        _config(options, "text"),
        _recipe(options),
        options.seeds,
        options.only,
        table,
        Path(options.runs),
    )
    return rows, ablations_tables(table)


def _image_ablations(options: argparse.Namespace) -> tuple[list, str]:
    from ..evaluation.reporting.study_tables import IMAGE_ABLATIONS, image_ablations_table
    from ..training.data.image_data import ImageData
    from ..training.studies.image_ablations import run

    table, runs = Path(options.table) if options.table else IMAGE_ABLATIONS, Path(options.runs)
    rows = run(
        lambda: ImageData(options.data, options.drop, options.views, runs),
        options.test,
        _config(options, "image"),
        _recipe(options),
        options.seeds,
        options.only,
        table,
        runs,
    )
    return rows, image_ablations_table(table)


def _sources(options: argparse.Namespace) -> TextDataConfig:
    from ..training.data.text_data import TextDataConfig

    return TextDataConfig(
        data=options.data,
        label_names=options.labels,
        without=options.without,
        tokenizer=options.tokenizer,
        vectors=options.word_vectors,
        teachers=getattr(options, "teacher", ()),
        start=_start(options),
        folds=getattr(options, "folds", 1),
        unlabelled=options.unlabelled,
        unlabelled_limit=options.unlabelled_limit,
    )


def _start(options: argparse.Namespace) -> str | None:
    """The model to start from; a rival starts from the rival of the same kind."""
    start = getattr(options, "start", None)
    return f"{start}-{options.rival}" if start and options.rival else start


def _train_image(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.tasks.image import train

    tuning = _tuning(options)
    saved = train(
        options.data,
        **_shared(options),
        seeds=options.seeds,
        views=options.views,
        drop=options.drop,
        tuning=tuning,
    )
    return _saved(saved)


def _tuning(options: argparse.Namespace) -> FineTuneConfig:
    from ..training.tasks.partial_finetune import FineTuneConfig

    try:
        return FineTuneConfig(options.tuned_blocks, options.tuned_rate)
    except ValueError as error:
        raise InputError(f"{error}.") from error


def _train_objects(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.tasks.imagenet_distill import ALL_TESTS, train

    saved = train(
        options.data,
        options.name,
        _config(options, "image"),
        _recipe(options),
        command_line(options),
        views=options.views,
        consistency=options.consistency,
        softening=options.softening,
        more=_about(options.about),
        resume=options.resume,
        runs=Path(options.runs),
    )
    beside = saved.card["teacher"]["tests"][ALL_TESTS]
    told = f"{beside['agreement']['share']:.1%} of {beside['agreement']['n']} answers are those of its teacher"
    if "ratio" in beside:
        told += f", accuracy on {beside['n']} of them {beside['ratio']:.3f} of the teacher's"
    result, line = _saved(saved)
    return result | {"teacher": saved.card["teacher"]}, f"{line}; {told}"


def _train_teacher(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.teachers.encoder import fine_tune

    more = {"max_tokens": options.max_tokens} if options.max_tokens is not None else {}
    accuracy = fine_tune(
        options.data,
        options.name,
        _recipe(options),
        label_names=options.labels,
        without=options.without,
        encoder=options.encoder,
        resume=options.resume,
        runs=Path(options.runs),
        **more,
    )
    return _left(options, accuracy)


def _train_ngrams(options: argparse.Namespace) -> tuple[dict, str]:
    from ..training.teachers.nbsvm import fit_ngrams

    accuracy = fit_ngrams(
        options.data,
        options.name,
        label_names=options.labels,
        without=options.without,
        runs=Path(options.runs),
        **_chosen(options, {"longest": None, "strength": None, "folds": None}),
    )
    return _left(options, accuracy)


def _left(options: argparse.Namespace, accuracy: float) -> tuple[dict, str]:
    """What is told of a teacher; its command is kept beside it."""
    keep_command(options)
    result = {"name": options.name, "held_out_accuracy": accuracy}
    return result, f"{options.name}: {accuracy:.2%} held out; kept in {Path(options.runs) / options.name}"


def _stages(options: argparse.Namespace) -> dict[str, list[str]]:
    """The commands of the stages before this one, in their order."""
    runs = Path(options.runs)
    names = [*getattr(options, "teacher", ()), *filter(None, [getattr(options, "encoders", None)])]
    commands = [command for name in names for command in commands_of(name, runs)]
    if _start(options):
        from ..training.data.text_data import start_of

        commands = [*commands_in(start_of(_sources(options), runs).card), *commands]
    return {"stages": list(dict.fromkeys(commands))} if commands else {}


def _shared(options: argparse.Namespace) -> dict[str, Any]:
    """What the training of a text and of an image hybrid both take."""
    rival = {"baseline_of": options.name} if options.rival else {}
    return {
        "name": f"{options.name}-{options.rival}" if options.rival else options.name,
        "config": _config(options, options.kind),
        "recipe": _recipe(options),
        "command": command_line(options),
        "tests": options.test,
        "more": _about(options.about) | rival | _stages(options),
        "resume": options.resume,
        "runs": Path(options.runs),
    }


def _config(options: argparse.Namespace, modality: str) -> HybridConfig:
    from ..models import classes
    from ..training.studies.baselines import rival_config

    config_class, _ = classes(modality)
    chosen = _chosen(options, {field: None for field in CONFIG_FIELDS | KIND_FIELDS[modality] if field in options})
    start = _start(options)
    if start and (own := chosen.keys() - _FREE):
        flags = ", ".join(sorted("--" + field.replace("_", "-") for field in own))
        raise InputError(f"{start} brings its own shape: leave out {flags}.")
    chosen = with_blocks(chosen)
    try:
        config = config_class(labels=("first", "second"), **chosen)  # labels of the data take their place
    except ValueError as error:
        raise InputError(f"{error}.") from error
    rival = getattr(options, "rival", None)
    return rival_config(modality, config, rival) if rival and not start else config


def _about(file: str | None) -> dict[str, Any]:
    """What the card is to say beyond what the training knows."""
    if file is None:
        return {}
    try:
        about = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(about, dict) or not about.keys() <= set(CARD_FIELDS):
        raise InputError(f"{file} must be an object with {', '.join(CARD_FIELDS)}.")
    return about


def _recipe(options: argparse.Namespace) -> Recipe:
    from ..training.loop import Recipe

    try:
        return Recipe(**_chosen(options, {field: None for field in (RECIPE_FIELDS | SEED) if field in options}))
    except ValueError as error:
        raise InputError(f"{error}.") from error


def _saved(saved: Checkpoint) -> tuple[dict, str]:
    held = saved.card["metrics"]["held_out"]
    result = {"name": saved.name, "bytes": saved.size, "metrics": saved.card["metrics"]}
    return result, f"{saved.name}: {held['accuracy']:.2%} of {held['n']} held out; {saved.size / 1e6:.1f} MB written"
