"""The command `serve`: the page, its API and their health over HTTP."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from ..api.server.settings import described, read_settings


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    serve = command("serve", _serve, "serve the page and its API over HTTP; app.py does the same")
    serve.formatter_class = argparse.RawDescriptionHelpFormatter
    serve.epilog = described()


def _serve(_options: argparse.Namespace) -> NoReturn:
    settings = read_settings()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # as app.py does
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from ..ui.allocator import keep_trimmed, return_freed_memory
    from ..ui.serve import serve

    return_freed_memory()
    keep_trimmed()
    serve(settings)
    sys.exit(0)
