"""Folders that are ready to be pushed as a Space of Hugging Face, of each kind that there is.

A static Space is a site, see `build.py`. One with Gradio holds this project as it is. One on ZeroGPU holds the same
with the pins that its machines take: a torch that they offer, and `spaces`, which must decorate one function.
"""

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..checkpoints import cards
from ..data import InputError
from .build import build, must_be_new

KINDS = ("static", "gradio", "zerogpu")
_ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("app.py", "README.md", "LICENSE", "requirements.txt", "rnnformer_demo")
_OPTIONAL = ("packages.txt",)
# ZeroGPU offers torch up to 2.11; the torchvision that goes with it.
_ZEROGPU_PINS = {"torch": "2.11.0", "torchvision": "0.26.0"}
_SPACES = "spaces==0.51.3"
_DECORATED = '''

def _on_gpu() -> str:
    """Names the device: ZeroGPU starts no Space without a function that may use its GPU. The models need none."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


try:
    import spaces
except ImportError:  # not on a Space
    pass
else:
    _on_gpu = spaces.GPU(_on_gpu)
    # On ZeroGPU, `spaces` reports its functions when Gradio launches a page by itself; this one has its own server.
    if report := getattr(spaces.zero, "startup", None):
        report()
'''


@dataclass(frozen=True)
class Space:
    """What was written: the folder, its kind, and the bytes of its files."""

    folder: Path
    kind: str
    size: int


def write_space(
    kind: str, out: Path, models: Iterable[str] = (), report: Callable[[str], None] = lambda line: None
) -> Space:
    """Write the folder of a Space.

    Args:
        kind: one of `KINDS`.
        out: the folder: a new or an empty one.
        models: names of those to offer; all by default.
        report: is told what is being written.

    Raises:
        InputError: for another kind, an unknown model, and a folder that holds something.
    """
    if kind not in KINDS:
        raise InputError(f"The kind of a Space must be one of {', '.join(KINDS)}, got {kind[:40]!r}.")
    chosen = tuple(models)
    if kind == "static":
        build(out, chosen, report)
    else:
        must_be_new(out)
        _copy_project(out, chosen)
        if kind == "zerogpu":
            _pin_for_zerogpu(out)
    return Space(out, kind, sum(path.stat().st_size for path in out.rglob("*") if path.is_file()))


def _copy_project(out: Path, models: tuple[str, ...]) -> None:
    for name in models:
        cards.read_card(name)  # which refuses a name that no checkpoint bears
    out.mkdir(parents=True, exist_ok=True)
    left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in (*_NEEDED, *(name for name in _OPTIONAL if (_ROOT / name).exists())):
        source = _ROOT / name
        if source.is_dir():
            shutil.copytree(source, out / name, ignore=left_out)
        else:
            shutil.copyfile(source, out / name)
    folder = cards.default_folder()
    (out / "checkpoints").mkdir()
    for name in models or cards.names():
        for suffix in (cards.WEIGHTS, cards.CARD, cards.TOKENIZER, ".md"):
            if (folder / f"{name}{suffix}").exists():
                shutil.copyfile(folder / f"{name}{suffix}", out / "checkpoints" / f"{name}{suffix}")


def _pin_for_zerogpu(out: Path) -> None:
    path = out / "requirements.txt"
    text = path.read_text(encoding="utf-8")
    for package, version in _ZEROGPU_PINS.items():
        text, count = re.subn(rf"^{package}==\S+$", f"{package}=={version}", text, flags=re.MULTILINE)
        if count != 1:
            raise InputError(f"requirements.txt must pin {package} once to be written for ZeroGPU.")
    path.write_text(
        f"{text}# Decorates the function without which ZeroGPU starts no Space.\n{_SPACES}\n", encoding="utf-8"
    )
    app = out / "app.py"
    start = '\n\nif __name__ == "__main__":'
    app.write_text(app.read_text(encoding="utf-8").replace(start, _DECORATED + start), encoding="utf-8")
