"""The commands that ask about one input: `explain`, `whatif` and `compare`."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import UNIT_NAMES, InputError

if TYPE_CHECKING:
    from ..analysis.service import Analysis

INPUT = "a text, or a path to an image file for an image model; - reads it from standard input"
_SUFFIXES = (".png", ".json", ".html")


def add_inquiries(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Adds the commands by a function (name, run, about) that adds one."""
    explain = command("explain", _explain, "say which words or parts of a photo speak for a class")
    _add_question(explain)
    explain.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the method")
    explain.add_argument("--trust", action="store_true", help="measure how far the explanation can be trusted")
    explain.add_argument("--inside", action="store_true", help="add beliefs on the way, what matters, and the memory")
    explain.add_argument(
        "--out", metavar="FILE", help="write a figure (.png), the result (.json) or a page with everything (.html)"
    )
    whatif = command("whatif", _whatif, "take words or patches out, or replace a word: what is forecast, what comes")
    _add_question(whatif)
    asked = whatif.add_mutually_exclusive_group(required=True)
    asked.add_argument("--without", nargs="+", metavar="UNIT", help=f"take these out: {UNIT_NAMES}")
    asked.add_argument("--replace", nargs=2, metavar=("UNIT", "WORD"), help="put another word in the place of one")
    asked.add_argument("--fewest", action="store_true", help="find the fewest whose removal changes the label")
    whatif.add_argument("--removal", metavar="R", help="unknown or deletion for words, blur or mean for patches")
    compare = command("compare", _compare, "the same input through a hybrid and its rivals")
    _add_question(compare)


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("input", metavar="INPUT", help=INPUT)
    parser.add_argument("--method", metavar="M", help="attribution method (default: integrated-gradients)")
    parser.add_argument("--target", metavar="LABEL", help="class to explain (default: the predicted one)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default: 0)")


def source(options: argparse.Namespace) -> Any:
    """The input of a command: as it was given, or from standard input."""
    from ..checkpoints.cards import read_card

    modality = read_card(options.model)["modality"]
    if options.input != "-":
        return options.input
    data = sys.stdin.buffer.read()
    return data if modality == "image" else data.decode("utf-8", "replace")


def _analysis(options: argparse.Namespace, **more: str) -> "Analysis":
    from ..analysis.service import DEFAULT_METHOD, analyse

    method = options.method or DEFAULT_METHOD
    return analyse(options.model, source(options), options.target, method, seed=options.seed, **more)


def _explain(options: argparse.Namespace) -> tuple[dict, str]:
    suffix = Path(options.out).suffix.lower() if options.out else None
    if suffix not in (None, *_SUFFIXES):
        raise InputError(f"--out must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, got {options.out}.")
    from ..analysis import inquiry
    from ..views.descriptions import describe_attribution, describe_course, describe_trust

    chosen, whole = _options_of_method(options.option), suffix == ".html"
    analysis = _analysis(options, **chosen)
    if options.trust or whole:
        analysis = inquiry.assess(analysis, options.seed)
    result, courses = analysis.as_dict(), ()
    if options.inside or whole:
        courses, measure_interventions = (
            inquiry.prefix_predictions(analysis),
            inquiry.measure_interventions(analysis, options.seed),
        )
        result |= inquiry.inside(analysis, courses, measure_interventions)
    if suffix == ".png":
        from ..views.attribution import attribution_figure
        from ..views.canvas import to_png

        _write(options.out, to_png(attribution_figure(analysis)))
    elif suffix == ".json":
        _write(options.out, json.dumps(result, ensure_ascii=False).encode())
    elif whole:
        from ..report.page import page

        _write(
            options.out, page(analysis, courses, measure_interventions, options.input, chosen, options.seed).encode()
        )
    gap = analysis.explanation.completeness_gap
    lines = [
        f"{analysis.prediction.label} ({analysis.prediction.confidence:.1%})",
        describe_attribution(analysis),
        *([f"Completeness gap: {gap:.2%}."] if gap is not None else []),
        *([describe_trust(analysis.trust)] if analysis.trust else []),
        *map(describe_course, courses),
        *analysis.warnings,
    ]
    return result, "\n".join(lines)


def _options_of_method(given: list[str]) -> dict[str, str]:
    options = dict(option.partition("=")[::2] for option in given)
    if not all(options.values()):
        raise InputError(f"--option must be NAME=VALUE, got {', '.join(given)}.")
    return options


def _write(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error


def _whatif(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis import inquiry
    from ..views.descriptions import describe_turn, describe_variant

    analysis = _analysis(options)
    if options.fewest:
        turn = inquiry.minimal_counterfactual(analysis, options.perturbation)
        return turn.as_dict(), describe_turn(turn)
    if options.replace:
        word, new = options.replace
        variant = inquiry.replace_word(analysis, inquiry.unit_named(analysis, word), new)
    else:
        chosen = [unit for name in options.without for unit in inquiry.units_named(analysis, name)]
        variant = inquiry.ablate_units(analysis, chosen, options.perturbation)
    return variant.as_dict(), describe_variant(variant)


def _compare(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.comparison import compare
    from ..analysis.service import DEFAULT_METHOD
    from ..views.descriptions import describe_side

    sides = compare(options.model, source(options), options.target, options.method or DEFAULT_METHOD, seed=options.seed)
    result = {side.analysis.prediction.model: side.as_dict() for side in sides}
    return result, "\n".join(map(describe_side, sides))
