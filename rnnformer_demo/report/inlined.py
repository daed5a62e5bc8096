"""What stands in the page for its scripts: the modules of `web/`, the views, the files of a model; and their policy."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from .. import __version__, web
from ..document import Document
from ..views import views_for

# What the app of `live_report.js` asks for by its name.
_BY_NAME = ("locales/en.js", "locales/zh.js", "pages/models.js", "engine/worker.js")


@dataclass(frozen=True)
class Carried:
    """A model that travels in the report.

    Attributes:
        catalogue: of the page, with this model alone.
        files: what the browser's engine asks for, by path as in a site, packed as there.
    """

    catalogue: dict[str, Any]
    files: Mapping[str, bytes]


def as_json(value: Any) -> Markup:
    """Return a value as JSON for inside a script element."""
    return escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def escaped(text: str) -> Markup:
    """Return JSON for inside a script element, which neither a tag nor a comment in it can end."""
    return Markup(text.replace("<", "\\u003c"))


def explorer(document: Document, carried: Carried | None) -> dict[str, Any]:
    """Return the views, the sources of their modules and of all that these import, and the one that starts the page.

    A report alone gets the views that fit the document; one with a model, all that may fit what its reader makes of it.
    """
    fitting = {view.name for view in views_for(document)}
    views = [view for view in web.views_of_registry() if carried or view["name"] in fitting]
    modules = [f"views/{view['name']}.js" for view in views]
    if carried is None:
        return {"entry": "report.js", "views": views, "modules": web.modules("report.js", *modules)}
    sources = web.modules(*modules, *_BY_NAME, "live_report.js", lazy=True)
    return {
        "entry": "live_report.js",
        "views": views,
        "modules": sources,
        "catalogue": carried.catalogue,
        "version": __version__,
    }


def files(carried: Carried) -> dict[str, dict[str, str]]:
    """Return the files of a model as the loader in `web/engine/files.js` takes them."""
    return {
        "digests": {name: hashlib.sha256(data).hexdigest() for name, data in carried.files.items()},
        "inlined": {name: base64.b64encode(data).decode("ascii") for name, data in carried.files.items()},
    }


def policy(boot: str, carried: Carried | None) -> str:
    """Return the content security policy: one script, modules that it makes, inlined pictures, and no network.

    A model needs WebAssembly and a worker, too, whose script is one of those modules.
    """
    digest = base64.b64encode(hashlib.sha256(boot.encode()).digest()).decode("ascii")
    scripts = f"script-src 'sha256-{digest}' blob:" + (" 'wasm-unsafe-eval'; worker-src blob:" if carried else "")
    return (
        f"default-src 'none'; {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
