"""Logs: one JSON object a line on standard error. They say what was asked and how it went, never what was typed."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

LOGGER = logging.getLogger("rnnformer")
_FACTS = "facts"  # attribute of a record that holds its fields


class _Lines(logging.Formatter):
    """Formats a record as one line of JSON; a traceback is one of its fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= getattr(record, _FACTS, {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str) -> None:
    """Write the project's records, and warnings of the libraries, to standard error from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # Faults of requests stand in lines of our own, and `mcp` quotes what was sent.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "ASGI" not in record.getMessage())
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    for name in ("rnnformer", "rnnformer_demo"):
        logging.getLogger(name).setLevel(level.upper())


def log(event: str, level: int = logging.INFO, error: BaseException | None = None, **facts: Any) -> None:
    """Write one line.

    Args:
        event: what happened, in a word or two.
        error: a fault of the program, whose traceback is added.
        facts: its fields: names, numbers; nothing that a visitor has typed.
    """
    LOGGER.log(level, event, exc_info=error, extra={_FACTS: facts})
