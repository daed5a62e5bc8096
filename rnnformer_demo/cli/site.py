"""The command `site`: the page as static files, whose visitors run the models in their own browsers."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from .arguments import path


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    site = command("site", _site, "write the page as static files, in which the browser runs the models")
    site.add_argument("--out", type=path, metavar="FOLDER", required=True, help="where to: a new or an empty folder")
    site.add_argument("--models", nargs="+", default=[], metavar="MODEL", help="those to offer (default: all)")


def _site(options: argparse.Namespace) -> tuple[dict, str]:
    from ..site.build import build

    site = build(Path(options.out), options.models, lambda line: print(f"writing {line}", file=sys.stderr))
    figures = {
        "folder": str(site.folder),
        "models": list(site.models),
        "bytes": site.size,
        "first_visit_bytes": site.first,
    }
    return figures, (
        f"{site.folder} holds {len(site.models)} models in {site.size / 1e6:.1f} MB; a first visit fetches "
        f"{site.first / 1e6:.1f} MB until it has analysed a text. Serve it with any web server, for example: "
        f"python -m http.server -d {site.folder}"
    )
