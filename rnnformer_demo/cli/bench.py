"""The command `bench`: start-up, latency and memory on this machine."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ..data import InputError
from .arguments import path

_MOST = {"visitors": 200, "seconds": 7200, "pause": 600, "calls": 100_000}


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    bench = command("bench", _bench, "measure start-up, latency and memory on this machine")
    bench.add_argument("--runs", type=int, default=20, help="analyses per figure (default: 20)")
    bench.add_argument(
        "--write",
        type=path,
        metavar="FILE",
        help="put the table in its place in FILE, as in rnnformer_demo/bench/README.md",
    )
    bench.add_argument(
        "--site", type=path, metavar="FOLDER", help="measure a static site in Chromium instead, see the command site"
    )
    _add_kinds(bench)
    pictures = command("screenshots", _screenshots, "take pictures of the page: widths, light and dark, both languages")
    pictures.add_argument(
        "--out", type=path, metavar="FOLDER", default="screenshots", help="where to (default: screenshots/)"
    )


def _add_kinds(bench: argparse.ArgumentParser) -> None:
    """Add the measurements that are commands of their own: a crowd, wrong calls, the cost of a pass, live claims."""
    kinds = bench.add_subparsers(metavar="KIND", help="crowd, fuzz, passes or claims; all else where none is named")
    crowd = kinds.add_parser("crowd", help="let visitors ask a server of its own all at once, and compare the answers")
    crowd.add_argument("--visitors", type=int, default=40, help="default: 40")
    crowd.add_argument("--seconds", type=float, default=300, help="default: 300")
    crowd.add_argument(
        "--pause",
        type=float,
        default=0,
        help="seconds between an answer and the next question, on average (default: 0)",
    )
    crowd.add_argument(
        "--place", choices=("crowd", "hour"), default="crowd", help="which table of FILE is written (default: crowd)"
    )
    crowd.set_defaults(run=partial(_loaded, "crowd", ("visitors", "seconds", "pause", "seed")))
    fuzz = kinds.add_parser("fuzz", help="call all endpoints of a server of its own with wrong arguments")
    fuzz.add_argument("--calls", type=int, default=2000, help="default: 2000")
    fuzz.set_defaults(run=partial(_loaded, "fuzz", ("calls", "seed")), place="fuzz")
    claims = kinds.add_parser("claims", help="measure the claims as the page does, and predictions beside them")
    claims.set_defaults(run=partial(_loaded, "live_claims", ()), place="live_claims")
    claims.add_argument("--write", type=path, metavar="FILE", help="put the table in its place in FILE")
    for kind in (crowd, fuzz):
        kind.add_argument("--seed", type=int, default=0, help="of what is asked (default: 0)")
        kind.add_argument("--write", type=path, metavar="FILE", help="put the table in its place in FILE")
    passes = kinds.add_parser("passes", help="measure the passes by which a request's cost is estimated")
    passes.set_defaults(run=_passes)
    for kind in (crowd, fuzz, passes, claims):
        kind.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def _loaded(name: str, arguments: tuple[str, ...], options: argparse.Namespace) -> tuple[dict, str]:
    """Run `bench.crowd`, `bench.fuzz` or `bench.live_claims`."""
    from .. import bench
    from ..evaluation.reporting.readme import check_place, fill
    from ..nn.devices import machine

    for argument, most in _MOST.items():
        value = getattr(options, argument) if argument in arguments else most
        if not 0 <= value <= most or (value == 0 and argument != "pause"):
            least = "at least" if argument == "pause" else "above"
            raise InputError(f"--{argument} must be {least} 0 and at most {most}.")
    if options.write:
        check_place(Path(options.write), options.place)
    measured = getattr(bench, name)(*(getattr(options, argument) for argument in arguments))
    figures = {"machine": machine()} | measured
    if options.write:
        fill(Path(options.write), {options.place: getattr(bench, f"{name}_table")(figures)})
    return figures, "\n".join(_lines(figures))


def _passes(_options: argparse.Namespace) -> tuple[dict, str]:
    from ..bench import passes

    figures = passes()
    return figures, "\n".join(_lines(figures))


def _screenshots(options: argparse.Namespace) -> tuple[dict, str]:
    from ..bench import screenshots

    paths = [str(file) for file in screenshots(Path(options.out))]
    return {"screenshots": paths}, "\n".join(paths)


def _bench(options: argparse.Namespace) -> tuple[dict, str]:
    if options.runs < 1:
        raise InputError(f"--runs must be at least 1, got {options.runs}.")
    if options.site:
        from ..bench.site import of_site

        figures = of_site(Path(options.site), options.runs)
        return figures, "\n".join(_lines(figures))
    from ..bench import markdown, run
    from ..evaluation.reporting.readme import check_place, fill
    from ..nn.devices import machine
    from ..training.pretrained.minilm import load_minilm

    if options.write:
        check_place(Path(options.write), "bench")
    figures = {"machine": machine()} | run(options.runs, load_minilm)
    if options.write:
        fill(Path(options.write), {"bench": markdown(figures)})
    return figures, "\n".join(_lines(figures))


def _lines(figures: dict, within: str = "") -> Iterator[str]:
    """Yield a line for each figure; those of a group bear its name too."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{within}{name} ")
        else:
            yield f"{within}{name}: {value}"
