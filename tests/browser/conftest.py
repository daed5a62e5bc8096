"""What the browser tests share: a Chromium, and the page with the shipped models, one of each for a file."""

import pytest
from browser import chromium, served
from sites import runtime


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
    """The files of ONNX Runtime for browsers."""
    return runtime()
