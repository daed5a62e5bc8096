"""The commands that a card records, so that a reader can rerun them: of the model and of the stages before it."""

import argparse
import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

_FILE = "command"
_SEEDS = re.compile(r" --seeds(?: \d+)+")
# Defaults that a recorded command leaves out.
_UNSAID = {
    "seeds": [0],
    "folds": 1,
    "encoder": "minilm",
    "unlabelled_limit": 100_000,
    "tuned_blocks": 0,
    "tuned_rate": 0.1,
}


def command_line(options: argparse.Namespace) -> str:
    """The command that trains the same model again, without what only concerns this run."""
    skipped = {"run", "kind", "json", "checkpoints", "resume", "runs", "threads"}
    parts = ["python -m rnnformer_demo train", options.kind]
    first = ("name", "data", "test")
    given = {key: getattr(options, key) for key in first if key in options} | vars(options)
    for key, value in given.items():
        if key in skipped or value is None or value is False or value in ([], "") or value == _UNSAID.get(key):
            continue
        values = value if isinstance(value, list) else [] if value is True else [value]
        parts.append(shlex.join(["--" + key.replace("_", "-"), *map(str, values)]))
    return " ".join(parts)


def with_seeds(command: str, seeds: Sequence[int]) -> str:
    """A recorded command with other seeds: models of several runs may have been trained one seed after the other."""
    other = [] if list(seeds) == _UNSAID["seeds"] else ["--seeds", *map(str, seeds)]
    return " ".join([_SEEDS.sub("", command), *other])


def same_but_seeds(command: str, other: str) -> bool:
    """Whether two recorded commands differ in nothing but their seeds."""
    return _SEEDS.sub("", command) == _SEEDS.sub("", other)


def keep_command(options: argparse.Namespace) -> None:
    """Beside what a stage leaves for another, for the card of the model that is made from it."""
    (Path(options.runs) / options.name / _FILE).write_text(command_line(options), encoding="utf-8")


def commands_of(stage: str, runs: Path) -> list[str]:
    """What made a stage of that name: the command that it left, or where models of one's own teach, their card's."""
    left = runs / stage / _FILE
    if left.exists():
        return [left.read_text(encoding="utf-8")]
    cards = sorted(runs.glob(f"{stage}-seed*/{stage}.json"))
    return commands_in(json.loads(cards[0].read_text(encoding="utf-8"))) if cards else []


def commands_in(card: dict) -> list[str]:
    """Those of a card, the earlier stages first."""
    return [*card.get("stages", ()), card["command"]]
