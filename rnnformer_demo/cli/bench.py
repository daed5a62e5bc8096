"""The command `bench`: start-up, latency and memory on this machine."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ..data import InputError
from .arguments import path


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
    pictures = command("screenshots", _screenshots, "take pictures of the page: widths, light and dark, both languages")
    pictures.add_argument(
        "--out", type=path, metavar="FOLDER", default="screenshots", help="where to (default: screenshots/)"
    )


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
    from ..training.pretrained.minilm import load_minilm

    if options.write:
        check_place(Path(options.write), "bench")
    figures = run(options.runs, load_minilm)
    from ..training.tasks.finish import machine

    figures = {"machine": machine()} | figures
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
