"""The command line: `python -m rnnformer_demo`. Exit codes: 0 done, 2 bad input, 1 anything else."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .data import InputError

_DESCRIPTION = "RNN+Transformer hybrids for text and photos, shown from the inside."
_INPUT = "a text, or a path to an image file for an image model; - reads it from standard input"


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    try:
        options = _parser().parse_args(arguments)
        with _folder_of_checkpoints(options.checkpoints):
            result, text = options.run(options)
    except (InputError, _Usage) as error:
        print(error, file=sys.stderr)
        if as_json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    elif text:
        print(text)
    return 0


@contextmanager
def _folder_of_checkpoints(folder: str | None) -> Iterator[None]:
    """Names the folder to this process and to those that it starts, for as long as the command runs."""
    before = os.environ.get("RNNFORMER_CHECKPOINTS")
    if folder:
        os.environ["RNNFORMER_CHECKPOINTS"] = folder
    try:
        yield
    finally:
        if folder and before is None:
            del os.environ["RNNFORMER_CHECKPOINTS"]
        elif folder:
            os.environ["RNNFORMER_CHECKPOINTS"] = before


class _Usage(Exception):
    """Wrong arguments, in one sentence."""


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing the usage and leaving, so that --json gets its object for this error too."""

    def error(self, message: str):
        raise _Usage(f"{self.prog}: {message}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m rnnformer_demo", description=_DESCRIPTION)
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    common.add_argument("--checkpoints", metavar="FOLDER", help="where the models lie (default: checkpoints/)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(run=run)
        return added

    models = command("models", _models, "list the models")
    models.add_argument("--markdown", action="store_true", help="print the tables of README.md")
    predict = command("predict", _predict, "classify a text or a photo")
    predict.add_argument("model", metavar="MODEL")
    predict.add_argument("input", metavar="INPUT", help=_INPUT)
    explain = command("explain", _explain, "say which words or parts of a photo speak for a class")
    explain.add_argument("model", metavar="MODEL")
    explain.add_argument("input", metavar="INPUT", help=_INPUT)
    explain.add_argument("--method", metavar="M", help="attribution method (default: integrated-gradients)")
    explain.add_argument("--target", metavar="LABEL", help="class to explain (default: the predicted one)")
    explain.add_argument("--out", metavar="FILE", help="write a figure (.png) or the result (.json)")
    evaluate = command("evaluate", _evaluate, "test a model on labelled data")
    evaluate.add_argument("model", metavar="MODEL")
    evaluate.add_argument("--data", metavar="FILE", required=True, help="TSV, CSV, JSONL; folder or zip of photos")
    evaluate.add_argument("--split", help="of a set with index.csv (default: test, where there is one)")
    evaluate.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")
    bench = command("bench", _bench, "measure start-up, latency and memory on this machine")
    bench.add_argument("--runs", type=int, default=20, help="analyses per figure (default: 20)")
    _add_train(command("train", lambda options: None, "train a model"), common)
    return parser


def _add_train(train: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    kinds = train.add_subparsers(required=True, metavar="KIND", parser_class=_Parser)
    for kind, about in (("text", "labelled texts"), ("image", "labelled photos")):
        added = kinds.add_parser(kind, parents=[common], help=f"train on {about}")
        added.set_defaults(run=_train, kind=kind)
        added.add_argument("--name", required=True, help="of the new checkpoint")
        added.add_argument("--test", nargs="*", default=[], metavar="DATA", help="sets to test the result on")
        added.add_argument("--resume", action="store_true", help="go on with an interrupted run")
        added.add_argument("--runs", default="runs", metavar="FOLDER", help="for resume files and caches")
        added.add_argument("--threads", type=int, help="processor threads (default: all)")
        _add_fields(added, kind)
    text, image = kinds.choices["text"], kinds.choices["image"]
    text.add_argument("--data", nargs="+", required=True, help="TSV, CSV or JSONL with text and label")
    text.add_argument("--window", type=int, help="tokens of a text that an epoch sees at most, drawn anew each time")
    image.add_argument("--data", required=True, help="folder or zip, one folder a class or with index.csv")
    text.add_argument("--labels", nargs="*", help="names for the labels of the data, in their sorted order")
    text.add_argument(
        "--word-vectors", action="store_true", help="start the embedding from all-MiniLM-L6-v2 (see training extras)"
    )
    image.add_argument("--views", type=int, default=4, help="cached views of a photo, one plain (default: 4)")
    image.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")


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


def _add_fields(parser: argparse.ArgumentParser, kind: str) -> None:
    for field, (converter, about) in {**_CONFIG_FIELDS, **_KIND_FIELDS[kind], **_RECIPE_FIELDS}.items():
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
        chosen["head_layers"] = tuple(int(width) for width in _listed(chosen["head_layers"]))
    return chosen


def _listed(text: str) -> tuple[str, ...]:
    return () if text in ("", "none") else tuple(text.split(","))


def _source(options: argparse.Namespace) -> Any:
    """The input of a command: as it was given, or from standard input."""
    from .checkpoints import read_card

    modality = read_card(options.model)["modality"]
    if options.input != "-":
        return options.input
    data = sys.stdin.buffer.read()
    return data if modality == "image" else data.decode("utf-8", "replace")


def _models(options: argparse.Namespace) -> tuple[list, str]:
    from .cards import list_models, markdown_table, training_commands

    models = list_models()
    if options.markdown:
        return models, f"{markdown_table()}\n\n{training_commands()}"
    lines = []
    for model in models:
        held = model["metrics"]["held_out"]
        lines.append(
            f"{model['name']}: {model['modality']}, {len(model['labels'])} labels, {model['parameters']:,} parameters, "
            f"{model['bytes'] / 1e6:.1f} MB, {held['accuracy']:.1%} of {held['n']} held out"
        )
    return models, "\n".join(lines) or "There are no models: train one, see python -m rnnformer_demo train --help."


def _predict(options: argparse.Namespace) -> tuple[dict, str]:
    from .pipeline import predict

    prediction = predict(options.model, _source(options))
    lines = [f"{prediction.label} ({prediction.confidence:.1%})", *prediction.sample.notices]
    return prediction.as_dict(), "\n".join(lines)


def _explain(options: argparse.Namespace) -> tuple[dict, str]:
    from .pipeline import DEFAULT_METHOD, analyse

    suffix = Path(options.out).suffix.lower() if options.out else None
    if suffix not in (None, ".png", ".json"):
        raise InputError(f"--out must end in .png or .json, got {options.out}.")
    analysis = analyse(options.model, _source(options), target=options.target, method=options.method or DEFAULT_METHOD)
    from .figures import attribution_figure, describe_attribution, to_png

    result = analysis.as_dict()
    if suffix == ".png":
        _write(options.out, to_png(attribution_figure(analysis)))
    elif suffix == ".json":
        _write(options.out, json.dumps(result, ensure_ascii=False).encode())
    gap = analysis.explanation.completeness_gap
    lines = [
        f"{analysis.prediction.label} ({analysis.prediction.confidence:.1%})",
        describe_attribution(analysis),
        *([f"Completeness gap: {gap:.2%}."] if gap is not None else []),
        *analysis.notices,
    ]
    return result, "\n".join(lines)


def _write(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from .pipeline import get
    from .training.evaluation import evaluate

    figures = evaluate(get(options.model), options.data, options.split, options.drop)
    low, high = figures["interval"]
    text = (
        f"{figures['model']}: {figures['accuracy']:.2%} of {figures['n']} right "
        f"(95 % interval {low:.2%} to {high:.2%}), "
        f"mean class accuracy {figures['mean_class_accuracy']:.2%}, macro F1 {figures['macro_f1']:.4f}, "
        f"ECE {figures['ece']:.2%}, {figures['rejected_rows']} rows rejected"
    )
    return figures, "\n".join([text, *figures["rejected"]])


def _bench(options: argparse.Namespace) -> tuple[dict, str]:
    if options.runs < 1:
        raise InputError(f"--runs must be at least 1, got {options.runs}.")
    from .bench import run

    figures = run(options.runs)
    return figures, "\n".join(f"{name}: {value}" for name, value in figures.items())


def _train(options: argparse.Namespace) -> tuple[dict, str]:
    import torch

    from .models import classes
    from .training import image, text
    from .training.loop import Recipe

    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        config = classes(options.kind)[0](
            labels=("first", "second"),  # those of the data take their place
            **_chosen(options, {**_CONFIG_FIELDS, **_KIND_FIELDS[options.kind]}),
        )
        recipe = Recipe(**_chosen(options, _RECIPE_FIELDS))
    except ValueError as error:
        raise InputError(f"{error}.") from error
    shared = {
        "data": options.data,
        "name": options.name,
        "config": config,
        "recipe": recipe,
        "command": _command_line(options),
        "tests": options.test,
        "resume": options.resume,
        "runs": Path(options.runs),
    }
    if options.kind == "text":
        saved = text.train(
            **shared, label_names=options.labels, word_vectors=options.word_vectors, window=options.window
        )
    else:
        saved = image.train(**shared, views=options.views, drop=options.drop)
    result = {"name": saved.name, "bytes": saved.size, "metrics": saved.card["metrics"]}
    held = saved.card["metrics"]["held_out"]
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
