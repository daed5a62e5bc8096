"""The command `train`: its arguments, and what they start. Torch is imported when a training begins."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import InputError

if TYPE_CHECKING:
    from ..checkpoints import Checkpoint
    from .loop import Recipe

# Fields of the configs and of the recipe that the command line offers, with what they mean.
_CONFIG_FIELDS = {
    "width": (int, "width of every block"),
    "recurrence": (str, "comma-separated: lstm,gru or lstm or gru or none"),
    "recurrent_layers": (int, "recurrent blocks below the attention"),
    "units": (int, "hidden units of one direction of one recurrence"),
    "attention_layers": (int, "Transformer encoder layers, 0 for none"),
    "heads": (int, "attention heads"),
    "head_layers": (str, "comma-separated hidden widths of the fully connected head, or none"),
    "positions": (bool, "add a sinusoidal position encoding"),
    "dropout": (float, "dropout, 0 to below 1"),
}
_KIND_FIELDS = {
    "text": {
        "vocabulary": (int, "entries of the vocabulary"),
        "embedding": (int, "width of a token's vector"),
        "max_tokens": (int, "longer texts are cut"),
        "word_dropout": (float, "share of tokens that training blanks"),
    },
    "image": {"image_size": (int, "pixels, a multiple of 32")},
}
_RECIPE_FIELDS = {
    "epochs": (int, "passes over the data"),
    "batch_size": (int, "rows per update"),
    "learning_rate": (float, "highest learning rate of AdamW"),
    "weight_decay": (float, "of AdamW, on matrices"),
    "clip": (float, "norm to which gradients are clipped"),
    "label_smoothing": (float, "0 to below 1"),
    "seed": (int, "of everything that is drawn"),
}
_FIELDS = {
    "text": _CONFIG_FIELDS | _KIND_FIELDS["text"] | _RECIPE_FIELDS,
    "image": _CONFIG_FIELDS | _KIND_FIELDS["image"] | _RECIPE_FIELDS,
    "teacher": {"max_tokens": _KIND_FIELDS["text"]["max_tokens"]} | _RECIPE_FIELDS,
}


def add_kinds(train: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Adds `train text`, `train image` and `train teacher`.

    Args:
        common: arguments that every command takes.
    """
    kinds = train.add_subparsers(required=True, metavar="KIND", parser_class=type(train))
    about = {
        "text": "train a hybrid on labelled texts",
        "image": "train a hybrid on labelled photos",
        "teacher": "fine-tune all-MiniLM-L6-v2 on labelled texts, for --teacher",
    }
    for kind, sentence in about.items():
        added = kinds.add_parser(kind, parents=[common], help=sentence, description=sentence)
        added.set_defaults(run=_train, kind=kind)
        added.add_argument("--name", required=True, help="of what is trained")
        added.add_argument("--resume", action="store_true", help="go on with an interrupted run")
        added.add_argument("--runs", default="runs", metavar="FOLDER", help="for resume files and caches")
        added.add_argument("--threads", type=int, help="processor threads (default: all)")
        if kind == "image":
            _add_image(added)
        else:
            added.add_argument("--data", nargs="+", required=True, help="TSV, CSV or JSONL with text and label")
            added.add_argument("--labels", nargs="*", help="names for the labels of the data, in their sorted order")
        if kind == "text":
            _add_text(added)
        _add_fields(added, _FIELDS[kind])


def _add_text(text: argparse.ArgumentParser) -> None:
    text.add_argument("--test", nargs="*", default=[], metavar="DATA", help="sets to test the result on")
    text.add_argument("--window", type=int, help="tokens of a text that an epoch sees at most, drawn anew each time")
    text.add_argument("--word-vectors", action="store_true", help="start the embedding from all-MiniLM-L6-v2")
    text.add_argument("--teacher", metavar="NAME", help="learn from a teacher too, see train teacher")
    text.add_argument("--unlabelled", nargs="*", default=[], metavar="DATA", help="sentences for the teacher to label")
    text.add_argument("--unlabelled-limit", type=int, help="most sentences that are taken (default: 100000)")


def _add_image(image: argparse.ArgumentParser) -> None:
    image.add_argument("--data", required=True, help="folder or zip, one folder a class or with index.csv")
    image.add_argument("--test", nargs="*", default=[], metavar="DATA", help="sets to test the result on")
    image.add_argument("--views", type=int, default=4, help="cached views of a photo, one plain (default: 4)")
    image.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")


def _add_fields(parser: argparse.ArgumentParser, fields: dict) -> None:
    for field, (converter, about) in fields.items():
        flag = "--" + field.replace("_", "-")
        if converter is bool:
            parser.add_argument(flag, action="store_true", default=None, help=about)
        else:
            parser.add_argument(flag, type=converter, help=about)


def _chosen(options: argparse.Namespace, fields: dict) -> dict[str, Any]:
    chosen = {field: getattr(options, field) for field in fields if getattr(options, field) is not None}
    if "recurrence" in chosen:
        chosen["recurrence"] = _listed(chosen["recurrence"])
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
    return {"text": _train_text, "image": _train_image, "teacher": _train_teacher}[options.kind](options)


def _train_text(options: argparse.Namespace) -> tuple[dict, str]:
    from .text import train

    limit = {"unlabelled_limit": options.unlabelled_limit} if options.unlabelled_limit is not None else {}
    saved = train(
        **_shared(options),
        label_names=options.labels,
        word_vectors=options.word_vectors,
        window=options.window,
        teacher=options.teacher,
        unlabelled=options.unlabelled,
        **limit,
    )
    return _saved(saved)


def _train_image(options: argparse.Namespace) -> tuple[dict, str]:
    from .image import train

    return _saved(train(**_shared(options), views=options.views, drop=options.drop))


def _train_teacher(options: argparse.Namespace) -> tuple[dict, str]:
    from .teacher import fine_tune

    more = {"max_tokens": options.max_tokens} if options.max_tokens is not None else {}
    accuracy = fine_tune(
        options.data,
        options.name,
        _recipe(options),
        label_names=options.labels,
        resume=options.resume,
        runs=Path(options.runs),
        **more,
    )
    result = {"name": options.name, "held_out_accuracy": accuracy}
    return result, f"{options.name}: {accuracy:.2%} held out; kept in {Path(options.runs) / options.name}"


def _shared(options: argparse.Namespace) -> dict[str, Any]:
    """What the training of a text and of an image hybrid both take."""
    from ..models import classes

    config_class, _ = classes(options.kind)
    chosen = _chosen(options, _CONFIG_FIELDS | _KIND_FIELDS[options.kind])
    try:
        config = config_class(labels=("first", "second"), **chosen)  # labels of the data take their place
    except ValueError as error:
        raise InputError(f"{error}.") from error
    return {
        "data": options.data,
        "name": options.name,
        "config": config,
        "recipe": _recipe(options),
        "command": _command_line(options),
        "tests": options.test,
        "resume": options.resume,
        "runs": Path(options.runs),
    }


def _recipe(options: argparse.Namespace) -> Recipe:
    from .loop import Recipe

    try:
        return Recipe(**_chosen(options, _RECIPE_FIELDS))
    except ValueError as error:
        raise InputError(f"{error}.") from error


def _saved(saved: Checkpoint) -> tuple[dict, str]:
    held = saved.card["metrics"]["held_out"]
    result = {"name": saved.name, "bytes": saved.size, "metrics": saved.card["metrics"]}
    return result, f"{saved.name}: {held['accuracy']:.2%} of {held['n']} held out; {saved.size / 1e6:.1f} MB written"


def _command_line(options: argparse.Namespace) -> str:
    """The command that trains the same model again, without what only concerns this run."""
    skipped = {"run", "kind", "json", "checkpoints", "resume", "runs", "threads"}
    parts = ["python -m rnnformer_demo train", options.kind]
    first = ("name", "data", "test")
    given = {key: getattr(options, key) for key in first} | vars(options)
    for key, value in given.items():
        if key in skipped or value in (None, False, [], ""):
            continue
        values = value if isinstance(value, list) else [] if value is True else [value]
        parts.append(shlex.join(["--" + key.replace("_", "-"), *map(str, values)]))
    return " ".join(parts)
