"""The page in its web server: `serve` runs it until it is told to end."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from ..api.errors import REFUSED
from ..api.server import health, metrics
from ..api.server.headers import SecurityHeaders
from ..api.server.logs import log, set_up
from ..api.server.refusals import DirectCalls, Room, misused, no_room, refused
from ..api.server.requests import Requests, fault
from ..api.server.running import Server, check_writable, end, listening
from ..api.server.settings import Settings
from ..api.upload_limits import use_own_folder
from ..api.v1.gate import Gate
from ..api.v1.routes import routes
from ..checkpoints.cards import default_folder, read_card, readable_cards
from ..data import InputError
from .page import build_page, launch_options
from .warmup import warm_up

if TYPE_CHECKING:
    from ..api.v1.tools import Tools

_SPACES = r"https://huggingface\.co|https://[a-z0-9-]+\.hf\.space"


def application(page: gr.Blocks, settings: Settings) -> Requests:
    """Return the page with all that stands around it, as an ASGI app."""

    gate = Gate()

    def waiting() -> int:
        return len(page._queue) + gate.waiting()

    metrics.watch(waiting, _loaded)
    tools = _tools(gate, lambda: no_room(waiting(), settings.queue), settings.upload_mb) if settings.mcp else None
    app = Starlette(
        routes=[
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", metrics.metrics),
            routes(gate, settings.upload_mb, settings.root_path),
            *([Route("/mcp", tools)] if tools else []),
        ],
        lifespan=tools.running if tools else None,
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_origin_regex=_SPACES,
                allow_methods=["GET", "POST"],
                allow_headers=["content-type"],
                expose_headers=["retry-after", "x-request-id"],
            ),
            Middleware(Room, waiting, settings.queue),
            Middleware(DirectCalls, REFUSED),
        ],
        exception_handlers={HTTPException: refused, Exception: fault},
    )
    options = launch_options(settings)
    options["app_kwargs"]["exception_handlers"] |= {Exception: fault, TypeError: misused, ValueError: misused}
    gr.mount_gradio_app(app, page, "/", root_path=settings.root_path, **options)
    return Requests(SecurityHeaders(app), settings.root_path)


def serve(settings: Settings) -> None:
    """Serve the page until a signal ends it, and end the process.

    Raises:
        InputError: for a port that is taken, a folder that cannot be written to, and models that there are not.
    """
    bound = listening(settings.host, settings.port)
    use_own_folder()
    check_writable(Path(get_upload_folder()), "GRADIO_TEMP_DIR")
    set_up(settings.log_level)
    for model in settings.models:
        read_card(model)  # which refuses a name that no checkpoint bears
    if not readable_cards():
        raise InputError(f"There is no model in {default_folder()}: set RNNFORMER_CHECKPOINTS.")
    page = build_page(settings)
    app = application(page, settings)
    server = Server(app, settings.grace, lambda: app.open, lambda: page.close(verbose=False))
    host, port = bound.getsockname()[:2]
    log("started", host=host, port=port)
    print(f"The page is at http://{settings.host}:{port}{settings.root_path}/", flush=True)
    warm_up()
    server.run(sockets=[bound])
    end(0)


def _tools(gate: Gate, refused: Callable[[], Any], upload_mb: int) -> "Tools":
    from ..api.v1.tools import Tools  # takes a second to import

    return Tools(gate, refused, upload_mb)


def _loaded() -> int:
    from ..analysis.registry import loaded

    return loaded()
