"""The page: one component that mounts the explorer of `web/`, its streams, and the API."""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

import gradio as gr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .. import web
from ..api import endpoints, streams
from ..api.blocks import EXCEPTION_HANDLERS, ApiBlocks
from ..api.server.settings import DEFAULTS, Settings
from ..api.upload_limits import KEPT_SECONDS, UploadLimits, use_own_folder
from ..api.uploads import EXAMPLES
from .catalogue import catalogue
from .theme import CSS, make_theme

TITLE = "RNNformer Demo"
_CLEAN_EVERY = 600  # seconds
_SESSIONS = 200  # of Gradio's that are remembered: nothing is kept in them, and each stream has one
_THREADS = 64  # more than all lanes of `streams` hold: a request that waits keeps one
_KEPT = "public, max-age=31536000, immutable"
_ADDRESS = f"web-{web.digest()}"
# Relative to the page's own root, which may lie behind a proxy.
_START = f"""
const root = window.gradio_config.root.replace(/\\/$/, "");
import(`${{root}}/{_ADDRESS}/main.js`).then(({{ start }}) => start(element.querySelector(".mount"), props));
"""


def build_page(settings: Settings = DEFAULTS) -> gr.Blocks:
    """Build the whole page, with its streams and its API; read the models' cards, load no model."""
    use_own_folder()
    with ApiBlocks(title=TITLE, delete_cache=(_CLEAN_EVERY, KEPT_SECONDS)) as page:
        gr.HTML(
            html_template=f'<div class="mount"><p class="loading">{escape(TITLE)} …</p></div>',
            js_on_load=_START,
            apply_default_css=False,
            catalogue=catalogue(),
            views=web.views_of_registry(),
        )
        streams.register()
        endpoints.register()
    page.state_session_capacity = _SESSIONS
    page.max_threads = _THREADS
    # Nothing skips the queue: eight large photos at once would take gigabytes.
    return page.queue(max_size=settings.queue, api_open=False)


def launch_options(settings: Settings = DEFAULTS) -> dict[str, Any]:
    """Return the arguments with which Gradio serves the page."""
    files = GZipMiddleware(Starlette(routes=[Route("/{name:path}", _files())]))
    photos = StaticFiles(directory=EXAMPLES)
    return {
        "theme": make_theme(),
        "head": _head(),
        "max_file_size": f"{settings.upload_mb}mb",
        "run_history": False,
        "footer_links": ["api"],
        "ssr_mode": False,
        "enable_monitoring": False,
        "show_error": False,
        "app_kwargs": {
            "routes": [Mount(f"/{_ADDRESS}", app=files), Mount("/examples", app=photos)],
            "exception_handlers": {**EXCEPTION_HANDLERS},
            "middleware": [Middleware(UploadLimits, settings.upload_mb)],
        },
    }


def _files() -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of the explorer's files, which a browser may keep: another version has another address."""
    texts = {name: web.minified(name) for name in web.names()}

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in texts:
            raise HTTPException(404)
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        return Response(texts[name], media_type=kind, headers={"cache-control": _KEPT})

    return file


def _head() -> str:
    """Return the styles, and links to all modules, which the browser then fetches at once."""
    styles = (f'<link rel="stylesheet" href="./{_ADDRESS}/{style}">' for style in web.styles())
    modules = (f'<link rel="modulepreload" href="./{_ADDRESS}/{module}">' for module in web.all_modules())
    return "".join((f"<style>{CSS}</style>", *styles, *modules))
