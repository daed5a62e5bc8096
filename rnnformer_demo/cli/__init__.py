"""The command line: `python -m rnnformer_demo`. Exit codes: 0 done, 2 bad input, 1 anything else."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

from ..checkpoints.aside import DiskFullError
from ..checkpoints.engines import ENGINES
from ..data import InputError
from .arguments import path
from .hyphens import marked, unmarked

# The files that add commands, each with a function `add`; a command that is run imports no other.
_FILES = {
    "models": ("models",),
    "predict": ("predict",),
    "explain": ("explain", "report", "whatif", "compare"),
    "evaluate": ("evaluate",),
    "batch": ("batch",),
    "evaluate_explanations": ("evaluate-explanations",),
    "evaluate_behaviour": ("evaluate-behaviour",),
    "evaluate_shift": ("evaluate-shift",),
    "near_duplicates": ("near-duplicates",),
    "claims": ("claims",),
    "bench": ("bench", "screenshots"),
    "cuts": ("compare-cuts",),
    "site": ("site", "space"),
    "serve": ("serve",),
}
_TRAIN = "train a model: by a recipe, or one task of your own"
_DESCRIPTION = "RNN+Transformer hybrids for text and photos, shown from the inside."


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments
    _let_terminals_print_all()
    try:
        options = _options(arguments)
        with _environment(RNNFORMER_CHECKPOINTS=options.checkpoints, RNNFORMER_ENGINE=options.engine):
            result, text = options.run(options)
    except (InputError, _Usage) as error:
        print(error, file=sys.stderr)
        if as_json:
            _print_json({"error": str(error)})
        return 2
    except DiskFullError as error:
        print(error, file=sys.stderr)
        if as_json:
            _print_json({"error": str(error)})
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 1
    try:
        if as_json:
            _print_json(result)
        elif text:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _let_terminals_print_all() -> None:
    """Print "?" in place of a character that the terminal's encoding lacks, instead of failing after all the work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _print_json(result: Any) -> None:
    """Print one JSON object; characters beyond ASCII are escaped where the output is not in UTF-8."""
    in_utf8 = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    print(json.dumps(result, ensure_ascii=not in_utf8))


@contextmanager
def _environment(**chosen: str | None) -> Iterator[None]:
    """Set variables for this process and for those that it starts, while the command runs; None leaves one alone."""
    given = {name: value for name, value in chosen.items() if value}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Usage(Exception):
    """Wrong arguments, in one sentence."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of printing the usage and leaving, so that --json prints an object here too."""

    def error(self, message: str) -> NoReturn:
        if "INPUT" in message or "unrecognized" in message:
            message += "; a text that looks like an option goes last, after --"
        raise _Usage(f"{self.prog}: {unmarked(message)}. See {self.prog} --help.")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse arguments; the text of a command that reads one may begin with a hyphen."""
        if all(action.dest != "input" for action in self._actions):
            return super().parse_known_args(args, namespace)
        options, rest = super().parse_known_args(marked(args, self._option_string_actions), namespace)
        return unmarked(options), unmarked(rest)


def _options(arguments: list[str]) -> argparse.Namespace:
    """Return what the arguments ask for. The flags of `train` follow from its configs, see `train_flags`."""
    if arguments[:1] == ["train"]:
        from .train import parse_train

        return parse_train(arguments[1:])
    return _parser(*arguments[:1]).parse_args(arguments)


def _parser(first: str = "") -> argparse.ArgumentParser:
    """Return the parser of all commands, or of the one that is named and those of its file."""
    parser = _Parser(prog="python -m rnnformer_demo", description=_DESCRIPTION)
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    common.add_argument(
        "--checkpoints", type=path, metavar="FOLDER", help="where the models lie (default: checkpoints/)"
    )
    common.add_argument(
        "--engine", choices=ENGINES, help="what runs the models: ONNX Runtime, or torch (default: auto, the first)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(run=run)
        return added

    for file in [file for file, names in _FILES.items() if first in names] or _FILES:
        import_module(f".{file}", __name__).add(command)
    commands.add_parser("train", help=_TRAIN)  # `_options` reads its arguments
    return parser
