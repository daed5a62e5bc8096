"""What the browser tests share: a Chromium, and the page with the shipped models, one of each for a file."""

import pytest
from browser import REQUIRED, chromium, served

from rnnformer_demo.data import InputError


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where reports are written."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def runtime_folder():
    """Where the runtime of browsers lies. Where it cannot be had: skips, or fails if a browser is required."""
    from rnnformer_demo.site.runtime import runtime_folder as fetched

    try:
        return fetched()
    except InputError as error:
        (pytest.fail if REQUIRED else pytest.skip)(str(error))
