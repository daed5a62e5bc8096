"""The commands `site` and `space`: the page as static files, and folders that are ready to be pushed as a Space."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from .arguments import path

_KINDS = ("static", "gradio", "zerogpu")  # of `site.space`, which is imported when it is needed


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the commands by a function (name, run, about) that adds one."""
    site = command("site", _site, "write the page as static files, in which the browser runs the models")
    space = command("space", _space, "write a folder that is ready to be pushed as a Space of Hugging Face")
    space.add_argument(
        "--kind",
        choices=_KINDS,
        required=True,
        help="static: free for everyone, the browser runs the models; gradio: a server does; zerogpu: with its pins",
    )
    for parser in (site, space):
        parser.add_argument("--out", type=path, metavar="FOLDER", required=True, help="where to: new, or empty")
        parser.add_argument("--models", nargs="+", default=[], metavar="MODEL", help="those to offer (default: all)")


def _site(options: argparse.Namespace) -> tuple[dict, str]:
    from ..site.build import build

    site = build(Path(options.out), options.models, _tell)
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


def _space(options: argparse.Namespace) -> tuple[dict, str]:
    from ..site.space import write_space

    space = write_space(options.kind, Path(options.out), options.models, _tell)
    figures = {"folder": str(space.folder), "kind": space.kind, "bytes": space.size}
    return figures, (
        f"{space.folder} is a Space of the kind {space.kind}, {space.size / 1e6:.1f} MB: push it to the repository of "
        "yours on Hugging Face."
    )


def _tell(part: str) -> None:
    print(f"writing {part}", file=sys.stderr)
