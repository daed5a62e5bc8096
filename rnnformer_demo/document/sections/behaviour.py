"""The sections `prefixes` and `interventions`: what the model says of parts of the input, and without its parts."""

from dataclasses import dataclass

from ..arrays import Array


@dataclass(frozen=True)
class Trajectory:
    """Predictions on growing parts of the input, along one scan.

    Attributes:
        scan: such as "from the start" or "rows from the top".
        names: of the word or line that each part read last.
        positions: number of words or lines of each part; the last part is the whole input.
        probabilities: (parts, C), calibrated for the length of each part.
        flips: indices of the parts at which the label becomes another one.
        stable_from: index of the part from which on the label stays what it is in the end.
        left_out: a sentence where only some of the parts were run; else "".
    """

    scan: str
    names: tuple[str, ...]
    positions: tuple[int, ...]
    probabilities: Array
    flips: tuple[int, ...]
    stable_from: int
    left_out: str = ""


@dataclass(frozen=True)
class Interventions:
    """The prediction with attention or the recurrence made useless (Jain & Wallace 2019).

    Attributes:
        target: the class whose probability is followed.
        probability: of that class, 0-1, by intervention; "as it is" is the model's own, of permutations the mean.
        total_variation: how far the whole output moves, 0-1, by intervention; of permutations the median.
        seed: of the permutations.
    """

    target: str
    probability: dict[str, float]
    total_variation: dict[str, float]
    seed: int
