"""Cards of models that nobody trained."""

import json
from pathlib import Path

from rnnformer_demo.checkpoints import cards


def results(accuracy: float, classes: int = 2, **more: object) -> dict:
    """Those of a test."""
    return {
        "n": 1000,
        "accuracy": accuracy,
        "interval": [accuracy - 0.02, accuracy + 0.01],
        "macro_f1": 0.5,
        "ece": 0.012,
        "ece_before_scaling": 0.034,
        "confusion": [[700 + row] * classes for row in range(classes)],
        **more,
    }


def write(folder: Path, name: str, classes: int = 2, **more: object) -> None:
    """Writes a card, and beside it weights that nobody reads."""
    card = {
        "format": cards.FORMAT,
        "name": name,
        "modality": "text",
        "config": {"labels": [f"class {number}" for number in range(classes)]},
        "preprocessing": {},
        "temperature": 1.5,
        "recorded": {},
        "parameters": 1_234_567,
        "metrics": {"held_out": results(0.9, classes), "sst2 dev": results(0.87, classes)},
        "data": {"file": "a/b.tsv", "rows": 2000, "rejected_rows": 3, "trained_on": 1800, "held_out": 200},
        "command": f"python -m rnnformer_demo train text --name {name}",
        **more,
    }
    (folder / f"{name}.json").write_text(json.dumps(card), encoding="utf-8")
    header = b"{}"
    weights = len(header).to_bytes(8, "little") + header
    (folder / f"{name}.safetensors").write_bytes(weights.ljust(1_000_000, b"0"))


SEEDS = [
    {"seed": seed, "held_out": 0.9 + seed / 100, "tests": {"sst2 dev": 0.86 + seed / 100}, "shipped": seed == 2}
    for seed in range(3)
]


OOD = {
    "signal": "energy",
    "threshold": 1.2345,
    "recall": 0.95,
    "n": 800,
    "by_length": [{"from": 1, "flagged": 0.055, "n": 200}, {"from": 2, "flagged": 0.01, "n": 600}],
    "auroc": {
        "news": {"auroc": 0.98, "n_in": 800, "n_out": 500, "kind": "far"},
        "reviews of phones": {"auroc": 0.75, "n_in": 800, "n_out": 400, "kind": "near"},
        "Chinese": {"auroc": 0.99, "n_in": 800, "n_out": 300, "kind": "far"},
    },
}


def write_family(folder: Path) -> None:
    """Write the cards of a hybrid with all that a card can say, of its baselines, and of models that say the least."""
    training = {"minutes": 12.5, "machine": "A processor, 2 cores, 1 thread, bfloat16"}
    full = {"task": "Taste.", "limits": "It knows two tastes.", "seeds": SEEDS, "ood": OOD, "training": training}
    write(folder, "tea", **full)
    for kind in ("transformer", "gru", "lstm"):
        write(folder, f"tea-{kind}", baseline_of="tea", limits="It knows two tastes.")
    write(folder, "orphan", baseline_of="gone")
    write(folder, "many", classes=21)
