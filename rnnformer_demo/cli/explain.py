"""The commands about one input: `explain`, `report`, `whatif` and `compare`. With --json each prints the document."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import legacy
from ..data import UNIT_NAMES, InputError
from ..document import from_json, to_json
from ..views import ordered
from .aliases import add_renamed
from .arguments import path, seed
from .inputs import add_input, source
from .schema import add_schema, printed

if TYPE_CHECKING:
    from ..document import Document
    from ..views import View
    from ..views.canvas import Kind

_FIGURES: "dict[str, Kind]" = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
_SUFFIXES = (*_FIGURES, ".json", ".html")
_LIVE = "put the model into the report, so that its reader can change the input: 8 to 18 MB, still one file"
_DRAWN = "attribution"  # the view that --out draws where none is named


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the commands by a function (name, run, about) that adds one."""
    views = ", ".join(_views())
    explain = command("explain", _explain, "score the words or cells of a photo for a class")
    _add_question(explain)
    explain.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of the method")
    explain.add_argument("--trust", action="store_true", help="measure how far the attribution can be trusted")
    explain.add_argument(
        "--internals",
        action="store_true",
        help="add attention, hidden states and gates, prefix predictions and interventions",
    )
    add_renamed(explain, "--inside", "--internals", switch=True)
    explain.add_argument("--view", metavar="VIEW", default=_DRAWN, help=f"that --out draws as a figure: {views}")
    kinds = f"write a figure ({', '.join(_FIGURES)}), the document (.json) or a report with everything (.html)"
    explain.add_argument("--out", type=path, metavar="FILE", help=kinds)
    report = command("report", _report, "draw a report from a document that explain --json printed")
    report.add_argument("document", type=path, metavar="FILE", help="the document, or - for standard input")
    report.add_argument("--out", type=path, metavar="FILE", required=True, help="where the report goes (.html)")
    for parser in (explain, report):
        parser.add_argument("--live", action="store_true", help=_LIVE)
    whatif = command("whatif", _whatif, "remove words or cells, or replace a word: what is forecast, what comes")
    _add_question(whatif)
    change = whatif.add_mutually_exclusive_group(required=True)
    change.add_argument("--remove", nargs="+", metavar="UNIT", help=f"remove these: {UNIT_NAMES}")
    add_renamed(change, "--without", "--remove", nargs="+")
    change.add_argument("--replace", nargs=2, metavar=("UNIT", "WORD"), help="put another word in the place of one")
    change.add_argument("--counterfactual", action="store_true", help="find the fewest whose removal changes the label")
    add_renamed(change, "--fewest", "--counterfactual", switch=True)
    whatif.add_argument("--perturbation", metavar="P", help="unknown or deletion for words, blur or mean for cells")
    add_renamed(whatif, "--removal", "--perturbation")
    compare = command("compare", _compare, "run the same input through a hybrid and its baselines")
    _add_question(compare)


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    add_input(parser)
    parser.add_argument("--method", metavar="M", help="attribution method (default: integrated-gradients)")
    parser.add_argument("--target", metavar="LABEL", help="class to explain (default: the predicted one)")
    parser.add_argument("--seed", type=seed, default=0, help="of all that is drawn (default: 0)")
    add_schema(parser)


def _analyse(options: argparse.Namespace, wanted: tuple[str, ...], **more: Any) -> "Document":
    from ..analysis.service import DEFAULT_METHOD, analyse

    method = options.method or DEFAULT_METHOD
    name = None if options.input == "-" else options.input
    return analyse(options.model, source(options), wanted, options.target, method, options.seed, path=name, **more)


def _explain(options: argparse.Namespace) -> tuple[dict, str]:
    suffix = Path(options.out).suffix.lower() if options.out else None
    if suffix not in (None, *_SUFFIXES):
        raise InputError(f"--out must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, got {options.out}.")
    if options.live and suffix != ".html":
        raise InputError("--live makes a report: it goes with --out FILE.html.")
    from ..analysis.service import INTERNALS

    whole = suffix == ".html"
    kind = _FIGURES.get(suffix or "")
    view = _view(options.view) if kind else None
    needed = view.sections if view else ()
    wanted = {"attribution", *needed, *(INTERNALS if options.internals or whole else ())}
    wanted |= {"trust"} if options.trust or whole else set()
    fillable = ("attribution", *INTERNALS, "jacobian", "trust")
    document = _analyse(options, tuple(name for name in fillable if name in wanted), **_options_of(options.option))
    if view and kind:
        from ..views.canvas import to_bytes

        figure = view.draw(document, view.settle(document, {})) if view.fits(document) else None
        if figure is None:
            raise InputError(f"The view {view.name} has nothing to draw for this input.")
        _write(options.out, to_bytes(figure, kind))
    elif suffix == ".json":
        _write(options.out, to_json(document).encode())
    elif whole:
        _write_report(document, options)
    return printed(document, options, legacy.explanation), "\n".join(_lines(document))


def _views() -> "dict[str, View]":
    """Return the views with a figure of one input; edits and comparisons have commands of their own."""
    return {view.name: view for view in ordered() if view.figure and not {"edits", "comparison"} & set(view.sections)}


def _view(name: str) -> "View":
    views = _views()
    if name not in views:
        raise InputError(f"There is no view {name[:60]!r} to draw: there is {', '.join(views)}.")
    return views[name]


def _lines(document: "Document") -> list[str]:
    """Return the prediction, and the caption of each view that the document has sections for, for a terminal."""
    from ..views import views_for

    answer = document.prediction
    captions = [
        view.caption(document, view.settle(document, {}))
        for view in views_for(document)
        if view.name not in ("prediction", "words")
    ]
    return [f"{answer.label} ({answer.confidence:.1%})", *captions, *document.warnings]


def _options_of(pairs: list[str]) -> dict[str, str]:
    options = dict(option.partition("=")[::2] for option in pairs)
    if not all(options.values()):
        raise InputError(f"--option must be NAME=VALUE, got {', '.join(pairs)}.")
    return options


def _report(options: argparse.Namespace) -> tuple[dict, str]:
    if Path(options.out).suffix.lower() != ".html":
        raise InputError(f"--out must end in .html, got {options.out}.")
    try:
        data = sys.stdin.buffer.read() if options.document == "-" else Path(options.document).read_bytes()
        document = from_json(data)
    except OSError as error:
        raise InputError(f"{options.document} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(str(error)) from error
    size = _write_report(document, options)
    return {"out": options.out, "bytes": size}, f"{options.out} is written, {size / 1e6:.1f} MB."


def _write_report(document: "Document", options: argparse.Namespace) -> int:
    """Write the report and return its size in bytes."""
    if options.live:
        from ..site.live_report import live_report

        page = live_report(document).encode()
    else:
        from ..report import render

        page = render(document).encode()
    _write(options.out, page)
    return len(page)


def _write(file: str, data: bytes) -> None:
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from error


def _whatif(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis import edits

    document = _analyse(options, ("attribution",))
    if options.counterfactual:
        document = edits.minimal_counterfactual(document, options.perturbation)
    elif options.replace:
        word, new = options.replace
        document = edits.replace_word(document, edits.unit_named(document, word), new)
    else:
        units = [unit for name in options.remove for unit in edits.units_named(document, name)]
        document = edits.ablate_units(document, units, options.perturbation)
    return printed(document, options, legacy.edit), _caption("edits", document)


def _compare(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.comparison import compare_input
    from ..analysis.service import DEFAULT_METHOD

    method = options.method or DEFAULT_METHOD
    document = compare_input(options.model, source(options), options.target, method, options.seed)
    return printed(document, options, legacy.comparison), _caption("comparison", document)


def _caption(name: str, document: "Document") -> str:
    from ..views import VIEWS

    return VIEWS[name].caption(document, {})
