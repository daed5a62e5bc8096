"""Confidence in the browser: tensors as the checkpoint has them, probabilities and scores as Python gives them."""

import pytest
import tiny
import torch
from modules import modules
from safetensors.torch import save

from rnnformer_demo.checkpoints import store
from rnnformer_demo.checkpoints.cards import CARD, WEIGHTS, default_folder, readable_cards
from rnnformer_demo.checkpoints.quantisation import pack, unpack
from rnnformer_demo.confidence.calibration import Temperature
from rnnformer_demo.confidence.ood import (
    EnergyDetector,
    ExposedDetector,
    KNNDetector,
    MahalanobisDetector,
    OODDetector,
    Thresholds,
)
from rnnformer_demo.nn.hooks import capture

WIDTHS = {"tokens": 7, "pooled": 5, "joint": 12, "texture": 4}
LENGTHS = (1, 2, 3, 5, 8, 40)
STEPPED = Thresholds((2, 4, 9), (1.5, 1.25, 0.75))
NUMBERS = torch.tensor([[0.0, -0.0, 1.5, -2.75], [6.1e-5, 5.96e-8, -65504.0, 1 / 3]])
TENSORS = {
    "half": NUMBERS.half(),
    "single": NUMBERS,
    "counts": torch.tensor([2**40, -3]),
    "flags": torch.tensor([True, False, True]),
    "nothing": torch.zeros(0, 3),
} | pack("narrow", torch.linspace(-3, 4, 12).reshape(3, 4))
READ = """async (name) => {
  const { readTensors, unpacked } = await import("/web/engine/safetensors.js");
  const bytes = new Uint8Array(await (await fetch(`/files/${name}`)).arrayBuffer());
  const plain = (tensors) => Object.fromEntries(
    Object.entries(tensors).map(([key, { shape, data }]) => [key, { shape, data: Array.from(data, Number) }]));
  try {
    const tensors = readTensors(bytes);
    return { stored: plain(tensors), unpacked: plain(unpacked(tensors)) };
  } catch (error) {
    return { error: error.message };
  }
}"""
CALIBRATE = """async (cases) => {
  const { Temperature } = await import("/web/engine/confidence.js");
  return cases.map(({ scale, exponent, logits, steps }) => {
    const temperature = new Temperature({ scale, exponent });
    return { at: temperature.at(steps), probabilities: temperature.probabilities(logits, steps) };
  });
}"""
SCORE = """async ({ card, tensors, inputs }) => {
  const { Detector } = await import("/web/engine/confidence.js");
  const detector = new Detector(card, tensors);
  return inputs.map(({ outputs, steps }) => detector.score(outputs, steps));
}"""
SCORE_SHIPPED = """async ({ name, outputs, steps }) => {
  const { Detector, OOD_PREFIX } = await import("/web/engine/confidence.js");
  const { readTensors, unpacked } = await import("/web/engine/safetensors.js");
  const [card, weights] = await Promise.all([fetch(`/files/${name}.json`), fetch(`/files/${name}.safetensors`)]);
  const bytes = new Uint8Array(await weights.arrayBuffer());
  const tensors = unpacked(readTensors(bytes, (key) => key.startsWith(OOD_PREFIX)));
  const detector = new Detector((await card.json()).ood, tensors);
  return { about: detector.about, score: detector.score(outputs, steps) };
}"""


def of_each_feature() -> list[str]:
    """For each feature the first of the shipped models whose detector measures it."""
    cards = readable_cards()
    return list({card["ood"]["feature"]: name for name, card in reversed(cards.items()) if "ood" in card}.values())


@pytest.fixture(scope="module")
def engine(browser):
    shipped = {
        f"{name}{end}": default_folder() / f"{name}{end}" for name in of_each_feature() for end in (CARD, WEIGHTS)
    }
    made = {
        "made": save(TENSORS),
        "unscaled": save({"narrow": TENSORS["narrow"]}),
        "odd": save({"odd": torch.ones(2).bfloat16()}),
    }
    with modules(browser, shipped | made) as engine:
        yield engine


def plain(tensors: dict[str, torch.Tensor], shape: str) -> dict[str, dict]:
    """Tensors as the page takes them."""
    return {name: {"data": each.float().flatten().tolist(), shape: list(each.shape)} for name, each in tensors.items()}


def outputs_of(length: int) -> dict[str, torch.Tensor]:
    """What passes the hook points of no model."""
    return {
        "tokens": torch.randn(1, length, WIDTHS["tokens"] - 1),
        "pooled": torch.randn(1, WIDTHS["pooled"]),
        "logits": 4 * torch.randn(1, 3),
        "texture": torch.randn(1, WIDTHS["texture"], 3, 5),
    }


def detectors() -> list[OODDetector]:
    """One of each kind and feature, with a plane and without."""
    distances = [EnergyDetector(STEPPED), KNNDetector(torch.randn(20, WIDTHS["pooled"]), STEPPED)]
    for feature, width in WIDTHS.items():
        parts = torch.randn(3, width), torch.randn(width, width), torch.rand(width) + 0.1
        distances.append(MahalanobisDetector(feature, *parts, Thresholds.constant(1.5)))
    planes = [
        ExposedDetector(distance, exposed, torch.randn(width + 1), STEPPED, Thresholds.constant(0.5))
        for distance, (exposed, width) in zip(distances, [*WIDTHS.items(), *WIDTHS.items()], strict=False)
    ]
    return [*distances, *planes]


def card_of(detector: OODDetector) -> dict:
    """The entry of a card."""
    card = {"feature": detector.feature, "threshold": detector.threshold.entry(), "signal": detector.about}
    if not isinstance(detector, ExposedDetector):
        return card
    return card | {
        "plane": {
            "feature": detector.exposed,
            "threshold": detector.beyond.entry(),
            "reach": detector.reach.entry(),
        }
    }


def test_tensors_are_read_as_they_were_stored(engine):
    read = engine.call(READ, "made")
    assert read["stored"] == plain(TENSORS, "shape")
    assert read["unpacked"] == plain(unpack(TENSORS), "shape")


@pytest.mark.parametrize(
    ("name", "message"),
    [("unscaled", "narrow must be a matrix with a scale for each row, got 3,4"), ("odd", "got BF16")],
)
def test_tensors_that_cannot_be_read_are_refused(engine, name, message):
    assert engine.call(READ, name)["error"].endswith(message)


def test_probabilities_are_calibrated_by_length_as_in_python(engine):
    cases = [
        {"scale": scale, "exponent": exponent, "logits": [5.0, -3.0, 0.25, 300.0][:classes], "steps": steps}
        for scale, exponent in ((1.0, 0.0), (1.376, -0.213))
        for classes, steps in ((2, 1), (3, 64), (4, 400))
    ]
    for case, found in zip(cases, engine.call(CALIBRATE, cases), strict=True):
        temperature, steps = Temperature(case["scale"], case["exponent"]), torch.tensor(case["steps"])
        assert found["at"] == pytest.approx(float(temperature.at(steps)), rel=1e-6)
        expected = temperature.probabilities(torch.tensor(case["logits"]), steps)
        assert found["probabilities"] == pytest.approx(expected.tolist(), abs=1e-6)


def test_every_detector_scores_as_in_python(engine):
    scores = []
    for detector in detectors():
        inputs = [(outputs_of(length), length) for length in LENGTHS]
        found = engine.call(
            SCORE,
            {
                "card": card_of(detector),
                "tensors": plain(detector.tensors(), "shape"),
                "inputs": [{"outputs": plain(outputs, "dims"), "steps": steps} for outputs, steps in inputs],
            },
        )
        expected = [detector.scores(outputs, tiny.mask_of([steps])).item() for outputs, steps in inputs]
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5), detector.about
        scores += found
    assert min(scores) < 1 < max(scores)


@pytest.mark.parametrize("name", of_each_feature())
def test_shipped_detectors_score_as_in_python(engine, name):
    checkpoint = store.load(name)
    inputs, mask = tiny.inputs(checkpoint.model, [17])
    with torch.no_grad(), capture(checkpoint.model) as captured:
        checkpoint.model(inputs, mask)
    needed = {key: captured[key] for key in ("tokens", "pooled", "logits", "texture") if key in captured}
    assert checkpoint.ood
    found = engine.call(SCORE_SHIPPED, {"name": name, "outputs": plain(needed, "dims"), "steps": int(mask.sum())})
    assert found["about"] == checkpoint.ood.about
    assert found["score"] == pytest.approx(
        checkpoint.ood.scores(tiny.as_arrays(captured), mask.numpy()).item(), rel=1e-3
    )
