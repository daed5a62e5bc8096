"""Hyperparameters of an optimisation, of fine-tuning a backbone, and of the run on this machine."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Fixed, Suppress

from ...data.seeds import LARGEST_SEED

PRECISION_NAMES = ("float32", "bfloat16")


def check_seeds(field: str, *seeds: int) -> None:
    """Raise a `ValueError` for a seed of a field that is out of range."""
    for seed in seeds:
        if not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"{field} must be from 0 to {LARGEST_SEED}, got {seed}")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Hyperparameters of one optimisation with AdamW."""

    epochs: int = 8  # passes over the data
    batch_size: int = 64  # rows per update
    learning_rate: float = 1e-3  # highest learning rate of AdamW
    weight_decay: float = 0.05  # of AdamW, on matrices only
    clip: float = 1.0  # norm to which gradients are clipped
    warmup: float = 0.05  # share of all updates over which the learning rate rises, 0-1
    label_smoothing: float = 0.05  # 0 to below 1
    precision: str = "float32"  # of the matrix products: float32, or bfloat16 where the processor multiplies it fast
    seed: Suppress[Fixed[int]] = 0  # of everything that is drawn; tasks of several seeds set it for each

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("learning_rate", "clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if self.precision not in PRECISION_NAMES:
            raise ValueError(f"precision must be one of {sorted(PRECISION_NAMES)}, got {self.precision!r}")
        check_seeds("seed", self.seed)


@dataclass(frozen=True, kw_only=True)
class SeededTrainingConfig(TrainingConfig):
    """Hyperparameters of one optimisation whose seed is a flag."""

    seed: int = 0  # of everything that is drawn


@dataclass(frozen=True, kw_only=True)
class DistillTrainingConfig(SeededTrainingConfig):
    """Hyperparameters of an optimisation that reads no labels."""

    label_smoothing: Suppress[Fixed[float]] = 0.05  # not used


@dataclass(frozen=True)
class FineTuneConfig:
    """Share of a backbone that is fine-tuned."""

    unfreeze: int = 0  # fine-tune the last N blocks of the backbone; efficientnet_lite0 has 5 above its finer grid
    backbone_lr_scale: float = 0.1  # their share of the learning rate, above 0 and at most 1

    def __post_init__(self):
        if self.unfreeze < 0:
            raise ValueError(f"unfreeze must be 0 or more, got {self.unfreeze}")
        if not 0 < self.backbone_lr_scale <= 1:
            raise ValueError(f"backbone_lr_scale must be above 0 and at most 1, got {self.backbone_lr_scale}")

    def as_card(self) -> dict:
        """Return the entry "tuning" of a card, under the keys that the shipped cards have."""
        return {"blocks": self.unfreeze, "rate": self.backbone_lr_scale}


FROZEN = FineTuneConfig()


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Run of a training on this machine: nothing here changes the weights."""

    resume: bool = False  # go on with an interrupted run; finished parts are not trained again
    overwrite: bool = False  # replace what bears the name already: a model, a detector, a run
    runs: Path = Path("runs")  # folder of resume files and caches
    threads: int | None = None  # processor threads (default: all)


DEFAULT_RUN = RunConfig()
