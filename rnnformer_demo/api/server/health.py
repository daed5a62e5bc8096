"""Health: /healthz while the process answers, /readyz once its models have run and as long as it takes work."""

import threading

from starlette.requests import Request
from starlette.responses import JSONResponse

READY = threading.Event()  # models are loaded
ENDING = threading.Event()  # no new work is taken


def healthz(_request: Request) -> JSONResponse:
    """Answer that the process lives."""
    return JSONResponse({"status": "live"})


def readyz(_request: Request) -> JSONResponse:
    """Answer whether requests are welcome: 200, or 503 while models are loaded or the server ends."""
    if ENDING.is_set():
        return JSONResponse({"status": "ending"}, 503)
    if not READY.is_set():
        return JSONResponse({"status": "loading"}, 503)
    return JSONResponse({"status": "ready"})
