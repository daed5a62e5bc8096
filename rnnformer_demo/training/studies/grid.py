"""Tables of ablations: conditions times seeds, a row after each run, so that they can be interrupted."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from ...data import InputError
from ...models import Hybrid
from ..loop import Progress


class Named(Protocol):
    """A condition: what is changed against the hybrid, in words."""

    @property
    def name(self) -> str:
        """As it stands in the table."""


C = TypeVar("C", bound=Named)


def chosen(conditions: Iterable[C], only: Sequence[str]) -> list[C]:
    """Return the conditions whose names begin like one of `only`; all if that is empty.

    Raises:
        InputError: where there is none.
    """
    conditions = list(conditions)
    matching = [each for each in conditions if not only or each.name.startswith(tuple(only))]
    if not matching:
        raise InputError(f"There is no such condition: there is {'; '.join(each.name for each in conditions)}.")
    return matching


def fill_table(
    table: Path, conditions: Iterable[C], seeds: Sequence[int], measure: Callable[[C, int], dict]
) -> list[dict]:
    """Measure every condition with every seed and write a row of the table after each; rows that are there are kept.

    Args:
        measure: what was measured of a condition with a seed.

    Returns:
        All rows, each with its condition and its seed.
    """
    rows = json.loads(table.read_text(encoding="utf-8")) if table.exists() else []
    done = {(row["condition"], row["seed"]) for row in rows}
    for condition in conditions:
        for seed in seeds:
            if (condition.name, seed) in done:
                continue
            tqdm.write(f"{condition.name}, seed {seed}")
            rows.append({"condition": condition.name, "seed": seed, **measure(condition, seed)})
            table.parent.mkdir(parents=True, exist_ok=True)
            table.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", encoding="utf-8")
    return rows


def trained(model: Hybrid, history: Sequence[Progress]) -> dict:
    """Return the entries of every row about the model and its training."""
    return {
        "parameters": model.parameters_count,
        "core": sum(parameter.numel() for parameter in model.core.parameters()),
        "held_out": max(progress.accuracy for progress in history),
        "minutes": round(sum(progress.seconds for progress in history) / 60, 2),
    }


def folder_name(kind: str, condition: Named, seed: int) -> str:
    """Return the name of the folder of a run: of a condition with a seed."""
    return f"{kind}-{re.sub('[,:]', '', condition.name).replace(' ', '-')}-{seed}"
