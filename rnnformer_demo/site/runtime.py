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
MODULE, GLUE, BINARY = "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
FILES = (MODULE, GLUE, BINARY)


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
        raise InputError("The runtime of a site comes by npm: install Node.js with npm, and try again.")
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
            raise InputError(f"npm could not fetch the runtime of a site: {lines[-1][:200]}.")
        kept.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            _write(kept / name, (Path(folder) / "node_modules" / "onnxruntime-web" / "dist" / name).read_bytes())
    return kept


def packed_binary(folder: Path) -> Path:
    """Return the packed `BINARY` of a runtime's folder, where it is kept from the first time on."""
    path = folder / f"{BINARY}.lzma"
    if not path.exists():
        _write(path, with_lzma((folder / BINARY).read_bytes()))
    return path


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it meanwhile."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.write_bytes(data)
    aside.replace(path)
