"""The live report: a report with what a site holds of one model in it, so that its reader can change the input."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ..analysis.service import context_of
from ..data import InputError
from ..document import Document
from ..evaluation.reporting.card_facts import facts
from ..graphs.builder import Uncovered
from ..report import Carried, render
from .folder import contents, copy, pack, write_json
from .models import write_model
from .offer import catalogue_of, write_facts
from .runtime import FILES, runtime_folder


def live_report(document: Document) -> str:
    """Return the page as HTML; it asks nothing of a network, and needs no server.

    Raises:
        InputError: where the model is not there or has other weights than those of the document, the photo is not in
            the document, no graph covers the model, and the runtime cannot be had.
    """
    checkpoint = context_of(document).checkpoint
    name = checkpoint.name
    runtime = runtime_folder()
    catalogue = catalogue_of([name])
    catalogue["gallery"] = [entry for entry in catalogue["gallery"] if "photo" not in entry]  # no photo travels along
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for file in FILES:
            copy(runtime / file, folder / "runtime" / file)
        write_facts(folder / "data")
        try:
            write_model(checkpoint, folder / "models" / name)
        except Uncovered as error:
            raise InputError(f"{name} cannot run in a browser: {error}.") from error
        write_json(folder / "models" / name / "about.json", facts(name))
        pack(folder)
        files = {file: path.read_bytes() for file, path in contents(folder).items()}
    return render(document, Carried(catalogue, files))
