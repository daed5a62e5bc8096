"""The command `models`: the list of models, their cards, and the tables of README files."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .arguments import path


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    models = command("models", _models, "list the models, or print what the card of one says")
    form = models.add_mutually_exclusive_group()
    form.add_argument("model", metavar="NAME", nargs="?", help="print its tests, data, training and limits")
    form.add_argument("--markdown", action="store_true", help="print the tables of the README files")
    form.add_argument(
        "--write", type=path, metavar="FILE", nargs="+", help="put those tables in their places in each FILE"
    )
    form.add_argument("--write-cards", action="store_true", help="write NAME.md and the tables beside the checkpoints")
    form.add_argument("--upgrade", action="store_true", help="rewrite cards of older formats in the format of today")


def _models(options: argparse.Namespace) -> tuple[list | dict, str]:
    from ..checkpoints import cards
    from ..evaluation.reporting import card_text, readme

    if options.model:
        card = cards.read_card(options.model) | {"bytes": cards.size_on_disk(options.model)}
        return card, card_text.describe(options.model)
    if options.write_cards:
        return cards.list_models(), _write_cards(readme.readme_parts())
    if options.upgrade:
        changed = [name for name in cards.readable_cards() if cards.upgrade(name)]
        return cards.list_models(), "\n".join(f"{name} is rewritten." for name in changed) or "All cards are of today."
    models = cards.list_models()
    if options.markdown:
        return models, "\n\n".join(readme.marked(name, part) for name, part in _tables().items())
    if options.write:
        parts = _tables()
        places = {file: readme.fill(Path(file), parts) for file in options.write}
        return models, "\n".join(f"{file} is filled: {', '.join(names)}." for file, names in places.items())
    lines = [_line(model) for model in models]
    damaged = cards.damaged_cards()
    lines += [f"{name} is left out: {sentence}" for name, sentence in damaged.items()]
    models += [{"name": name, "error": sentence} for name, sentence in damaged.items()]
    return models, "\n".join(lines) or "There are no models: train one, see python -m rnnformer_demo train --help."


def _tables() -> dict[str, str]:
    """Return the parts of all README files, by the marker before which they stand."""
    from ..evaluation import explanations
    from ..evaluation.reporting import readme, study_tables

    return readme.readme_parts() | study_tables.readme_parts() | explanations.readme_parts()


def _line(model: dict[str, Any]) -> str:
    """Return a model of the list as one line."""
    test = model["metrics"].get("held_out", {})
    measured = f", {test['accuracy']:.1%} of {test['n']} held out" if {"accuracy", "n"} <= test.keys() else ""
    return (
        f"{model['name']}: {model['modality']}, {len(model['labels'])} labels, {model['parameters']:,} parameters, "
        f"{model['bytes'] / 1e6:.1f} MB{measured}"
    )


def _write_cards(parts: dict[str, str]) -> str:
    """Write the page of every model, and the tables of the folder's README.md where there is one."""
    from ..checkpoints.cards import default_folder
    from ..evaluation.reporting import model_card, readme

    written = model_card.write_cards()
    index = default_folder() / "README.md"
    if index.exists():
        readme.fill(index, parts)
        written.append(index)
    return "\n".join(f"{file} is written." for file in written)
