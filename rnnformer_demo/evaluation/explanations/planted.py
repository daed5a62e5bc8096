"""Planted evidence: small hybrids that are trained on noise in which one known token, or one known patch, decides. An
explanation that is faithful to such a model must rank it first.

Trained without dropout: it makes a small model lean on features that correlate with the evidence by chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data import Sample
from ...interpret.attribution import Explanation
from ...interpret.trust.stability import unit_scores
from ...models import Hybrid, build, config_from_dict, freeze
from .benchmark import Example, Measure, Parts

MEASURES = {"found": Measure("planted evidence ranked first", "share of inputs in which it alone scores highest")}
MODELS, INPUTS_PER_MODEL = 8, 16  # together at least 100 inputs, and not the luck of one training
TOKENS, VOCABULARY = 12, 50
KEY = VOCABULARY  # id of the token that decides
SIDE, STRIDE = 3, 32  # cells of a photo's side, pixels of a cell
_NOISE, _EVIDENCE = 0.1, 1.0
_SIZES = {
    "labels": ("absent", "present"),
    "width": 16,
    "units": 5,
    "heads": 2,
    "blocks": ("recurrent", "attention"),
    "dropout": 0.0,
}
_UPDATES, _BATCH, _RATE = 60, 32, 0.01
_LEARNT = 0.98  # accuracy from which a model knows the rule
Inputs = tuple[Tensor, Tensor, Tensor]  # inputs, labels (1 where the evidence is there), place of the evidence


@dataclass(frozen=True)
class Planted:
    """A model that knows the rule, and the function that draws inputs for it."""

    model: Hybrid
    draw: Callable[[int, torch.Generator], Inputs]


def draw_texts(count: int, generator: torch.Generator) -> Inputs:
    """Draw random ids (count, T); the key token stands somewhere in every second text."""
    ids = torch.randint(2, KEY, (count, TOKENS), generator=generator)
    labels, places = torch.arange(count) % 2, torch.randint(TOKENS, (count,), generator=generator)
    present = labels == 1
    ids[present, places[present]] = KEY
    return ids, labels, places


def draw_photos(count: int, generator: torch.Generator) -> Inputs:
    """Draw noise (count, 3, S, S); in every second photo one cell is redder than the others."""
    photos = _NOISE * torch.randn(count, 3, SIDE * STRIDE, SIDE * STRIDE, generator=generator)
    labels, places = torch.arange(count) % 2, torch.randint(SIDE * SIDE, (count,), generator=generator)
    cells = F.one_hot(places, SIDE * SIDE).view(count, 1, SIDE, SIDE) * labels.view(-1, 1, 1, 1)
    photos[:, :1] += _EVIDENCE * F.interpolate(cells.float(), scale_factor=STRIDE)
    return photos, labels, places


def _text_model() -> Hybrid:
    sizes = {"vocabulary": VOCABULARY + 1, "embedding": 12, "max_tokens": TOKENS, "word_dropout": 0.0}
    return build("text", config_from_dict("text", _SIZES | sizes))


def _image_model() -> Hybrid:
    """Make an image hybrid with a backbone whose cells do not overlap: the evidence then lies in one of them."""
    hybrid = build("image", config_from_dict("image", _SIZES | {"image_size": SIDE * STRIDE}))
    hybrid.backbone = nn.Sequential(nn.Conv2d(3, hybrid.core.width_in, STRIDE, STRIDE), nn.ReLU())
    return hybrid


BUILDERS = {"text": (_text_model, draw_texts), "image": (_image_model, draw_photos)}


def plant(modality: str, seed: int) -> Planted:
    """Train a small model in a second or two.

    Raises:
        RuntimeError: where it did not learn the rule, so that its explanations would prove nothing.
    """
    return plant_task(modality, seed, BUILDERS[modality][1], _UPDATES)


def plant_task(
    modality: str, seed: int, draw: Callable[[int, torch.Generator], Inputs], updates: int, rounds: int = 1
) -> Planted:
    """Train a small model on what a function draws: by so many updates, and again until it knows the rule.

    Args:
        rounds: how often at most.

    Raises:
        RuntimeError: where it did not learn the rule.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BUILDERS[modality][0]()
        optimizer = torch.optim.Adam(model.parameters(), _RATE)
        for _ in range(rounds):
            for _ in range(updates):
                _update(model.train(), optimizer, *draw(_BATCH, generator)[:2])
            right = _accuracy(model.eval(), *draw(4 * _BATCH, generator)[:2])
            if right >= _LEARNT:
                return Planted(freeze(model), draw)
    raise RuntimeError(f"the planted {modality} model of seed {seed} knows its rule in {right:.0%} of inputs only")


@torch.enable_grad()
def _update(model: Hybrid, optimizer: torch.optim.Optimizer, inputs: Tensor, labels: Tensor) -> None:
    optimizer.zero_grad()
    F.cross_entropy(model(inputs, _mask(model, inputs)), labels).backward()
    optimizer.step()


@torch.no_grad()
def _accuracy(model: Hybrid, inputs: Tensor, labels: Tensor) -> float:
    return (model(inputs, _mask(model, inputs)).argmax(-1) == labels).float().mean().item()


def planted_examples(modality: str, seed: int) -> Iterator[Example]:
    """Yield inputs with the evidence that no model was trained on: `INPUTS_PER_MODEL` for each of `MODELS` models."""
    for number in range(MODELS):
        model_seed = seed + number
        planted = plant(modality, model_seed)
        held_out = torch.Generator().manual_seed(1_000_000 + model_seed)
        inputs, labels, places = planted.draw(2 * INPUTS_PER_MODEL, held_out)
        for row in labels.nonzero().flatten().tolist():
            yield _example(planted.model, inputs[row : row + 1], int(places[row]), number)


def _mask(model: Hybrid, inputs: Tensor) -> Tensor:
    steps = inputs.shape[1] if model.grid is None else model.grid[0] * model.grid[1]
    return torch.ones(len(inputs), steps, dtype=torch.bool)


def sample_of(model: Hybrid, inputs: Tensor) -> Sample:
    """Return one input (1, ...) of a planted model as a sample, whose units are its tokens or cells."""
    mask = _mask(model, inputs)
    token_to_unit = torch.arange(mask.shape[1])
    units = token_to_unit[None]
    if model.grid is not None:
        units = token_to_unit.view(model.grid).repeat_interleave(STRIDE, 0).repeat_interleave(STRIDE, 1)[None, None]
    return Sample(
        inputs=inputs,
        mask=mask,
        feature_mask=units,
        token_to_unit=token_to_unit,
        unit_names=tuple(f"unit {number + 1}" for number in range(len(token_to_unit))),
        grid=model.grid,
        display=None,
    )


def _example(model: Hybrid, inputs: Tensor, place: int, number: int) -> Example:
    sample = sample_of(model, inputs)
    chance = 1 / len(sample.unit_names)

    def score(explanation: Explanation) -> Parts:
        scores = unit_scores(explanation, sample)
        others = torch.cat([scores[:place], scores[place + 1 :]])
        return {"found": (float(scores[place] > others.max()), 1.0)}

    return Example(model, sample, 1, score, {"chance": {"found": (chance, 1.0)}}, number)
