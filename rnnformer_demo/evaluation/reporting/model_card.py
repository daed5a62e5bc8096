"""A model's card in Markdown, with the front matter and the sections of Hugging Face's model cards, from its JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...checkpoints.cards import WEIGHTS, default_folder, in_families, read_card, size_on_disk, weights_digest
from ...nn.cells import CELLS
from ..behaviour import store as behaviour
from ..records import read_tests
from .detector_text import detector_text
from .figures import percent, seeds_summary, title_of
from .front_matter import front_matter
from .markdown import table
from .model_tables import test_table
from .sources import Source, data_sets, languages, pretrained, training_files

CARD_PAGE = ".md"  # after the name of a checkpoint
IDLE = 0.01  # of the answers: a part whose loss changes fewer decides little
_MOST_CLASSES = 20


def write_cards(folder: Path | None = None) -> list[Path]:
    """Write NAME.md beside the card of every checkpoint of a folder, and return the paths.

    Raises:
        InputError: see `read_card`.
    """
    folder = folder or default_folder()
    pages = {folder / f"{name}{CARD_PAGE}": model_card(name, folder) for name in in_families(folder)}
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return [*pages]


def model_card(name: str, folder: Path | None = None) -> str:
    """Return the page of one model.

    Raises:
        InputError: see `read_card`.
    """
    folder = folder or default_folder()
    card = read_card(name, folder)
    task = f"{card['task'].rstrip('.')}. " if card.get("task") else ""
    intro = f"{task}Made from `{name}.json` by `python -m rnnformer_demo models --write-cards`."
    sections = {
        "Model details": _details(name, card, folder),
        "Uses": _uses(card),
        "Bias, risks and limitations": _risks(card),
        "Training data": _data(card),
        "Training procedure": _procedure(card),
        "Evaluation": _evaluation(name, card, folder),
        "Compute": _compute(card),
        "How to use": _usage(name, card),
        "Citation and licence": _licence(card),
    }
    parts = [front_matter(name, card), f"# {name}", intro]
    for title, lines in sections.items():
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _details(name: str, card: dict[str, Any], folder: Path) -> Iterator[str]:
    labels = card["config"]["labels"]
    yield f"- Layers: {_layers(card)}"
    if hybrid := card.get("baseline_of"):
        yield f"- Baseline of `{hybrid}`, trained on the same data"
    yield f"- Classes ({len(labels)}): {', '.join(labels[:_MOST_CLASSES])}{', ...' * (len(labels) > _MOST_CLASSES)}"
    yield f"- Languages: {', '.join(languages(card)) or 'none'}"
    yield f"- Size: {card['parameters']:,} parameters, {size_on_disk(name, folder) / 1e6:.1f} MB"
    if "quantised" in card:
        yield f"- Stored in {card['quantised']['bits']} bits: {', '.join(card['quantised']['weights'])}; else in 16"
    yield f"- Weights: `{name}{WEIGHTS}`, sha256 of the model's tensors `{weights_digest(name, folder)}`"


def _layers(card: dict[str, Any]) -> str:
    config, photos = card["config"], card["modality"] == "image"
    cells = " and ".join(CELLS[cell].title for cell in config.get("recurrence", ()))
    attention = config["blocks"].count("attention")
    ways = "along rows and columns of the grid" if photos else "in both directions"
    return ", ".join(
        [
            "EfficientNet-Lite0" if photos else "token embedding",
            *([f"{cells} {ways}"] if cells else []),
            *([f"{attention} Transformer layer{'s' * (attention != 1)}"] if attention else []),
            f"{config.get('pooling', 'attention')} pooling",
            "linear head",
        ]
    )


def _uses(card: dict[str, Any]) -> Iterator[str]:
    kind = "photo" if card["modality"] == "image" else "text"
    yield (
        f"Direct use: classify a {kind} and look into how the prediction came about. The model is small and made to be "
        "explained, not to lead a leaderboard."
    )
    yield ""
    yield (
        "Out of scope: decisions about people, and inputs unlike the training data. The OOD score flags many of the "
        "latter, not all."
    )


def _risks(card: dict[str, Any]) -> Iterator[str]:
    if card.get("limits"):
        yield card["limits"]
        yield ""
    yield "The biases of the training data were not audited; the model repeats them."
    if "ood" in card:
        yield from detector_text(card["ood"])


def _data(card: dict[str, Any]) -> Iterator[str]:
    data, sets = card["data"], data_sets(training_files(card))
    yield table(
        ("data set", "citation", "licence"), [(source.title, source.citation, source.licence) for source in sets]
    )
    yield ""
    yield f"Files: {', '.join(training_files(card))}."
    if "rows" in data:
        yield (
            f"Of {data['rows']:,} rows {data['trained_on']:,} were trained on and {data['held_out']:,} held out; "
            f"{data['rejected_rows']:,} could not be read."
        )
    if data.get("left_out_rows"):
        yield f"Left out: {data['left_out_rows']:,} rows that a test set or another row repeats."
    if data.get("left_out_classes"):
        yield f"Left out classes: {', '.join(data['left_out_classes'])}."
    if data.get("unlabelled"):
        yield f"Read without labels: {data['unlabelled']:,} sentences."
    yield from _templates(data.get("again", data))


def _templates(data: dict[str, Any]) -> Iterator[str]:
    """Yield what a model learned of templates, and what else it learned again meanwhile so as not to lose it.

    Args:
        data: of the stage in which it did.
    """
    if "templates" not in data:
        return
    yield f"Made from templates, labelled by construction: {data['templates']:,} texts."
    if data.get("variants"):
        share = percent(data["variants"])
        yield f"Read with another end or a typo, too: {share} % of the rows and sentences of the same stage."


def _procedure(card: dict[str, Any]) -> Iterator[str]:
    data = card["data"]
    part = "CNN" if card["modality"] == "image" else "word vectors"
    yield from (f"- Pretrained {part}: {source.title}" for source in pretrained(card))
    if data.get("encoders"):
        yield f"- Recurrent encoders pretrained alone: {data['encoders'].replace('-', ' ')}"
    if "start" in data:
        yield f"- Started from `{data['start']['name']}`"
    if data.get("teacher"):
        yield f"- Teachers: {data['teacher']}"
    if "again" in data:
        again = data["again"]
        yield (
            f"- Then trained again on {again['trained_on']:,} of the rows, {again['unlabelled']:,} of the sentences "
            "and the texts from templates, with itself as it was before as teacher"
        )
    if "teacher" in card:
        yield f"- Teacher: {card['teacher']['name']}"
    if "tuning" in card:
        blocks, rate = card["tuning"]["blocks"], card["tuning"]["rate"]
        yield f"- Fine-tuned: the CNN's last {blocks} blocks, at {rate} of the learning rate"
    if recipe := card.get("hyperparameters", card.get("recipe")):  # the latter in cards of older versions
        yield f"- Hyperparameters: {', '.join(f'{key} {value}' for key, value in recipe.items())}"
    yield f"- Seeds: {seeds_summary(card)}"
    exponent = card.get("temperature_exponent", 0.0)
    yield f"- Temperature: {card['temperature']:.3f}{f', times (length / 64)^{exponent:.3f}' if exponent else ''}"
    yield "- Commands: in the card's JSON"


def _evaluation(name: str, card: dict[str, Any], folder: Path) -> Iterator[str]:
    yield (
        "Intervals are Wilson's, of 95 %. Epoch, seed and temperature were chosen on the held-out part, so its row "
        "flatters; training chooses nothing on a test. ECE has 15 bins."
    )
    yield ""
    yield test_table(card)
    if tests := card.get("teacher", {}).get("tests"):
        rows = [
            (title_of(test), percent(beside["agreement"]["share"]), f"{beside['agreement']['n']:,}")
            for test, beside in tests.items()
        ]
        yield ""
        yield table(("photos of", f"same answer as {card['teacher']['name']}, %", "n"), rows, "lrr")
    digest = weights_digest(name, folder)
    yield from _ablations(read_tests(name, digest))
    yield from _behaviour(behaviour.read(name), digest)


def _ablations(tests: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield what the model does without its parts, on each test on which that was measured."""
    for test, figures in tests.items():
        if "ablations" not in figures:
            continue
        yield ""
        right = percent(figures["accuracy"])
        yield f"What its parts do, on {title_of(test)} (n = {figures['n']:,}); as it is, {right} % are right:"
        yield ""
        rows = [
            (
                part.replace("_", " "),
                *(percent(ablated[key]) for key in ("accuracy", "changed")),
                f"{ablated['moved']:.3f}",
                f"{ablated['p']:.2g}",
            )
            for part, ablated in figures["ablations"].items()
        ]
        yield table(("intervention", "accuracy, %", "answers changed, %", "moved (TV)", "p (McNemar)"), rows, "lrrrr")
        idle = [part.replace("_", " ") for part, ablated in figures["ablations"].items() if ablated["changed"] < IDLE]
        if idle:
            yield ""
            yield f"Less than {IDLE:.0%} of the answers change by {', '.join(idle)}: those parts decide little."


def _behaviour(tested: dict[str, Any], digest: str) -> Iterator[str]:
    """Yield what the model fails of the behavioural tests, where these weights were tested."""
    if tested.get("model_sha256") != digest:
        return
    yield ""
    yield (
        "Behavioural tests (CheckList, Ribeiro et al. 2020; MFT: the answer is right, INV: a change does not matter, "
        "DIR: a stronger word weakens nothing) on texts made from templates:"
    )
    yield ""
    capabilities = tested["capabilities"].items()
    rows = [
        (f"{name}: {figures['about']}", figures["kind"], figures["n"], behaviour.rate(figures))
        for name, figures in capabilities
    ]
    yield table(("capability", "test", "n", "failures, %"), rows, "llrr")


def _compute(card: dict[str, Any]) -> Iterator[str]:
    if training := card.get("training"):
        machine = training.get("machine", "a machine that the card does not name")
        minutes = " and then ".join(str(training[key]) for key in ("minutes_before", "minutes") if key in training)
        yield f"{minutes} minutes on {machine}, for the shipped seed; teachers and pretraining not counted."
        yield ""
        yield "Energy was not measured."
    else:
        yield "Not recorded."


def _usage(name: str, card: dict[str, Any]) -> Iterator[str]:
    source = "photo.jpg" if card["modality"] == "image" else next(iter(card.get("examples", ())), "A text.")
    yield "```python"
    yield "from rnnformer_demo.analysis.service import predict"
    yield ""
    kind = "photo" if card["modality"] == "image" else "text"
    yield f"{kind} = {json.dumps(source, ensure_ascii=False)}"
    yield f'print(predict("{name}", {kind}).prediction.probabilities)'
    yield "```"


def _licence(card: dict[str, Any]) -> Iterator[str]:
    yield "Weights and card: Apache-2.0, RNNformer Demo."
    sources: list[Source] = [*pretrained(card), *data_sets(training_files(card))]
    yield ""
    for source in sources:
        cited = f": {source.citation}" if source.citation else ""
        yield f"- {source.title}{cited}. Licence: {source.licence}."
