"""Configs of what `train` does: frozen dataclasses, from whose fields and comments its flags and their help follow."""

from .data import CorpusConfig, ImageDataConfig, PretrainingDataConfig, TextDataConfig, UnlabelledImagesConfig
from .hyperparameters import (
    DEFAULT_RUN,
    FROZEN,
    DistillTrainingConfig,
    FineTuneConfig,
    RunConfig,
    SeededTrainingConfig,
    TrainingConfig,
)
from .model import DistillModelOptions, HybridOptions, ImageModelOptions, TextModelOptions
from .tasks import (
    TASKS,
    AblationsConfig,
    DistillConfig,
    EncodersConfig,
    ImageAblationsConfig,
    NBSVMConfig,
    OODConfig,
    SearchConfig,
    TeacherConfig,
    TrainImageConfig,
    TrainTextConfig,
)

__all__ = [
    "DEFAULT_RUN",
    "FROZEN",
    "TASKS",
    "AblationsConfig",
    "CorpusConfig",
    "DistillConfig",
    "DistillModelOptions",
    "DistillTrainingConfig",
    "EncodersConfig",
    "FineTuneConfig",
    "HybridOptions",
    "ImageAblationsConfig",
    "ImageDataConfig",
    "ImageModelOptions",
    "NBSVMConfig",
    "OODConfig",
    "PretrainingDataConfig",
    "RunConfig",
    "SearchConfig",
    "SeededTrainingConfig",
    "TeacherConfig",
    "TextDataConfig",
    "TextModelOptions",
    "TrainImageConfig",
    "TrainTextConfig",
    "TrainingConfig",
    "UnlabelledImagesConfig",
]
