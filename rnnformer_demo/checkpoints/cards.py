"""The cards of a folder of checkpoints: NAME.json beside NAME.safetensors and, for text, NAME.tokenizer.json."""

import hashlib
import json
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..confidence import OOD_TENSORS
from ..data import InputError
from ..data.normalisation import rules_for
from .aside import write_aside
from .card_schema import fault_of
from .migration import migrate_card, migrate_weight_names

FORMAT = 2
WEIGHTS, CARD, TOKENIZER = ".safetensors", ".json", ".tokenizer.json"  # after the name of a checkpoint
DIGEST = "weights_sha256"  # key of the card and of its entry of the detector
_READABLE_FORMATS = (1, FORMAT)
_NEEDED = {
    *("format", "modality", "config", "preprocessing", "temperature", "recorded"),  # to load the model
    *("parameters", "metrics", "data"),  # to list it
}
_SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
_BASELINES = ("lstm", "gru", "transformer", "cnn")  # as they follow their hybrid


def default_folder() -> Path:
    """Return `checkpoints/` beside the package, or the folder that RNNFORMER_CHECKPOINTS names."""
    named = os.environ.get("RNNFORMER_CHECKPOINTS")
    return Path(named) if named else _SHIPPED


def names(folder: Path | None = None) -> list[str]:
    """Return the names of the checkpoints in a folder, sorted; of those that RNNFORMER_MODELS names where it is set."""
    folder = folder or default_folder()
    files = set(os.listdir(folder)) if folder.is_dir() else set()
    offered = os.environ.get("RNNFORMER_MODELS", "").replace(",", " ").split()
    stems = (file.removesuffix(CARD) for file in files if file.endswith(CARD))
    return sorted(stem for stem in stems if stem + WEIGHTS in files and (not offered or stem in offered))


def read_card(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return the card of a checkpoint in the format of today, without loading its weights.

    A file that has not changed is read once; what the card holds is shared between callers, who must not change it.

    Raises:
        InputError: for a name that no checkpoint bears, and for a card that is damaged or of an unknown format.
    """
    folder = folder or default_folder()
    if name not in names(folder):
        others = ", ".join(names(folder)) or "none at all"
        raise InputError(f"There is no model {str(name)[:60]!r}: there is {others}.")
    path = folder / f"{name}{CARD}"
    try:
        status = path.stat()
        return dict(_parsed(path, status.st_mtime_ns, status.st_size, status.st_ino))
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=256)
def _parsed(path: Path, mtime_ns: int, size: int, inode: int) -> dict[str, Any]:
    """Return the card in a file; the other arguments tell a changed file from the one that was read."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # neither JSON nor UTF-8, or nested without end
        raise InputError(f"{path.name} is damaged: {error}.") from error
    if not isinstance(card, dict) or not card.keys() >= _NEEDED:
        raise InputError(f"{path.name} is damaged: it must have {', '.join(sorted(_NEEDED))}.")
    if card["format"] not in _READABLE_FORMATS:
        formats = " and ".join(map(str, _READABLE_FORMATS))
        raise InputError(f"{path.name} has format {card['format']}, this version reads {formats}: train it again.")
    if fault := fault_of(card):
        raise InputError(f"{path.name} is damaged at {fault}.")
    return migrate_card(card)


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write a card, one key a line: short enough to read, and a confusion matrix of 101 classes stays one line."""
    lines = [f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in card.items()]
    write_aside(path, "{\n" + ",\n".join(lines) + "\n}\n")


def write_tokenizer(path: Path, tokenizer: dict[str, Any]) -> None:
    """Write a tokenizer as the `tokenizers` library reads it."""
    write_aside(path, json.dumps(tokenizer, ensure_ascii=False) + "\n")


def preprocessing_of(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return the arguments of a checkpoint's reader: those in its card, and for text its tokenizer.

    Raises:
        InputError: see `read_card`; and for a tokenizer that is missing or damaged.
    """
    folder = folder or default_folder()
    card = read_card(name, folder)
    if card["modality"] != "text" or "tokenizer" in card["preprocessing"]:  # cards of format 1 hold it themselves
        return card["preprocessing"]
    path = folder / f"{name}{TOKENIZER}"
    try:
        tokenizer = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name}, the tokenizer of {name}, is missing or damaged: {error}.") from error
    if not isinstance(tokenizer, dict) or "model" not in tokenizer:
        raise InputError(f"{path.name} is damaged: it must be a tokenizer with a model.")
    return {"tokenizer": tokenizer} | card["preprocessing"]


def upgrade(name: str, folder: Path | None = None) -> bool:
    """Rewrite a card of an older format in the format of today, its tokenizer aside; the weights stay untouched.

    A text model without rules of normalisation is read by those of today: they are written into its card.

    Returns:
        True where the files changed.

    Raises:
        InputError: see `preprocessing_of`.
    """
    folder = folder or default_folder()
    path = folder / f"{name}{CARD}"
    card, before = read_card(name, folder), path.read_bytes()
    preprocessing = dict(preprocessing_of(name, folder))
    if tokenizer := preprocessing.pop("tokenizer", None):
        preprocessing.setdefault("normalisation", rules_for(tokenizer["model"]["vocab"]).to_dict())
        write_tokenizer(folder / f"{name}{TOKENIZER}", tokenizer)  # first: an interruption leaves a card that loads
    write_card(path, signed(name, card | {"preprocessing": preprocessing}, folder))
    return path.read_bytes() != before


def in_families(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the cards by name: each hybrid, then its baselines in the order of their kinds.

    Raises:
        InputError: see `read_card`.
    """
    return by_family({name: read_card(name, folder) for name in names(folder)})


def by_family(cards: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return cards by name in the order of `in_families`."""

    def place(name: str) -> tuple[str, int, str]:
        hybrid = cards[name].get("baseline_of")
        if hybrid not in cards:
            return name, -1, name
        kind = name.removeprefix(f"{hybrid}-")
        return hybrid, _BASELINES.index(kind) if kind in _BASELINES else len(_BASELINES), name

    return {name: cards[name] for name in sorted(cards, key=place)}


def signed(name: str, card: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a card with the digests of the weights, and of the detector's tensors, that lie in a folder now."""
    weights, detector = _digests_of(name, folder)
    ood = {"ood": card["ood"] | {DIGEST: detector}} if isinstance(card.get("ood"), dict) else {}
    return card | {DIGEST: weights} | ood


def check_weights(name: str, folder: Path | None = None) -> None:
    """Refuse weights that are not those that the card was written for; a card of an older version says nothing of them.

    Raises:
        InputError: where a byte is another one, or weights and card are of two savings.
    """
    folder = folder or default_folder()
    card = read_card(name, folder)
    said = (card.get(DIGEST), card.get("ood", {}).get(DIGEST))
    if any(one not in (None, there) for one, there in zip(said, _digests_of(name, folder), strict=True)):
        raise InputError(
            f"{name}{WEIGHTS} is damaged, or not the file that {name}{CARD} was written for: copy both anew, or go on "
            "with a training that was interrupted by --resume."
        )


def size_on_disk(name: str, folder: Path | None = None) -> int:
    """Return the bytes of a checkpoint's files: weights, card and tokenizer."""
    folder = folder or default_folder()
    files = (folder / f"{name}{suffix}" for suffix in (WEIGHTS, CARD, TOKENIZER))
    return sum(file.stat().st_size for file in files if file.exists())


def weights_digest(name: str, folder: Path | None = None) -> str:
    """Return the sha256 of a model's weights as they are stored; a file that has not changed is read once.

    The tensors of the out-of-distribution detector do not count: where one is fitted anew, what was measured of the
    model stays true of it. Of each other tensor, in the order of the names of today, a line with name, type and shape
    is hashed, then its bytes.

    Raises:
        InputError: for a file that is none of weights.
    """
    return _digests_of(name, folder or default_folder())[0]


def _digests_of(name: str, folder: Path) -> tuple[str, str]:
    """Return the digest of the weights, and that of the detector's tensors."""
    path = folder / f"{name}{WEIGHTS}"
    try:
        status = path.stat()
        return _digests(path, status.st_mtime_ns, status.st_size, status.st_ino)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:  # a header that is none
        raise InputError(f"{path.name} is damaged: {error}.") from error


@lru_cache(maxsize=256)
def _digests(path: Path, mtime_ns: int, size: int, inode: int) -> tuple[str, str]:
    return digests_of(path.read_bytes())


def digests_of(content: bytes) -> tuple[str, str]:
    """Return the digests of a safetensors file: of the weights, see `weights_digest`, and of the detector's tensors."""
    start = 8 + int.from_bytes(content[:8], "little")  # the length of the header, the header, then the tensors
    tensors = json.loads(content[8:start])
    weights, detector = hashlib.sha256(), hashlib.sha256()
    for key, about in sorted(migrate_weight_names(tensors).items()):
        if key != "__metadata__":
            hashed = detector if key.startswith(OOD_TENSORS) else weights
            first, end = about["data_offsets"]
            hashed.update(f"{key} {about['dtype']} {about['shape']}\n".encode())
            hashed.update(content[start + first : start + end])
    return weights.hexdigest(), detector.hexdigest()


def readable_cards(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the card of every checkpoint whose card can be read, by name; others are logged once."""
    cards, faults = _cards_and_faults(folder)
    for name, sentence in faults.items():
        _log_once(name, sentence)
    return cards


def damaged_cards(folder: Path | None = None) -> dict[str, str]:
    """Return what is wrong with each checkpoint whose card cannot be read, by name."""
    return _cards_and_faults(folder)[1]


def _cards_and_faults(folder: Path | None) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    cards, faults = {}, {}
    for name in names(folder):
        try:
            cards[name] = read_card(name, folder)
        except InputError as error:  # one bad card must not take the others along
            faults[name] = str(error)
    return cards, faults


@lru_cache(maxsize=256)
def _log_once(name: str, sentence: str) -> None:
    """Log a card that is left out; it would be read again for every visitor."""
    logging.getLogger(__name__).warning("%s is left out: %s", name, sentence)


def list_models(folder: Path | None = None) -> list[dict[str, Any]]:
    """Return the object that `models --json` gives: an entry for each of `readable_cards`."""
    return [entry(name, card, folder) for name, card in readable_cards(folder).items()]


def entry(name: str, card: dict[str, Any], folder: Path | None = None) -> dict[str, Any]:
    """Return a model's entry in a list of models."""
    return {
        "name": name,
        "modality": card["modality"],
        "labels": card["config"].get("labels", []),
        "parameters": card["parameters"],
        "bytes": size_on_disk(name, folder),
        "metrics": card["metrics"],
    }
