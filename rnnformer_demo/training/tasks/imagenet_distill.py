"""Training of the model of 1,000 classes: a hybrid that starts as EfficientNet-Lite0 and learns from it, on photos
without labels, to say of a photo in any view what its teacher says of the photo as a whole."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import nn

from ...checkpoints import store
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...evaluation.metrics import fit_temperature
from ...models import ImageConfig, config_to_dict, freeze
from ...models.backbones.registry import LITE0
from ...models.image import ImageHybrid
from ...models.residual_head import ResidualHeadCore
from ..config import DEFAULT_RUN, DistillConfig, RunConfig
from ..data.image_data import ImageData, image_reader
from ..data.imagenet import imagenet_labels
from ..data.unlabelled_images import open_pools
from ..loop import Progress, fit
from ..preflight import check_before
from ..pretrained.backbones import pretrained_lite0
from ..recipes import recipe_record, stage_of
from ..teachers.image_targets import CachedFeatures, ImageTargets, features_of_test, joined, kd_loss
from .finish import about_model, training_record
from .shape import image_config
from .teacher_agreement import against_teacher, figures_of, labelled, same_answers

TEACHER = "EfficientNet-Lite0"
ALL_TESTS = "all tests"  # taken together: each alone has few photos whose class is known
ALL_BUT_HELD_OUT = "all but held out"  # with those that it learned from: of these, too, no label was used
LEAST_AGREEMENT = 0.99  # of the classifier in 8 bits with that in 16


def train(
    config: DistillConfig, run: RunConfig = DEFAULT_RUN, about: dict | None = None, folder: Path | None = None
) -> Checkpoint:
    """Distil on cached features, select by agreement with the teacher on held-out photos, calibrate, test, save.

    Args:
        config: where the photos name classes that the model knows, the names serve to calibrate and to test, never to
            train.
        run: resume; folder of the runs.
        about: further fields of the card.
        folder: of the checkpoint.

    Raises:
        InputError: see `check_before` and `open_pools`; where nothing can be calibrated; where 8 bits are too few for
            the classifier.
    """
    check_before(config, run, folder)
    pools, training = open_pools(config.data.data), config.training
    recipe, run_folder = recipe_record(config, run.runs), run.runs / config.name
    torch.manual_seed(training.seed)
    shape = image_config(config.model)
    model = starting_as_lite0(replace(shape, labels=imagenet_labels(), backbone=LITE0, readout="cnn_head"))
    reader = image_reader(model.config)
    data = ImageData.unlabelled(pools, model.config.labels, config.data, run.runs)
    targets = ImageTargets(data, model, reader, training.precision)
    if not (targets.held_out.labels >= 0).any():
        raise InputError("No held-out photo is of a class that the model knows: add a set that names some.")
    cache = run.runs / "features"
    tests = [features_of_test(pool, model, reader, cache) for pool in pools if pool.parts["test"]]
    teacher = copy.deepcopy(model)
    freeze(teacher)
    history = _fit(model, targets, config, run_folder, run.resume)
    card = {
        **about_model(config, about),
        "data": data.about(),
        "distillation": {"consistency": config.consistency, "temperature": config.temperature},
        "recipe": recipe,
        **training_record(training, history),
        "metrics": {},
    }
    draft = store.save(config.name, model, reader, card, folder=run_folder / "draft")
    card["quantised"] = _gate(model, cast(ImageHybrid, draft.model), [targets.held_out, *tests])
    return _measure(draft, teacher, targets, tests, card, folder)


def starting_as_lite0(config: ImageConfig) -> ImageHybrid:
    """Return a hybrid whose answers are those of EfficientNet-Lite0; what is Lite0's asks for no gradient.

    Raises:
        InputError: see `pretrained_lite0`.
    """
    published, model = pretrained_lite0(), ImageHybrid(config)
    model.backbone.load_state_dict(published.backbone.state_dict(), strict=True)
    for weights in model.backbone.parameters():
        weights.data = weights.data.half().float()  # as a checkpoint holds them: what is cached is what is served
    core = cast(ResidualHeadCore, model.core)
    core.load_head(cast(nn.Conv2d, published.head[0]), published.classifier)
    for part in (model.backbone, core.head_conv, core.head):
        part.requires_grad_(False)
    return model.eval()


def _fit(
    model: ImageHybrid, targets: ImageTargets, config: DistillConfig, run_folder: Path, resume: bool
) -> list[Progress]:
    """Train what lies between backbone and classifier; an epoch's accuracy is agreement with the teacher's
    consensus."""
    consensus = targets.consensus(config.temperature)
    held_out = [index for index in range(len(consensus)) if index not in set(targets.training)]
    expected = consensus[held_out].argmax(-1)
    return fit(
        model.core,
        loss=kd_loss(model.classify_tokens, config.temperature),
        batches=targets.batches(config.training, config.consistency, config.temperature),
        batches_per_epoch=-(-len(targets.training) // config.training.batch_size),
        accuracy=lambda: same_answers(targets.held_out.logits(model).argmax(-1), expected)["share"],
        training=config.training,
        run_folder=run_folder,
        config=config_to_dict(model.config) | {"recipe": stage_of(config)},
        resume=resume,
    )


def _gate(trained: ImageHybrid, stored: ImageHybrid, photos: Sequence[CachedFeatures]) -> dict:
    """Return the share of photos that the stored model classifies as it would with its 8-bit weights in 16 bits.

    Raises:
        InputError: where that is too seldom.
    """
    sixteen = copy.deepcopy(stored)
    originals = dict(trained.named_parameters())
    for name, weights in sixteen.named_parameters():
        if name in stored.eight_bit_weights:
            weights.data = originals[name].data.half().float()
    answers = [
        torch.cat([part.logits(model).argmax(-1) for part in photos]) for model in (stored.eval(), sixteen.eval())
    ]
    agreement = same_answers(*answers)
    if agreement["share"] < LEAST_AGREEMENT:
        raise InputError(
            f"In 8 bits the classifier answers otherwise in {1 - agreement['share']:.1%} of {agreement['n']} photos: "
            f"at most {1 - LEAST_AGREEMENT:.0%} may."
        )
    return {"weights": list(stored.eight_bit_weights), "bits": 8, "agreement": agreement}


def _measure(
    draft: Checkpoint,
    teacher: ImageHybrid,
    targets: ImageTargets,
    tests: Sequence[CachedFeatures],
    about: dict,
    folder: Path | None,
) -> Checkpoint:
    """Calibrate on the held-out photos whose class is known, test beside the teacher, and save."""
    model = cast(ImageHybrid, draft.model)
    held_out, learned_from = targets.held_out, targets.learned_from
    steps = held_out.tokens.shape[1]
    logits, classes = labelled(held_out, held_out.logits(model))
    temperature = fit_temperature(logits, classes, torch.full((len(classes),), steps))
    pairs = [(part, part.logits(model), part.logits(teacher)) for part in (held_out, *tests)]
    of_tests = torch.cat([logits for _, logits, _ in pairs[1:]])
    unused = torch.cat([learned_from.logits(model), of_tests])
    about["metrics"] = {
        part.name: figures_of(part, logits, temperature)
        for part, logits in (
            *(pair[:2] for pair in pairs),
            (joined(ALL_TESTS, tests), of_tests),
            (joined(ALL_BUT_HELD_OUT, [learned_from, *tests]), unused),
        )
        if (part.labels >= 0).any()
    }
    beside = {part.name: against_teacher([pair]) for pair in pairs for part in pair[:1]}
    about["teacher"] = {"name": TEACHER, "tests": beside | {ALL_TESTS: against_teacher(pairs[1:])}}
    return store.save(draft.name, draft.model, draft.reader, about, temperature, folder=folder)
