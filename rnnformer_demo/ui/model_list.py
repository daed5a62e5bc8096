"""List of models on the page, from the cards alone: their order, tasks and examples."""

from dataclasses import dataclass

from ..checkpoints.cards import entry, readable_cards
from ..nn.cells import CELLS

_OPENS_WITH = ("sentiment-en", "objects")  # come first where they are there


@dataclass(frozen=True)
class ModelEntry:
    """An entry of the list of models.

    Attributes:
        name: name of its checkpoint, which the streams get.
        modality: "text" or "image".
        labels: its classes.
        parameters: their number.
        bytes: size of its files.
        metrics: figures by the name of the test.
        made_of: its recurrences and its attention, "an LSTM alone".
        baseline_of: name of the listed hybrid beside which it was trained, or None.
        matched: true for a baseline about as large as its hybrid; the CNN alone is smaller.
        task: one sentence, or "" where the card says nothing.
        limits: inputs and uses that it is not for, likewise.
        examples: inputs to try, empty where the card names none.
    """

    name: str
    modality: str
    labels: tuple[str, ...]
    parameters: int
    bytes: int
    metrics: dict
    made_of: str
    baseline_of: str | None
    matched: bool
    task: str
    limits: str
    examples: tuple[str, ...]


def list_entries() -> list[ModelEntry]:
    """List every model that can be read: hybrids first, then their baselines, by name."""
    cards = readable_cards()
    return sorted((_entry(name, cards) for name in cards), key=_place)


def _entry(name: str, cards: dict[str, dict]) -> ModelEntry:
    card = cards[name]
    facts = entry(name, card)
    baseline_of = card["baseline_of"] if card.get("baseline_of") in cards else None
    # A baseline has the task of its hybrid: what its own card leaves out stands in that one's.
    card_of_both = (cards[baseline_of] if baseline_of else {}) | card
    return ModelEntry(
        name=facts["name"],
        modality=facts["modality"],
        labels=tuple(facts["labels"]),
        parameters=facts["parameters"],
        bytes=facts["bytes"],
        metrics=facts["metrics"],
        made_of=_made_of(card["config"]),
        baseline_of=baseline_of,
        matched=card["config"].get("pooling") != "mean",
        task=card_of_both.get("task", ""),
        limits=card_of_both.get("limits", ""),
        examples=tuple(card_of_both.get("examples", ())),
    )


def _place(model: ModelEntry) -> tuple[bool, bool, str, str]:
    hybrid = model.baseline_of or model.name
    return model.baseline_of is not None, hybrid not in _OPENS_WITH, hybrid, model.name


def _made_of(config: dict) -> str:
    cells = [CELLS[kind] for kind in config.get("recurrence", ())]
    parts = [f"{cell.article} {cell.title}" for cell in cells]
    if "attention" in config["blocks"]:
        parts.append("a Transformer")
    if not parts:
        return "the CNN alone" if config.get("pooling") == "mean" else "neither recurrence nor attention"
    return f"{parts[0]} alone" if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
