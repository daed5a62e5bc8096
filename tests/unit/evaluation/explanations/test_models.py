"""Ground truth that comes from models: evidence planted in them, weights drawn anew; and how results are kept."""

import json

import pytest
import tiny
import torch
import truth
from truth import REVIEWS, TREES

from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.explanations import citation, load_results, markdown, planted, randomisation, write
from rnnformer_demo.evaluation.explanations.benchmark import Example, ScoreAccumulator
from rnnformer_demo.evaluation.explanations.journal import Journal
from rnnformer_demo.interpret.attribution import Explanation

FINDERS = ("integrated-gradients", "occlusion")


@pytest.fixture(scope="module")
def tallied() -> dict[str, dict]:
    """What two methods and the random control find in one model of each modality."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planted, "MODELS", 1)
        patch.setattr(planted, "INPUTS_PER_MODEL", 8)
        methods = [*FINDERS, "random"]
        for modality in planted.BUILDERS:
            accumulator = ScoreAccumulator(tuple(planted.MEASURES), 0, Journal(None))
            for number, example in enumerate(planted.planted_examples(modality, seed=0)):
                accumulator.add(example, methods, number)
            found[modality] = accumulator.figures()
    return found


@pytest.mark.parametrize("method", FINDERS)
def test_planted_evidence_is_found(tallied, modality, method):
    figures = tallied[modality]["methods"][method]["measures"]["found"]
    assert figures["n"] == 8
    assert figures["value"] == 1.0


def test_the_random_control_finds_it_at_chance(tallied, modality):
    chance = tallied[modality]["references"]["chance"]["measures"]["found"]["value"]
    assert chance == pytest.approx({"text": 1 / 12, "image": 1 / 9}[modality])
    low, high = tallied[modality]["methods"]["random"]["measures"]["found"]["interval"]
    assert low <= chance <= high


def test_planted_inputs_hold_the_evidence_where_they_say(modality):
    _, draw = planted.BUILDERS[modality]
    inputs, labels, places = draw(8, torch.Generator().manual_seed(0))
    assert labels.tolist() == [0, 1] * 4
    if modality == "text":
        found = (inputs == planted.KEY).nonzero().tolist()
    else:
        cells = torch.nn.functional.avg_pool2d(inputs[:, 0], planted.STRIDE).flatten(1)
        found = (cells > 0.5).nonzero().tolist()
    assert found == [[row, int(places[row])] for row in (1, 3, 5, 7)]


def test_a_model_that_has_not_learnt_its_rule_is_refused(monkeypatch):
    monkeypatch.setattr(planted, "_UPDATES", 0)
    with pytest.raises(RuntimeError, match="planted text model of seed 3"):
        planted.plant("text", 3)


def test_weights_are_drawn_anew_from_the_head_down(modality, model):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    copies = randomisation.randomised(model, 1, fresh=lambda: tiny.model(modality, seed=5))
    drawn = tiny.model(modality, seed=5).state_dict()
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    kept = set(before)
    for stage, copy in copies.items():
        weights = copy.state_dict()
        still = {name for name in before if torch.equal(weights[name], before[name])}
        assert still <= kept, stage
        kept = still
    assert all(
        torch.equal(copies["input"].state_dict()[name], drawn[name]) for name in drawn if "weight_hh" not in name
    )
    assert not copies["input"].training
    head = copies["head"].state_dict()
    assert [name for name in before if not torch.equal(head[name], before[name])] == [
        "core.head.1.weight",
        "core.head.1.bias",
    ]


def test_the_same_seed_draws_the_same_weights_and_leaves_the_generator_alone():
    model = tiny.model("text")
    state = torch.get_rng_state()
    first, second = (randomisation.randomised(model, 7)["input"].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("method", "verdict", "expected"), [("position", "fails", 1.0), ("flat", "undefined", None)])
def test_a_method_that_shows_the_input_alone_fails(modality, model, sample, monkeypatch, method, verdict, expected):
    made = {"position": torch.arange(9.0), "flat": torch.ones(9)}[method]
    monkeypatch.setattr(randomisation, "explain_as", lambda *_, **__: Explanation(method, 1, made, None))
    examples = [Example(model, sample, 1, lambda explanation: {}, {})] * 2
    found = randomisation.randomisation(model, examples, [method], 0, fresh=lambda: tiny.model(modality, seed=5))
    assert found["methods"][method]["verdict"] == verdict
    figures = found["methods"][method]["measures"]["input"]
    assert figures["value"] == (expected if expected is None else pytest.approx(expected))
    assert figures["undefined"] == (2 if expected is None else 0)
    assert next(iter(found["measures"])) == "input"


def test_a_method_that_reads_the_model_passes():
    model = planted.plant("text", 0).model
    inputs, _, places = planted.draw_texts(12, torch.Generator().manual_seed(5))
    examples = [planted._example(model, inputs[row : row + 1], int(places[row]), 0) for row in range(1, 12, 2)]
    found = randomisation.randomisation(model, examples, ["occlusion"], 0)
    assert found["methods"]["occlusion"]["verdict"] == "passes"


@pytest.fixture(scope="module")
def results() -> list[dict]:
    """Real results of the small text model."""
    kept = []
    checkpoint = truth.checkpoint("text")
    explanations.evaluate_explanations(
        checkpoint, [str(TREES), str(REVIEWS)], list(FINDERS), keep=kept.append, randomised=2
    )
    return kept


def test_results_are_kept_and_read_again(results, tmp_path):
    for result in results:
        write(result, tmp_path)
    assert [result["kind"] for result in results] == ["phrases", "randomisation", "rationales", "randomisation"]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("tiny-phrases-trees-dev.json", "tiny-randomisation-trees-dev.json"),
        *("tiny-rationales-reviews-val.json", "tiny-randomisation-reviews-val.json"),
    }
    read = load_results(tmp_path)
    assert sorted(read, key=json.dumps) == sorted(results, key=json.dumps)
    assert [result["kind"] for result in read] == ["phrases", "randomisation", "randomisation", "rationales"]


def test_methods_of_the_same_measurement_stand_side_by_side(results, tmp_path):
    (first, *_), (one, other) = results, FINDERS
    for name in FINDERS:
        write(first | {"methods": {name: first["methods"][name]}}, tmp_path)
    assert load_results(tmp_path) == [first]
    unfit = {"left_out": {one: "It was not asked for.", "attention-rollout": "Its scores have no sign."}}
    write(first | unfit | {"methods": {other: first["methods"][other]}}, tmp_path)
    (beside,) = load_results(tmp_path)
    assert beside["methods"] == first["methods"]
    assert beside["left_out"] == first["left_out"] | {"attention-rollout": "Its scores have no sign."}
    write(first | {"seed": 1, "methods": {one: first["methods"][one]}}, tmp_path)
    (replaced,) = load_results(tmp_path)
    assert other not in replaced["methods"]


def test_a_result_of_fewer_inputs_stands_beside_one_of_more_until_the_weights_change(results, tmp_path):
    first = results[0]
    fewer = first | {"n": first["n"] - 1}
    assert write(first, tmp_path).name == "tiny-phrases-trees-dev.json"
    assert write(fewer, tmp_path).name == f"tiny-phrases-trees-dev-{fewer['n']}.json"
    assert [result["n"] for result in load_results(tmp_path)] == [first["n"], fewer["n"]]
    assert write(fewer | {"model_sha256": "1" * 64}, tmp_path).name == "tiny-phrases-trees-dev.json"


def test_a_folder_that_cannot_be_written_to_is_named(results, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write(results[0], tmp_path / "file" / "folder")


def test_a_method_is_cited_with_its_figures(results, tmp_path):
    for result in results:
        write(result, tmp_path)
    sentence = citation("occlusion", "text", "tiny", tmp_path)
    share = results[0]["methods"]["occlusion"]["measures"]["phrases"]["value"]
    assert sentence.startswith(f"Measured: sign of phrases {100 * share:.1f} % (3 sentences of trees dev, n = 7; ")
    assert "average precision" in sentence
    assert "share of words marked" in sentence
    assert sentence.endswith(").")
    assert sentence.count("all weights drawn anew") == 1
    assert citation("occlusion", "image", folder=tmp_path) == citation("unknown", "text", folder=tmp_path) == ""
    assert citation("occlusion", "text", folder=tmp_path / "nowhere") == ""


def test_the_results_of_the_model_at_hand_are_preferred(results, tmp_path):
    other = results[0] | {"model": "tiny-other", "n": 77}
    for result in (results[0], other):
        write(result, tmp_path)
    assert "77 sentences" in citation("occlusion", "text", "tiny-other", tmp_path)
    for model in ("tiny", "unknown", None):
        assert "3 sentences" in citation("occlusion", "text", model, tmp_path)


def test_what_was_measured_of_another_model_names_it(results, tmp_path):
    for result in results:
        write(result, tmp_path)
    kinds = {result["kind"] for result in results if result["model_sha256"] and "occlusion" in result["methods"]}
    assert "tiny, 3 sentences of trees dev" in citation("occlusion", "text", "other", tmp_path)
    assert citation("occlusion", "text", "other", tmp_path).count("tiny, ") == len(kinds)
    assert "tiny, " not in citation("occlusion", "text", "tiny", tmp_path)


def test_tables_hold_every_method_and_reference(results):
    text = markdown(results)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == sum(1 + len(result["methods"]) + len(result["references"]) for result in results)
    for result in results:
        measure, about = next(iter(result["measures"].items()))
        value = result["methods"]["occlusion"]["measures"][measure]["value"]
        cell = f"{100 * value:.1f} (" if about["unit"] == "%" else f"{value:.2f} ("
        assert any(row.startswith(f"| `occlusion` | {cell}") for row in rows)
    assert all(
        len({row.count("|") for row in table.splitlines() if row.startswith("|")}) <= 1 for table in text.split("\n\n")
    )
    assert markdown([]) == "No explanation has been measured against ground truth yet."


def test_figures_are_cited_without_torch():
    out = tiny.run_python(
        "import sys\nfrom rnnformer_demo.evaluation.explanations import citation, load_results, markdown\n"
        "markdown(load_results()); citation('occlusion', 'text')\n"
        "print([name for name in ('torch', 'captum', 'matplotlib') if name in sys.modules])"
    )
    assert out == "[]"
