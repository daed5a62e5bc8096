"""Training of the model of 1,000 classes: a hybrid that starts as EfficientNet-Lite0 and learns from it, on photos
without labels, to say of a photo in any view what its teacher says of the photo as a whole."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from ...checkpoints import store
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...evaluation.classification import short_path
from ...evaluation.metrics import fit_temperature
from ...models import config_to_dict, freeze
from ...models.backbones.registry import LITE0
from ...models.image import ImageConfig, ImageHybrid
from ..data.distill_data import CachedFeatures, DistillationData, joined, kd_loss
from ..data.image_data import image_reader
from ..data.imagenet import imagenet_labels
from ..data.unlabelled_images import open_pools
from ..loop import Progress, Recipe, fit
from ..pretrained.backbones import pretrained_lite0
from .finish import training_record
from .teacher_agreement import against_teacher, figures_of, labelled, same_answers

TEACHER = "EfficientNet-Lite0"
ALL_TESTS = "all tests"  # taken together: each alone has few photos whose class is known
ALL_BUT_HELD_OUT = "all but held out"  # with those that it learned from: of these, too, no label was used
LEAST_AGREEMENT = 0.99  # of the classifier in 8 bits with that in 16


def train(
    data: Sequence[str],
    name: str,
    config: ImageConfig,
    recipe: Recipe,
    command: str,
    views: int = 5,
    consistency: float = 0.5,
    softening: float = 2.0,
    more: dict | None = None,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Distils on cached features, selects by agreement with the teacher on held-out photos, calibrates, tests, saves.

    Args:
        data: folders or zips of photos; where these name classes that the model knows, the names serve to calibrate and
            to test, never to train.
        config: its labels, backbone and readout are replaced.
        views, consistency, softening: see `DistillationData`.
        more: further fields of the card.

    Raises:
        InputError: see `open_pools`; where nothing can be calibrated; where 8 bits are too few for the classifier.
    """
    if views < 2 or not 0 <= consistency <= 1 or softening <= 0:
        raise InputError("--views must be at least 2, --consistency from 0 to 1, --softening above 0.")
    pools = open_pools(data)
    torch.manual_seed(recipe.seed)
    model = starting_as_lite0(replace(config, labels=imagenet_labels(), backbone=LITE0, readout="cnn_head"))
    reader = image_reader(model.config)
    transfer = DistillationData(model, pools, reader, views, recipe.precision, runs / "features")
    if not (transfer.held_out.labels >= 0).any():
        raise InputError("No held-out photo is of a class that the model knows: add a set that names some.")
    tested = [transfer.tested(pool) for pool in pools if pool.parts["test"]]
    teacher = freeze(copy.deepcopy(model))
    history = _fit(model, transfer, recipe, consistency, softening, runs / name, command, resume)
    about = {
        **(more or {}),
        "data": {
            "file": ", ".join(map(short_path, data)),
            "rows": transfer.wanted,
            "rejected_rows": transfer.wanted - transfer.count,
            "trained_on": len(transfer.trained),
            "held_out": len(transfer.held),
            "views": views,
        },
        "distillation": {"consistency": consistency, "softening": softening},
        "command": command,
        **training_record(recipe, history),
        "metrics": {},
    }
    draft = store.save(name, model, reader, about, folder=runs / name / "draft")
    about["quantised"] = _gate(model, draft.model, [transfer.held_out, *tested])
    return _measured(draft, teacher, transfer, tested, about, folder)


def starting_as_lite0(config: ImageConfig) -> ImageHybrid:
    """A hybrid whose answers are those of EfficientNet-Lite0; what is Lite0's asks for no gradient.

    Raises:
        InputError: see `pretrained_lite0`.
    """
    published, model = pretrained_lite0(), ImageHybrid(config)
    model.backbone.load_state_dict(published.backbone.state_dict(), strict=True)
    for weights in model.backbone.parameters():
        weights.data = weights.data.half().float()  # as a checkpoint holds them: what is cached is what is served
    model.core.load_head(published.head[0], published.classifier)
    for part in (model.backbone, model.core.head_conv, model.core.head):
        part.requires_grad_(False)
    return model.eval()


def _fit(
    model: ImageHybrid,
    transfer: DistillationData,
    recipe: Recipe,
    consistency: float,
    softening: float,
    run_folder: Path,
    command: str,
    resume: bool,
) -> list[Progress]:
    """Train the part between backbone and classifier; an epoch's accuracy is agreement with the teacher's consensus."""
    consensus = transfer.consensus(softening)[transfer.held].argmax(-1)
    return fit(
        model.core,
        loss=kd_loss(model.classify_tokens, softening),
        batches=transfer.batches(recipe, consistency, softening),
        batches_per_epoch=-(-len(transfer.trained) // recipe.batch_size),
        accuracy=lambda: same_answers(transfer.held_out.logits(model).argmax(-1), consensus)["share"],
        recipe=recipe,
        run_folder=run_folder,
        config=config_to_dict(model.config) | {"command": command},
        resume=resume,
    )


def _gate(trained: ImageHybrid, stored: ImageHybrid, photos: Sequence[CachedFeatures]) -> dict:
    """How often the stored model answers as it would with its 8-bit weights in 16 bits.

    Raises:
        InputError: where that is too seldom.
    """
    sixteen = copy.deepcopy(stored)
    originals = dict(trained.named_parameters())
    for name, weights in sixteen.named_parameters():
        if name in stored.eight_bit_weights:
            weights.data = originals[name].data.half().float()
    answers = [
        torch.cat([seen.logits(model).argmax(-1) for seen in photos]) for model in (stored.eval(), sixteen.eval())
    ]
    agreement = same_answers(*answers)
    if agreement["share"] < LEAST_AGREEMENT:
        raise InputError(
            f"In 8 bits the classifier answers otherwise in {1 - agreement['share']:.1%} of {agreement['n']} photos: "
            f"at most {1 - LEAST_AGREEMENT:.0%} may."
        )
    return {"weights": list(stored.eight_bit_weights), "bits": 8, "agreement": agreement}


def _measured(
    draft: Checkpoint,
    teacher: ImageHybrid,
    transfer: DistillationData,
    tested: Sequence[CachedFeatures],
    about: dict,
    folder: Path | None,
) -> Checkpoint:
    """Calibrates on the held-out photos whose class is known, tests beside the teacher, and saves."""
    held_out, learned_from = transfer.held_out, transfer.learned_from
    steps = held_out.tokens.shape[1]
    logits, classes = labelled(held_out, held_out.logits(draft.model))
    temperature = fit_temperature(logits, classes, torch.full((len(classes),), steps))
    pairs = [(seen, seen.logits(draft.model), seen.logits(teacher)) for seen in (held_out, *tested)]
    of_tests = torch.cat([logits for _, logits, _ in pairs[1:]])
    unused = torch.cat([learned_from.logits(draft.model), of_tests])
    about["metrics"] = {
        seen.name: figures_of(seen, logits, temperature)
        for seen, logits in (
            *(pair[:2] for pair in pairs),
            (joined(ALL_TESTS, tested), of_tests),
            (joined(ALL_BUT_HELD_OUT, [learned_from, *tested]), unused),
        )
        if (seen.labels >= 0).any()
    }
    beside = {seen.name: against_teacher([pair]) for pair in pairs for seen in pair[:1]}
    about["teacher"] = {"name": TEACHER, "tests": beside | {ALL_TESTS: against_teacher(pairs[1:])}}
    return store.save(draft.name, draft.model, draft.reader, about, temperature, folder=folder)
