"""The command `evaluate-behaviour`: behavioural tests of sentiment models, by capability."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ..evaluation.behaviour.cases import CASES
from .arguments import path, seed


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    about = "test what sentiment models can do, one capability at a time, on texts made from templates"
    added = command("evaluate-behaviour", _evaluate, about)
    added.add_argument("models", metavar="MODEL", nargs="*", help="models; or --all")
    added.add_argument("--all", action="store_true", help="every sentiment model")
    added.add_argument("--teachers", nargs="+", default=[], metavar="NAME", help="test teachers of training runs, too")
    added.add_argument("--runs", type=path, default="runs", metavar="FOLDER", help="where those lie (default: runs)")
    added.add_argument("--language", metavar="CODE", help="that teachers read, and models whose card names none")
    added.add_argument("--capability", nargs="+", default=[], metavar="NAME", help="default: all of the language")
    added.add_argument("--part", choices=("train", "dev", "test"), default="test", help="of templates and words")
    added.add_argument("--cases", type=int, default=CASES, metavar="N", help=f"of each capability (default: {CASES})")
    added.add_argument("--examples", type=int, default=0, metavar="N", help="print N failing cases of each capability")
    added.add_argument("--seed", type=seed, default=0, help="of all that is drawn (default: 0)")
    added.add_argument("--out", type=path, metavar="FILE", help="write the table into FILE")
    added.add_argument(
        "--write", action="store_true", help="keep the results where the cards and README take them from"
    )


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..data import InputError
    from ..evaluation.behaviour import run, store

    if (options.all and options.models) or not (options.all or options.models or options.teachers):
        raise InputError("Name models, or --all for every sentiment model.")
    if options.cases < 1:
        raise InputError(f"--cases must be 1 or more, got {options.cases}.")
    if options.write and (options.capability or options.part != "test" or options.seed or options.cases != CASES):
        raise InputError(
            f"--write keeps all capabilities of the test, {CASES} cases each, by seed 0: leave the choices out."
        )
    more = {"part": options.part, "count": options.cases, "seed": options.seed}
    names = run.sentiment_models() if options.all else options.models
    results = [
        run.evaluate_behaviour(get(name), options.capability, language=options.language, **more) for name in names
    ]
    results += [_of_teacher(name, options, more) for name in options.teachers]
    text = store.markdown(results)
    if options.out:
        _write(Path(options.out), text)
    lines = [text, *(line for result in results for line in _examples(result, options.examples))]
    if options.write:
        lines += [f"{store.write(result)} is written." for result in results]
    return {"results": results}, "\n".join(lines)


def _of_teacher(name: str, options: argparse.Namespace, more: dict) -> dict:
    from ..data import InputError
    from ..evaluation.behaviour import run, suite
    from ..training.teachers.answers import answers_of

    if options.language is None:
        raise InputError(f"Say with --language which language {name} reads.")
    answer, about = answers_of(name, Path(options.runs), run.SENTIMENT)
    return about | run.evaluate_answers(answer, suite.read_suite(options.language), options.capability, **more)


def _write(file: Path, text: str) -> None:
    from ..data import InputError

    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from error


def _examples(result: dict, most: int) -> Iterator[str]:
    for name, failing in result["failing"].items():
        if most and failing:
            yield f"{result['model']}, {name}: {len(failing)} fail, such as"
        for case in failing[:most]:
            texts = " | ".join(case["texts"])
            believed = ", ".join(f"{each:.2f}" for each in case["probabilities"])
            yield f"  {texts} ({case['label']}: {believed})"
