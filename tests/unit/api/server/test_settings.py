"""Settings: what the environment says, in sentences where it cannot be."""

import re
from pathlib import Path

import pytest
import tiny

from rnnformer_demo.api.server.settings import DEFAULTS, described, read_settings
from rnnformer_demo.data import InputError


def test_nothing_said_gives_the_defaults():
    assert read_settings({}) == DEFAULTS
    assert read_settings({"RNNFORMER_PORT": "  "}) == DEFAULTS


def test_each_variable_is_read():
    settings = read_settings(
        {
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "RNNFORMER_PORT": "8000",
            "GRADIO_SERVER_PORT": "9000",  # the project's own goes before
            "RNNFORMER_ROOT_PATH": "/demo/",
            "RNNFORMER_MODELS": "sentiment-en, caltech101",
            "RNNFORMER_ORIGINS": "https://example.org/",
            "RNNFORMER_MCP": "1",
        }
    )
    assert (settings.host, settings.port, settings.root_path) == ("0.0.0.0", 8000, "/demo")
    assert settings.models == ("sentiment-en", "caltech101")
    assert settings.origins == ("https://example.org",)
    assert settings.mcp is True


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("RNNFORMER_PORT", "abc", "RNNFORMER_PORT must be a whole number from 0 to 65,535, got 'abc'"),
        ("GRADIO_SERVER_PORT", "70000", "GRADIO_SERVER_PORT must be a whole number"),
        ("RNNFORMER_THREADS", "0", "must be a whole number from 1"),
        ("RNNFORMER_QUEUE", "²", "must be a whole number"),
        ("RNNFORMER_ENGINE", "tensor", "must be one of auto, onnx, torch"),
        ("RNNFORMER_LOG_LEVEL", "loud", "must be one of debug, info"),
        ("RNNFORMER_ROOT_PATH", "demo", "must be a path such as /demo"),
        ("RNNFORMER_ORIGINS", "example.org", "must be addresses such as https://example.org"),
        ("RNNFORMER_MCP", "maybe", "must be 1 or 0"),
    ],
)
def test_what_cannot_be_gets_a_sentence(variable, value, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        read_settings({variable: value})


def test_the_help_lists_every_variable_that_the_package_reads():
    package = tiny.ROOT / "rnnformer_demo"
    sources = [path.read_text("utf-8") for path in package.rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"RNNFORMER_[A-Z_]+", source)}
    listed = set(re.findall(r"RNNFORMER_[A-Z_]+", described()))
    assert read == listed
    assert max(map(len, described().splitlines())) <= 110


def test_the_lock_file_pins_what_is_required_and_names_no_place():
    lock = (tiny.ROOT / "rnnformer_demo/api/server/requirements.lock").read_text("utf-8").splitlines()
    pins = {line for line in lock if not line.startswith("#")}
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin) for pin in pins)
    required = Path(tiny.ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert {line for line in required if line and not line.startswith("#")} <= pins
