"""The command line: `python -m rnnformer_demo`. Exit codes: 0 done, 2 bad input, 1 anything else."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..data import InputError
from .evaluate_explanations import add_evaluation
from .explain import INPUT, add_inquiries, source
from .train import ABOUT as TRAIN
from .train import parse_train

_DESCRIPTION = "RNN+Transformer hybrids for text and photos, shown from the inside."
_MOST_REJECTED = 20  # rows that `evaluate` prints


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    try:
        options = _options(arguments)
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


def _options(arguments: list[str]) -> argparse.Namespace:
    """Return what the arguments ask for. The flags of `train` follow from its configs, see `train_flags`."""
    if arguments[:1] == ["train"]:
        return parse_train(arguments[1:])
    return _parser().parse_args(arguments)


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

    models = command("models", _models, "list the models, or print what the card of one says")
    shown = models.add_mutually_exclusive_group()
    shown.add_argument("model", metavar="NAME", nargs="?", help="print its tests, data, training and limits")
    shown.add_argument("--markdown", action="store_true", help="print the tables of the README files")
    shown.add_argument("--write", metavar="FILE", nargs="+", help="put those tables in their places in each FILE")
    shown.add_argument("--write-cards", action="store_true", help="write NAME.md and the tables beside the checkpoints")
    shown.add_argument("--upgrade", action="store_true", help="rewrite cards of older formats in the format of today")
    predict = command("predict", _predict, "classify a text or a photo")
    predict.add_argument("model", metavar="MODEL")
    predict.add_argument("input", metavar="INPUT", help=INPUT)
    add_inquiries(command)
    evaluate = command("evaluate", _evaluate, "test a model on labelled data")
    evaluate.add_argument("model", metavar="MODEL")
    evaluate.add_argument("--data", metavar="FILE", required=True, help="TSV, CSV, JSONL; folder or zip of photos")
    evaluate.add_argument("--split", help="of a set with index.csv (default: test, where there is one)")
    evaluate.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")
    add_evaluation(command)
    bench = command("bench", _bench, "measure start-up, latency and memory on this machine")
    bench.add_argument("--runs", type=int, default=20, help="analyses per figure (default: 20)")
    bench.add_argument(
        "--write", metavar="FILE", help="put the table in its place in FILE, as in rnnformer_demo/bench/README.md"
    )
    commands.add_parser("train", help=TRAIN)  # `_options` reads its arguments
    return parser


def _models(options: argparse.Namespace) -> tuple[list | dict, str]:
    from ..checkpoints import cards
    from ..evaluation import explanations
    from ..evaluation.reporting import card_text, readme, study_tables

    if options.model:
        card = cards.read_card(options.model) | {"bytes": cards.size_on_disk(options.model)}
        return card, card_text.describe(options.model)
    if options.write_cards:
        return cards.list_models(), _write_cards(readme.readme_parts())
    if options.upgrade:
        changed = [name for name in cards.readable_cards() if cards.upgrade(name)]
        return cards.list_models(), "\n".join(f"{name} is rewritten." for name in changed) or "All cards are of today."
    models = cards.list_models()
    parts = (
        readme.readme_parts() | study_tables.readme_parts() | explanations.readme_parts()
        if options.markdown or options.write
        else {}
    )
    if options.markdown:
        return models, "\n\n".join(readme.marked(name, part) for name, part in parts.items())
    if options.write:
        filled = {file: readme.fill(Path(file), parts) for file in options.write}
        return models, "\n".join(f"{file} is filled: {', '.join(names)}." for file, names in filled.items())
    lines = []
    for model in models:
        held = model["metrics"]["held_out"]
        lines.append(
            f"{model['name']}: {model['modality']}, {len(model['labels'])} labels, {model['parameters']:,} parameters, "
            f"{model['bytes'] / 1e6:.1f} MB, {held['accuracy']:.1%} of {held['n']} held out"
        )
    return models, "\n".join(lines) or "There are no models: train one, see python -m rnnformer_demo train --help."


def _write_cards(parts: dict[str, str]) -> str:
    """The page of every model, and the tables of the folder's README.md where there is one."""
    from ..checkpoints.cards import default_folder
    from ..evaluation.reporting import model_card, readme

    written = model_card.write_cards()
    index = default_folder() / "README.md"
    if index.exists():
        readme.fill(index, parts)
        written.append(index)
    return "\n".join(f"{path} is written." for path in written)


def _predict(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import predict
    from ..document import to_dict

    document = predict(options.model, source(options))
    answer = document.prediction
    return to_dict(document), "\n".join([f"{answer.label} ({answer.confidence:.1%})", *document.warnings])


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..evaluation.classification import evaluate

    figures = evaluate(get(options.model), options.data, options.split, options.drop)
    low, high = figures["interval"]
    text = (
        f"{figures['model']}: {figures['accuracy']:.2%} of {figures['n']} right "
        f"(95 % interval {low:.2%} to {high:.2%}), "
        f"mean class accuracy {figures['mean_class_accuracy']:.2%}, macro F1 {figures['macro_f1']:.4f}, "
        f"ECE {figures['ece_before_scaling']:.2%} before and {figures['ece']:.2%} after temperature scaling "
        f"({figures['ece_by_chance']:.2%} would be chance alone), "
        f"{figures['rejected_rows']} rows rejected"
    )
    rejected = figures["rejected"][:_MOST_REJECTED]
    others = figures["rejected_rows"] - len(rejected)
    more = [f"and {others} more, which --json names"] if others else []
    return figures, "\n".join([text, *rejected, *more])


def _bench(options: argparse.Namespace) -> tuple[dict, str]:
    if options.runs < 1:
        raise InputError(f"--runs must be at least 1, got {options.runs}.")
    from ..bench import markdown, run
    from ..evaluation.reporting.readme import check_place, fill
    from ..training.pretrained.minilm import load_minilm

    if options.write:
        check_place(Path(options.write), "bench")
    figures = run(options.runs, load_minilm)
    from ..training.tasks.finish import machine

    figures = {"machine": machine()} | figures
    if options.write:
        fill(Path(options.write), {"bench": markdown(figures)})
    return figures, "\n".join(_named(figures))


def _named(figures: dict, within: str = "") -> Iterator[str]:
    """A line for each figure; those of a group bear its name too."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _named(value, f"{within}{name} ")
        else:
            yield f"{within}{name}: {value}"
