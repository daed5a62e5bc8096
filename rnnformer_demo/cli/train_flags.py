"""The flags of `train`: they follow from the configs of the tasks, and their help from the comments there."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any

from ..data import InputError
from ..training.config import TASKS, HybridOptions, RunConfig
from .train_errors import error_sentence, with_flag

PROGRAM = "python -m rnnformer_demo train"
OLD_TASKS = {"objects": "imagenet-distill", "ngrams": "nbsvm"}
# Flags of the version before, accepted with a notice.
_OLD_FLAGS = {
    "--without": "--exclude-texts",
    "--inside": "--in-distribution",
    "--rival": "--baseline",
    "--start": "--init-from",
    "--tuned-blocks": "--unfreeze",
    "--tuned-rate": "--backbone-lr-scale",
    "--softening": "--temperature",
    "--about": "--card-text",
    "--far": "--far-ood",
    "--near": "--near-ood",
    "--select": "--selection-ood",
    "--trunk": "--backbone",
    "--drop": "--exclude-classes",
    "--window": "--max-window",
}
_LISTS = ("--recurrence", "--blocks", "--head-layers")  # which took "lstm,gru" and "none"
_LAYERS = {"--recurrent-layers": "recurrent", "--attention-layers": "attention"}  # numbers of blocks, in this order


@dataclass(frozen=True, kw_only=True)
class RunFlags(RunConfig):
    """Run of the command on this machine."""

    json: bool = False  # print one JSON object on standard output
    checkpoints: str | None = None  # folder of the models (default: checkpoints/)


@dataclass(frozen=True, kw_only=True)
class RecipeFlags:
    """Run the stages of a recipe in their order."""

    recipe: str  # name of a shipped model's recipe, or a .json file: a recipe, or a card that holds one
    run: RunFlags = field(default_factory=RunFlags)


def parse_task(task: str, arguments: Sequence[str]) -> tuple[Any, RunFlags]:
    """Return the config of a task and how it runs.

    Raises:
        InputError: for flags that do not parse, in one sentence.
    """
    from tyro.conf import arg

    _refuse_empty(arguments)
    config_class = TASKS[task]
    # The config is a field: of a class made of it by inheritance tyro would not find the comments.
    parts = [("config", Annotated[config_class, arg(name="")]), ("run", RunFlags)]
    with_run = make_dataclass("Flags", parts, frozen=True, kw_only=True)
    flags = _parse(with_run, f"{PROGRAM} {task}", config_class.__doc__, list(current_flags(arguments)))
    return flags.config, flags.run


def parse_recipe(arguments: Sequence[str]) -> RecipeFlags:
    """Return the recipe to run and how it runs.

    Raises:
        InputError: for flags that do not parse, in one sentence.
    """
    _refuse_empty(arguments)
    return _parse(RecipeFlags, PROGRAM, RecipeFlags.__doc__, arguments)


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Raise an `InputError` for an empty name, path or other value: no flag means anything by one."""
    flag = PROGRAM
    for argument in arguments:
        name, equals, value = argument.partition("=")
        flag = name if name.startswith("--") else flag
        if not (value if name.startswith("--") and equals else argument).strip():
            raise InputError(f"{flag} must not be empty: leave it out, or give it a value.")


def _parse(flags: type, program: str, about: str | None, arguments: Sequence[str]) -> Any:
    import tyro
    from tyro import _errors  # the one way to an error's parts; the version is pinned

    def refuse(event: _errors.ParseErrorEvent) -> None:
        raise InputError(f"{error_sentence(event, flags, arguments)}. See {program} --help.")

    markers = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff, tyro.conf.DisallowNone)
    try:
        with _errors.on_parse_error(refuse):
            return tyro.cli(flags, prog=program, description=about, args=arguments, config=markers)
    except InputError:
        raise
    except ValueError as error:  # of the task's own config; those of its parts are events
        raise InputError(f"{with_flag(str(error), flags)}. See {program} --help.") from error


def current_task(task: str) -> str:
    """Return the name of a task today; a former one is accepted with a notice."""
    if task in OLD_TASKS:
        _notice(f"train {task}", f"train {OLD_TASKS[task]}")
    return OLD_TASKS.get(task, task)


def current_flags(arguments: Sequence[str]) -> Iterator[str]:
    """Yield arguments with today's flags in place of those of the version before, which are accepted with a notice."""
    arguments, before = _with_blocks(arguments), ""
    for number, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in _OLD_FLAGS:
            _notice(flag, _OLD_FLAGS[flag])
            flag = _OLD_FLAGS[flag]
        if before in _LISTS and ("," in argument or argument == "none"):
            _notice(f"{before} {argument}", f"{before} {argument.replace(',', ' ').replace('none', '')}".strip())
            yield from argument.split(",") if argument != "none" else ()
        else:
            yield f"{flag}{equals}{value}"
        if flag == "--word-vectors" and not equals and _ends_here(arguments, number):
            _notice("--word-vectors without a name", "--word-vectors minilm")
            yield "minilm"
        before = flag


def _with_blocks(arguments: Sequence[str]) -> list[str]:
    """Return arguments with blocks in place of numbers of layers.

    Raises:
        InputError: for blocks beside numbers of layers, and for a number below 0.
    """
    words = [word for argument in arguments for word in _halves(argument)]
    if not any(flag in words for flag in _LAYERS):
        return list(arguments)
    counts = {flag: str(HybridOptions.blocks.count(kind)) for flag, kind in _LAYERS.items()}
    former = [flag for flag in _LAYERS if flag in words]
    if "--blocks" in words:
        raise InputError(f"--blocks says it all: leave out {' and '.join(former)}.")
    for flag in former:
        place = words.index(flag)
        counts[flag] = "".join(words[place + 1 : place + 2])
        del words[place : place + 2]
        if not counts[flag].isdecimal():
            raise InputError(f"{flag} must be 0 or more, got {counts[flag]!r}.")
    blocks = [kind for flag, kind in _LAYERS.items() for _ in range(int(counts[flag]))]
    _notice(" and ".join(former), f"--blocks {' '.join(blocks)}".strip())
    return [*words, "--blocks", *blocks]


def _halves(argument: str) -> list[str]:
    return argument.split("=", 1) if argument.startswith("--") else [argument]


def _ends_here(arguments: Sequence[str], number: int) -> bool:
    return number + 1 == len(arguments) or arguments[number + 1].startswith("--")


def _notice(old: str, new: str) -> None:
    print(f"Notice: {old} is now {new}; the former is accepted in this version only.", file=sys.stderr)
