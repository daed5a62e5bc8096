"""The ONNX Runtime of browsers: fetched by npm at the version of the lock file, kept outside of the repository."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..data import InputError
from .packing import with_lzma

_FOLDER = Path(__file__).parent
_LOCK = "package-lock.json"
_MODULE, _GLUE, _BINARY = "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
FILES = (_MODULE, _GLUE, _BINARY)


def runtime_folder() -> Path:
    """Return a folder that holds `FILES`; npm fetches them once for each version of the lock file.

    Raises:
        InputError: where npm is missing or cannot fetch them.
    """
    digest = hashlib.sha256((_FOLDER / _LOCK).read_bytes()).hexdigest()[:12]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = caches / "rnnformer-demo" / f"runtime-{digest}"
    if all((kept / name).exists() for name in FILES):
        return kept
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("ONNX Runtime for browsers comes by npm: install Node.js with npm, and try again.")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", _LOCK):
            shutil.copyfile(_FOLDER / name, Path(folder) / name)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it gave no reason"]
            raise InputError(f"npm could not fetch ONNX Runtime for browsers: {lines[-1][:200]}.")
        kept.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            _write(kept / name, (Path(folder) / "node_modules" / "onnxruntime-web" / "dist" / name).read_bytes())
    return kept


def runtime_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a runtime's folder that a site holds; the packed binary is kept from the first time on."""
    packed = folder / f"{_BINARY}.lzma"
    if not packed.exists():
        _write(packed, with_lzma((folder / _BINARY).read_bytes()))
    return folder / _MODULE, folder / _GLUE, packed


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it meanwhile."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(path)
