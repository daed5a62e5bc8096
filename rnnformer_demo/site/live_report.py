"""The live report: a report with what a site holds of one model in it, so that its reader can change the input."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ..analysis.service import context_of
from ..checkpoints.store import Checkpoint
from ..data import InputError
from ..document import Document
from ..evaluation.explanations import leaderboards
from ..evaluation.reporting.card_facts import facts
from ..graphs.builder import Uncovered
from ..report import Carried, render
from .folder import contents, copy, write_json
from .methods import site_catalogue
from .models import write_model
from .packing import pack
from .runtime import runtime_files, runtime_folder
from .text_facts import text_facts


def live_report(document: Document) -> str:
    """Return the page as HTML; it asks nothing of a network, and needs no server.

    Raises:
        InputError: where the model is not there or has other weights than those of the document, the photo is not in
            the document, no graph covers the model, and the runtime cannot be had.
    """
    checkpoint = context_of(document).checkpoint
    offered = site_catalogue([checkpoint.name])
    offered["gallery"] = [entry for entry in offered["gallery"] if "photo" not in entry]  # no photo travels along
    return render(document, Carried(offered, _files(checkpoint)))


def _files(checkpoint: Checkpoint) -> dict[str, bytes]:
    """Return what the browser's engine asks for, by its path in a site."""
    runtime, name = runtime_folder(), checkpoint.name
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for path in runtime_files(runtime):
            copy(path, folder / "runtime" / path.name)
        if checkpoint.model.modality == "text":
            write_json(folder / "data" / "text_facts.json", text_facts())
        write_json(folder / "data" / "leaderboards.json", leaderboards())
        try:
            write_model(checkpoint, folder / "models" / name)
        except Uncovered as error:
            raise InputError(f"{name} cannot run in a browser: {error}.") from error
        write_json(folder / "models" / name / "about.json", facts(name))
        pack(folder)
        return {file: path.read_bytes() for file, path in contents(folder).items()}
