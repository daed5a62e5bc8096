"""The builder of the static site: a folder that any web host serves, from any path, and that works offline afterwards.

| in the folder | what |
|---|---|
| `index.html`, `sw.js` | the page with its policy; the service worker, which keeps what was fetched |
| `web-DIGEST/` | the explorer and the browser's engine, as the page of the server has them |
| `data/` | catalogue, views, facts of texts, leaderboards |
| `models/NAME/` | a model, see `models.py`; packed, see `packing.py` |
| `runtime/` | ONNX Runtime for browsers |
| `examples/` | photos of the gallery |
| `files.json` | the digest of every file, against which the loader compares what it gets |
| `README.md` | front matter of a static Space |
"""

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import __version__, web
from ..api.uploads import EXAMPLES
from ..checkpoints import cards
from ..checkpoints.store import load
from ..data import InputError
from ..evaluation.explanations import leaderboards
from ..evaluation.reporting.card_facts import facts
from .folder import contents, copy, digest, write_json
from .methods import site_catalogue
from .models import write_model
from .packing import pack
from .runtime import runtime_files, runtime_folder
from .text_facts import text_facts

_PAGE = Path(__file__).parent / "page"
_LARGEST = 10_000_000  # bytes of a file that Hugging Face takes without LFS
_UNHASHED = ("index.html", "README.md", "files.json", "sw.js")  # asked for by the browser itself


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes:
        folder: that holds it.
        models: names of the models.
        size: bytes of all files.
        first: bytes that a first visit fetches until it has analysed a text with the first model.
    """

    folder: Path
    models: tuple[str, ...]
    size: int
    first: int


def build(out: Path, names: Iterable[str] = (), report: Callable[[str], None] = lambda line: None) -> Site:
    """Write a site.

    Args:
        out: its folder; is made, and must be empty where it is there.
        names: of the models; those of `checkpoints/` by default.
        report: is told what is being written.

    Raises:
        InputError: for a folder that holds something, an unknown model, one that no graph covers, and a runtime that
            cannot be had.
    """
    must_be_new(out)
    chosen = tuple(names) or tuple(cards.names())
    for name in chosen:
        cards.read_card(name)  # which refuses a name that no checkpoint bears
    runtime = runtime_folder()
    out.mkdir(parents=True, exist_ok=True)
    report("page")
    _write_web(out)
    for path in runtime_files(runtime):
        copy(path, out / "runtime" / path.name)
    for photo in sorted(EXAMPLES.glob("*.jpg")):
        copy(photo, out / "examples" / photo.name)
    _write_data(out, chosen)
    for name in chosen:
        report(name)
        write_model(load(name), out / "models" / name)
        write_json(out / "models" / name / "about.json", facts(name))
    pack(out)
    _check_sizes(out)
    _write_page(out)
    return Site(out, chosen, _size(out.rglob("*")), _first_visit(out, chosen))


def must_be_new(out: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        InputError: for it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds something already: name a folder that is new or empty.")


def _web_folder() -> str:
    return f"web-{web.digest()}"


def _write_web(out: Path) -> None:
    for name in web.names():
        path = out / _web_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(web.minified(name), encoding="utf-8")


def _write_data(out: Path, names: tuple[str, ...]) -> None:
    write_json(out / "data" / "catalogue.json", site_catalogue(names))
    write_json(out / "data" / "views.json", web.views_of_registry())
    write_json(out / "data" / "text_facts.json", text_facts())
    write_json(out / "data" / "leaderboards.json", leaderboards())


def _check_sizes(out: Path) -> None:
    """Refuse a file that some hosts would not take."""
    too_large = [path.name for path in contents(out).values() if path.stat().st_size > _LARGEST]
    if too_large:
        raise InputError(f"{', '.join(too_large)} takes more than 10 MB: such files need LFS on Hugging Face.")


def _write_page(out: Path) -> None:
    """Write what names the other files: the page, the list of digests, the service worker."""
    folder = _web_folder()
    digests = {name: digest(path.read_bytes()) for name, path in contents(out).items() if path.name not in _UNHASHED}
    write_json(out / "files.json", digests)
    version = digest((out / "files.json").read_bytes())[:12]
    styles = "\n".join(f'<link rel="stylesheet" href="{folder}/{style}">' for style in web.styles())
    modules = "\n".join(f'<link rel="modulepreload" href="{folder}/{module}">' for module in _first_modules())
    filled = {"FOLDER": folder, "STYLES": styles, "MODULES": modules, "VERSION": version, "SOFTWARE": __version__}
    for name in ("index.html", "sw.js", "README.md"):
        text = (_PAGE / name).read_text(encoding="utf-8")
        for key, value in filled.items():
            text = text.replace(f"@{key}@", value)
        (out / name).write_text(text, encoding="utf-8")


def _first_modules() -> list[str]:
    return [*web.modules("site.js", *(f"views/{view['name']}.js" for view in web.views_of_registry()))]


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _first_visit(out: Path, names: tuple[str, ...]) -> int:
    """Return the bytes that a browser fetches until the first text is analysed, on a host that packs texts."""
    text = next((name for name in names if (out / "models" / name / "tokenizer.json.gz").exists()), None)
    if text is None:
        return 0
    needed = [*(out / "models" / text).glob("*.gz"), *(out / "runtime").iterdir(), *(out / "data").iterdir()]
    needed = [path for path in needed if path.name not in ("about.json.gz", "leaderboards.json.gz")]
    scripts = [out / _web_folder() / name for name in (*_first_modules(), *_worker_modules(), *web.styles())]
    packed = sum(len(gzip.compress(path.read_bytes(), 6)) for path in {*scripts, out / "index.html"})
    return packed + _size(needed)


def _worker_modules() -> list[str]:
    return [*web.modules("engine/worker.js", "engine/serving.js")]
