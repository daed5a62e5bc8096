"""The command `train`: its arguments, and what they start. Torch is imported when a training begins."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import InputError
from .ood_command import add_ood

if TYPE_CHECKING:
    from ..checkpoints import Checkpoint
    from ..models import HybridConfig
    from .loop import Recipe
    from .material import Sources

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
    "precision": (str, "of the matrix products: float32, or bfloat16 where the processor multiplies it fast"),
}
_SEED = {"seed": (int, "of everything that is drawn")}
_FIELDS = {
    "text": _CONFIG_FIELDS | _KIND_FIELDS["text"] | _RECIPE_FIELDS,
    "image": _CONFIG_FIELDS | _KIND_FIELDS["image"] | _RECIPE_FIELDS | _SEED,
    "teacher": {"max_tokens": _KIND_FIELDS["text"]["max_tokens"]} | _RECIPE_FIELDS | _SEED,
    "encoders": _CONFIG_FIELDS | _KIND_FIELDS["text"] | _RECIPE_FIELDS | _SEED,
    "search": _CONFIG_FIELDS | _KIND_FIELDS["text"] | _RECIPE_FIELDS | _SEED,
    "ablations": _CONFIG_FIELDS | _KIND_FIELDS["text"] | _RECIPE_FIELDS,
}
_OF_TEXT_HYBRIDS = ("text", "encoders", "search", "ablations")
_RESUMABLE = ("text", "image", "teacher", "encoders")  # the others go on where their table ends
_UNSAID = {"seeds": [0], "unlabelled_limit": 100_000}  # defaults that a recorded command leaves out
_CARD_FIELDS = ("task", "limits", "examples")  # that --about may give


def add_kinds(train: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Adds `train text`, `train image`, and the stages before and beside them.

    Args:
        common: arguments that every command takes.
    """
    kinds = train.add_subparsers(required=True, metavar="KIND", parser_class=type(train))
    about = {
        "text": "train a hybrid on labelled texts",
        "image": "train a hybrid on labelled photos",
        "teacher": "fine-tune all-MiniLM-L6-v2 on labelled texts, for --teacher",
        "encoders": "pretrain the LSTM and the GRU of a text hybrid, each on its own, for --encoders",
        "search": "search hidden size, hidden layers, dropout and learning rate on held-out data",
        "ablations": "measure what each part of a text hybrid contributes, over several seeds",
    }
    for kind, sentence in about.items():
        added = kinds.add_parser(kind, parents=[common], help=sentence, description=sentence)
        added.set_defaults(run=_train, kind=kind)
        if kind != "ablations":
            added.add_argument("--name", required=True, help="of what is trained")
        if kind in _RESUMABLE:
            added.add_argument("--resume", action="store_true", help="go on with an interrupted run")
        added.add_argument("--runs", default="runs", metavar="FOLDER", help="for resume files and caches")
        added.add_argument("--threads", type=int, help="processor threads (default: all)")
        if kind == "image":
            _add_image(added)
        else:
            added.add_argument("--data", nargs="+", required=True, help="TSV, CSV or JSONL with text and label")
            added.add_argument("--labels", nargs="*", help="names for the labels of the data, in their sorted order")
            added.add_argument("--without", nargs="*", default=[], metavar="DATA", help="leave these texts out")
        if kind in ("text", "image"):
            added.add_argument("--test", nargs="*", default=[], metavar="DATA", help="sets to test the result on")
            added.add_argument("--about", metavar="FILE", help=f"JSON with {', '.join(_CARD_FIELDS)} for the card")
        if kind in _OF_TEXT_HYBRIDS:
            _add_sources(added)
        if kind in ("text", "image", "encoders"):
            added.add_argument("--rival", help="lstm, gru or transformer: as many parameters as the hybrid described")
        if kind == "text":
            _add_text(added)
        if kind == "encoders":
            added.add_argument("--objective", default="language-model", help="language-model (default) or task")
        if kind == "search":
            added.add_argument("--trials", type=int, default=20, help="how many in all (default: 20)")
        if kind == "ablations":
            _add_ablations(added)
        if kind in ("search", "ablations"):
            added.add_argument("--table", metavar="FILE", help="where the results go (default: in training/results)")
        _add_fields(added, _FIELDS[kind])
    add_ood(kinds, common, _command_line)


def _add_sources(text: argparse.ArgumentParser) -> None:
    vectors = "start the embedding from all-MiniLM-L6-v2, or from vectors.npz and vocabulary.json in FOLDER"
    text.add_argument("--word-vectors", nargs="?", const="minilm", metavar="FOLDER", help=vectors)
    text.add_argument("--window", type=int, help="tokens of a text that an epoch sees at most, drawn anew each time")
    text.add_argument("--unlabelled", nargs="*", default=[], metavar="DATA", help="files whose sentences are read too")
    text.add_argument("--unlabelled-limit", type=int, default=100_000, help="most of them (default: 100000)")


def _add_text(text: argparse.ArgumentParser) -> None:
    text.add_argument("--seeds", nargs="+", type=int, default=[0], help="a model each; the best held out is kept")
    text.add_argument("--teacher", metavar="NAME", help="learn from a teacher too, see train teacher")
    text.add_argument("--encoders", metavar="NAME", help="start from pretrained encoders, see train encoders")


def _add_ablations(ablations: argparse.ArgumentParser) -> None:
    ablations.add_argument("--test", required=True, metavar="DATA", help="set to test on")
    ablations.add_argument("--long", required=True, metavar="DATA", help="longer texts to test on")
    ablations.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="default: 0 1 2")
    ablations.add_argument("--teacher", metavar="NAME", help="for the distilled models, see train teacher")
    ablations.add_argument("--only", nargs="*", default=[], metavar="NAME", help="beginnings of the models' names")


def _add_image(image: argparse.ArgumentParser) -> None:
    image.add_argument("--data", required=True, help="folder or zip, one folder a class or with index.csv")
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
    kinds = {"text": _train_text, "image": _train_image, "teacher": _train_teacher, "encoders": _train_encoders}
    kinds |= {"search": _search, "ablations": _ablations}
    return kinds[options.kind](options)


def _train_text(options: argparse.Namespace) -> tuple[dict, str]:
    from .text import train

    saved = train(
        _sources(options),
        **_shared(options),
        seeds=options.seeds,
        window=options.window,
        encoders=options.encoders,
    )
    return _saved(saved)


def _train_encoders(options: argparse.Namespace) -> tuple[dict, str]:
    from .encoders import pretrain

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
    told = ", ".join(f"{kind} {accuracy:.2%}" for kind, accuracy in accuracies.items())
    return {"name": options.name, "held_out_accuracy": accuracies}, f"{options.name}: {told} held out"


def _search(options: argparse.Namespace) -> tuple[dict, str]:
    from .search import TABLE, markdown, search

    table = Path(options.table) if options.table else TABLE
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
    return best, markdown(table)


def _ablations(options: argparse.Namespace) -> tuple[list, str]:
    from .ablations import TABLE, markdown, run

    table = Path(options.table) if options.table else TABLE
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
    return rows, markdown(table)


def _sources(options: argparse.Namespace) -> Sources:
    from .material import Sources

    return Sources(
        data=options.data,
        label_names=options.labels,
        without=options.without,
        vectors=options.word_vectors,
        teacher=getattr(options, "teacher", None),
        unlabelled=options.unlabelled,
        unlabelled_limit=options.unlabelled_limit,
    )


def _train_image(options: argparse.Namespace) -> tuple[dict, str]:
    from .image import train

    return _saved(train(options.data, **_shared(options), views=options.views, drop=options.drop))


def _train_teacher(options: argparse.Namespace) -> tuple[dict, str]:
    from .teacher import fine_tune

    more = {"max_tokens": options.max_tokens} if options.max_tokens is not None else {}
    accuracy = fine_tune(
        options.data,
        options.name,
        _recipe(options),
        label_names=options.labels,
        without=options.without,
        resume=options.resume,
        runs=Path(options.runs),
        **more,
    )
    result = {"name": options.name, "held_out_accuracy": accuracy}
    return result, f"{options.name}: {accuracy:.2%} held out; kept in {Path(options.runs) / options.name}"


def _shared(options: argparse.Namespace) -> dict[str, Any]:
    """What the training of a text and of an image hybrid both take."""
    rival = {"rival_of": options.name} if options.rival else {}
    return {
        "name": f"{options.name}-{options.rival}" if options.rival else options.name,
        "config": _config(options, options.kind),
        "recipe": _recipe(options),
        "command": _command_line(options),
        "tests": options.test,
        "more": _about(options.about) | rival,
        "resume": options.resume,
        "runs": Path(options.runs),
    }


def _config(options: argparse.Namespace, modality: str) -> HybridConfig:
    from ..models import classes
    from .rivals import rival_config

    config_class, _ = classes(modality)
    chosen = _chosen(options, _CONFIG_FIELDS | _KIND_FIELDS[modality])
    try:
        config = config_class(labels=("first", "second"), **chosen)  # labels of the data take their place
    except ValueError as error:
        raise InputError(f"{error}.") from error
    rival = getattr(options, "rival", None)
    return rival_config(modality, config, rival) if rival else config


def _about(file: str | None) -> dict[str, Any]:
    """What the card is to say beyond what the training knows."""
    if file is None:
        return {}
    try:
        about = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as JSON: {error}.") from error
    if not isinstance(about, dict) or not about.keys() <= set(_CARD_FIELDS):
        raise InputError(f"{file} must be an object with {', '.join(_CARD_FIELDS)}.")
    return about


def _recipe(options: argparse.Namespace) -> Recipe:
    from .loop import Recipe

    try:
        return Recipe(**_chosen(options, {field: None for field in (_RECIPE_FIELDS | _SEED) if field in options}))
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
    given = {key: getattr(options, key) for key in first if key in options} | vars(options)
    for key, value in given.items():
        if key in skipped or value in (None, False, [], "") or value == _UNSAID.get(key):
            continue
        values = value if isinstance(value, list) else [] if value is True else [value]
        parts.append(shlex.join(["--" + key.replace("_", "-"), *map(str, values)]))
    return " ".join(parts)
