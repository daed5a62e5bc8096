"""Settings of the server: environment variables, each with its default, a sentence and what it may hold."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from textwrap import fill
from typing import Any

from ...checkpoints.engines import ENGINES, KEPT, KEPT_VARIABLE
from ...data import InputError

LOG_LEVELS = ("debug", "info", "warning", "error")
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return int(text)

    return read


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return read


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.replace(",", " ").split() if name)


def _prefix(text: str) -> str:
    if not text.startswith("/") or "//" in text or set(text) & set("?#% \t"):
        raise ValueError("a path such as /demo")
    return text.rstrip("/")


def _origins(text: str) -> tuple[str, ...]:
    origins = _names(text)
    if any(origin != "*" and not origin.startswith(("http://", "https://")) for origin in origins):
        raise ValueError("addresses such as https://example.org, or *")
    return tuple(origin.rstrip("/") for origin in origins)


def _switch(text: str) -> bool:
    if text.lower() not in _YES + _NO:
        raise ValueError("1 or 0")
    return text.lower() in _YES


def _setting(variable: str, default: Any, read: Callable[[str], Any], about: str, also: str = "") -> Any:
    return field(default=default, metadata={"variable": variable, "read": read, "about": about, "also": also})


@dataclass(frozen=True)
class Settings:
    """What the environment says of the server; the sentences of the fields are those that `--help` prints."""

    host: str = _setting("RNNFORMER_HOST", "127.0.0.1", str, "address to listen on", "GRADIO_SERVER_NAME")
    port: int = _setting(
        "RNNFORMER_PORT", 7860, _whole(0, 65535), "port to listen on; 0 for any that is free", "GRADIO_SERVER_PORT"
    )
    root_path: str = _setting(
        "RNNFORMER_ROOT_PATH", "", _prefix, "path under which a proxy shows the page, such as /demo", "GRADIO_ROOT_PATH"
    )
    checkpoints: str = _setting("RNNFORMER_CHECKPOINTS", "", str, "folder of the models (default: checkpoints/)")
    models: tuple[str, ...] = _setting("RNNFORMER_MODELS", (), _names, "those to offer (default: all of the folder)")
    kept: int = _setting(
        KEPT_VARIABLE, KEPT, _whole(1, 1000), "models that stay in memory; the one that was used longest ago makes room"
    )
    engine: str = _setting("RNNFORMER_ENGINE", "auto", _one_of(*ENGINES), f"what runs the models: {', '.join(ENGINES)}")
    threads: int = _setting(
        "RNNFORMER_THREADS", 0, _whole(1, 256), "passes through a model that run side by side (default: the cores)"
    )
    queue: int = _setting("RNNFORMER_QUEUE", 100, _whole(1, 10_000), "requests that may wait; others are sent away")
    budget: int = _setting(
        "RNNFORMER_BUDGET_SECONDS", 30, _whole(1, 100_000), "seconds of computing that a request may take"
    )
    upload_mb: int = _setting("RNNFORMER_UPLOAD_MB", 20, _whole(1, 1000), "megabytes of the largest upload")
    grace: int = _setting(
        "RNNFORMER_GRACE", 25, _whole(0, 3600), "seconds that running answers have left after SIGTERM"
    )
    origins: tuple[str, ...] = _setting(
        "RNNFORMER_ORIGINS",
        (),
        _origins,
        "further sites whose scripts may call the API; * for all",
    )
    log_level: str = _setting("RNNFORMER_LOG_LEVEL", "info", _one_of(*LOG_LEVELS), f"{', '.join(LOG_LEVELS)}")
    mcp: bool = _setting("RNNFORMER_MCP", False, _switch, "1 to serve tools over MCP at /mcp; needs the package mcp")


DEFAULTS = Settings()


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that an environment names; a variable that is empty counts as absent.

    Raises:
        InputError: for a value that its variable cannot hold.
    """
    environment = os.environ if environment is None else environment
    values = {}
    for each in fields(Settings):
        for variable in filter(None, (each.metadata["variable"], each.metadata["also"])):
            if text := environment.get(variable, "").strip():
                try:
                    values[each.name] = each.metadata["read"](text)
                except ValueError as error:
                    raise InputError(f"{variable} must be {error}, got {text[:40]!r}.") from error
                break
    return Settings(**values)


def described() -> str:
    """Return the variables as a help text lists them."""
    lines = ["Environment variables:"]
    for each in fields(Settings):
        about = each.metadata["about"]
        if each.default not in ("", (), 0, False):
            about += f" (default: {each.default})"
        if each.metadata["also"]:
            about += f"; {each.metadata['also']} does the same"
        lines.append(f"  {each.metadata['variable']}")
        lines.append(fill(about, 100, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines)
