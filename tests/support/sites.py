"""Static sites for tests: the runtime that they need, and a server of this machine."""

import os
from pathlib import Path

import pytest

from rnnformer_demo.bench.site import served as on_loopback
from rnnformer_demo.data import InputError
from rnnformer_demo.site.runtime import runtime_folder

__all__ = ["on_loopback", "runtime"]

REQUIRED = bool(os.environ.get("RNNFORMER_REQUIRE_BROWSER"))


def runtime() -> Path:
    """The folder of the browser's runtime. Where it cannot be had: skips, or fails if a browser is required."""
    try:
        return runtime_folder()
    except InputError as error:
        (pytest.fail if REQUIRED else pytest.skip)(str(error))
