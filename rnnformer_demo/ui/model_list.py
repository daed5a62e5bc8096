"""The models as the page offers them: in which order, under which titles, with which examples. From the cards alone."""

from dataclasses import dataclass

from ..checkpoints.cards import entry, readable_cards
from ..nn.cells import CELLS

_OPENS_WITH = ("sentiment-en", "objects")  # come first where they are there


@dataclass(frozen=True)
class ModelEntry:
    """A model as a tab offers it.

    Attributes:
        name: of its checkpoint; what handlers get.
        modality: "text" or "image".
        labels: its classes.
        parameters: their number.
        bytes: of its files.
        metrics: figures by the name of the test.
        made_of: its recurrences and its attention, "an LSTM alone".
        baseline_of: name of the listed hybrid beside which it was trained, or None.
        matched: whether a rival was made as large as its hybrid; the CNN alone is not.
        task: one sentence, or "" where the card says nothing.
        limits: what it cannot do, likewise.
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

    @property
    def title(self) -> str:
        """What stands in the dropdown."""
        if self.baseline_of:
            return f"{self.name}: the same with {self.made_of}"
        return f"{self.name}: {self.task.rstrip('.')}" if self.task else self.name


def list_entries() -> list[ModelEntry]:
    """Every model that can be read: hybrids first, then their rivals, by name."""
    cards = readable_cards()
    return sorted((_offer(name, cards) for name in cards), key=_place)


def _offer(name: str, cards: dict[str, dict]) -> ModelEntry:
    card = cards[name]
    listed = entry(name, card)
    baseline_of = card["baseline_of"] if card.get("baseline_of") in cards else None
    # A rival has the task of its hybrid: what its own card leaves out stands in that one's.
    told = cards.get(baseline_of, {}) | card
    return ModelEntry(
        name=listed["name"],
        modality=listed["modality"],
        labels=tuple(listed["labels"]),
        parameters=listed["parameters"],
        bytes=listed["bytes"],
        metrics=listed["metrics"],
        made_of=_made_of(card["config"]),
        baseline_of=baseline_of,
        matched=card["config"].get("pooling") != "mean",
        task=told.get("task", ""),
        limits=told.get("limits", ""),
        examples=tuple(told.get("examples", ())),
    )


def _place(offer: ModelEntry) -> tuple:
    hybrid = offer.baseline_of or offer.name
    return offer.baseline_of is not None, hybrid not in _OPENS_WITH, hybrid, offer.name


def _made_of(config: dict) -> str:
    cells = [CELLS[kind] for kind in config.get("recurrence", ())]
    parts = [f"{cell.article} {cell.title}" for cell in cells]
    if "attention" in config["blocks"]:
        parts.append("a Transformer")
    if not parts:
        return "the CNN alone" if config.get("pooling") == "mean" else "neither recurrence nor attention"
    return f"{parts[0]} alone" if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
