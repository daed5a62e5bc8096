"""One config for each task of `train`: what is trained, on which data, with which hyperparameters."""

from dataclasses import dataclass, field

from ...data.tables import TableOptions
from .data import (
    CorpusConfig,
    ImageDataConfig,
    PretrainingDataConfig,
    TextDataConfig,
    UnlabelledImagesConfig,
)
from .hyperparameters import (
    FROZEN,
    DistillTrainingConfig,
    FineTuneConfig,
    SeededTrainingConfig,
    TrainingConfig,
    check_seeds,
)
from .model import DistillModelOptions, ImageModelOptions, TextModelOptions


@dataclass(frozen=True, kw_only=True)
class TrainTextConfig:
    """Train a hybrid on labelled texts."""

    name: str  # of the model
    data: TextDataConfig
    test: tuple[str, ...] = ()  # data sets to test the result on; nothing is chosen on them
    baseline: str | None = None  # lstm, gru or transformer: with as many parameters as the hybrid described
    seeds: tuple[int, ...] = (0,)  # a model each; the best on the held-out part is kept
    max_window: int | None = None  # tokens of a text that an epoch reads at most, drawn anew each time
    encoders: str | None = None  # start from pretrained encoders, see train encoders
    card_text: str | None = None  # JSON file with task, limits and examples for the card
    model: TextModelOptions = field(default_factory=TextModelOptions)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self):
        check_seeds("seeds", *self.seeds)


@dataclass(frozen=True, kw_only=True)
class TrainImageConfig:
    """Train a hybrid on labelled photos."""

    name: str  # of the model
    data: ImageDataConfig
    test: tuple[str, ...] = ()  # data sets to test the result on; nothing is chosen on them
    baseline: str | None = None  # lstm, gru, transformer: as many parameters; cnn: mean pooling and a linear layer
    seeds: tuple[int, ...] = (0,)  # a model each; the best on the held-out part is kept
    card_text: str | None = None  # JSON file with task, limits and examples for the card
    fine_tune: FineTuneConfig = FROZEN
    model: ImageModelOptions = field(default_factory=ImageModelOptions)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self):
        check_seeds("seeds", *self.seeds)


@dataclass(frozen=True, kw_only=True)
class DistillConfig:
    """Distil EfficientNet-Lite0, 1,000 classes, into a hybrid that starts as it, on photos without labels."""

    name: str  # of the model
    data: UnlabelledImagesConfig
    consistency: float = 0.5  # share of the teacher's consensus over views in the targets, 0-1
    temperature: float = 2.0  # of the teacher's and the student's probabilities, above 0
    card_text: str | None = None  # JSON file with task, limits and examples for the card
    model: DistillModelOptions = field(default_factory=DistillModelOptions)
    training: DistillTrainingConfig = field(default_factory=DistillTrainingConfig)

    def __post_init__(self):
        if self.data.views < 2:
            raise ValueError(f"views must be at least 2, got {self.data.views}")
        if not 0 <= self.consistency <= 1:
            raise ValueError(f"consistency must be from 0 to 1, got {self.consistency}")
        if self.temperature <= 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")


@dataclass(frozen=True, kw_only=True)
class TeacherConfig:
    """Fine-tune a pretrained encoder on labelled texts, for --teacher."""

    name: str  # of the teacher
    data: CorpusConfig
    encoder: str = "minilm"  # all-MiniLM-L6-v2; or e5: multilingual-e5-small
    max_tokens: int = 128  # of a longer text every pass reads as many successive tokens, drawn anew
    training: SeededTrainingConfig = field(default_factory=SeededTrainingConfig)


@dataclass(frozen=True, kw_only=True)
class NBSVMConfig:
    """Fit a linear model of n-grams of characters to labelled texts of two classes, for --teacher."""

    name: str  # of the teacher
    data: CorpusConfig
    longest: int = 3  # characters of an n-gram at most
    strength: float = 0.03  # C of the regression, the inverse of its regularisation
    folds: int = 1  # fit so many; each leaves a part of the texts out, and teaches of nothing else

    def __post_init__(self):
        if self.longest < 1 or self.folds < 1 or self.strength <= 0:
            values = f"{self.longest}, {self.folds} and {self.strength}"
            raise ValueError(f"longest and folds must be at least 1 and strength above 0, got {values}")


@dataclass(frozen=True, kw_only=True)
class EncodersConfig:
    """Pretrain the LSTM and the GRU of a text hybrid, each on its own, or a Transformer, for --encoders."""

    name: str  # of the encoders
    data: PretrainingDataConfig
    objective: str = "language-model"  # language-model; masked-language-model, of attention; or task: the labels
    baseline: str | None = None  # lstm, gru or transformer: the encoder of this baseline
    max_window: int | None = None  # tokens of a text that an epoch reads at most, drawn anew each time
    model: TextModelOptions = field(default_factory=TextModelOptions)
    training: SeededTrainingConfig = field(default_factory=SeededTrainingConfig)


@dataclass(frozen=True, kw_only=True)
class OODConfig:
    """Fit an out-of-distribution detector to a trained model and write it into its checkpoint.

    Of photos, sets may also be drawn: made:noise, made:screenshots, made:drawings, made:patterns. Classes of photos
    that training left out, or that a distilled model has no name for, are another kind: those in `data` are to choose a
    detector on, those in `in_distribution` to test it on. Of all that is to choose on, half is shown to the detectors.
    A set of photos may be named to choose on and to test on: where it has no splits, each reads another half.
    """

    name: str  # of the model
    data: tuple[str, ...]  # what it was trained on
    in_distribution: tuple[str, ...]  # tests of the same kind
    exclude_texts: tuple[str, ...] = ()  # files whose texts are left out of the data
    exclude_classes: tuple[str, ...] = ()  # classes of photos that training left out
    never_shown: tuple[str, ...] = ()  # of these, classes only to test on: none is shown or chosen on
    selection_ood: tuple[str, ...] = ()  # sets of other kinds, to choose a detector on
    far_ood: tuple[str, ...] = ()  # sets of other kinds, to test it on
    near_ood: tuple[str, ...] = ()  # sets of kinds that are almost its own, to test it on
    known_classes: tuple[str, ...] = ()  # classes of photos in those sets that the model knows by another name
    elsewhere: tuple[str, ...] = ()  # labelled texts that no model saw, to tell what a flag is worth
    touched: tuple[str, ...] = ()  # names of tests whose figures were in view when settings were made
    table: TableOptions = field(default_factory=TableOptions)  # of `data` and `in_distribution`
    shuffled: bool = False  # near OOD: the in-distribution texts with their words in random order


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Search hidden size, hidden layers, dropout and learning rate on held-out data."""

    name: str  # of the study
    data: PretrainingDataConfig
    trials: int = 20  # how many in all
    max_window: int | None = None  # tokens of a text that an epoch reads at most, drawn anew each time
    table: str | None = None  # file of the results (default: in training/results)
    model: TextModelOptions = field(default_factory=TextModelOptions)
    training: SeededTrainingConfig = field(default_factory=SeededTrainingConfig)


@dataclass(frozen=True, kw_only=True)
class AblationsConfig:
    """Measure what each part of a text hybrid contributes, over several seeds."""

    data: PretrainingDataConfig
    test: str  # labelled texts to test on; nothing is chosen on them
    long: str  # longer texts of the same task to test on
    teacher: tuple[str, ...] = ()  # teachers of the distilled models, see train teacher
    seeds: tuple[int, ...] = (0, 1, 2)  # a model each
    only: tuple[str, ...] = ()  # beginnings of the conditions' names; all if none
    table: str | None = None  # file of the results (default: in training/results)
    model: TextModelOptions = field(default_factory=TextModelOptions)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self):
        check_seeds("seeds", *self.seeds)


@dataclass(frozen=True, kw_only=True)
class ImageAblationsConfig:
    """Measure what each part of an image hybrid contributes on a frozen backbone, over several seeds."""

    data: ImageDataConfig
    test: str  # labelled photos to test on; nothing is chosen on them
    seeds: tuple[int, ...] = (0, 1, 2)  # a model each
    only: tuple[str, ...] = ()  # beginnings of the conditions' names; all if none
    table: str | None = None  # file of the results (default: in training/results)
    model: ImageModelOptions = field(default_factory=ImageModelOptions)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self):
        check_seeds("seeds", *self.seeds)


TASKS = {
    "text": TrainTextConfig,
    "image": TrainImageConfig,
    "imagenet-distill": DistillConfig,
    "teacher": TeacherConfig,
    "nbsvm": NBSVMConfig,
    "encoders": EncodersConfig,
    "ood": OODConfig,
    "search": SearchConfig,
    "ablations": AblationsConfig,
    "image-ablations": ImageAblationsConfig,
}
