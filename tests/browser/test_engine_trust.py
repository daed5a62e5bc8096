"""Trust, edits and searches in the browser: the measures, verdicts and sentences of Python."""

import random
from typing import Any

import pytest
import tiny
import torch
from engine import KINDS, asked, differences, engine
from pydantic import TypeAdapter

from rnnformer_demo.analysis.pattern_search import Pattern, stretches
from rnnformer_demo.analysis.service import analyse, context_of, extend, predict
from rnnformer_demo.api.steps import read_step
from rnnformer_demo.data import InputError
from rnnformer_demo.document import Faithfulness, RankedScore, to_dict
from rnnformer_demo.interpret.trust.agreement import rank_correlation
from rnnformer_demo.interpret.trust.faithfulness import exact_interval, random_orders
from rnnformer_demo.interpret.trust.verdict import Findings, verdict

TEXT, SEED = "It's bad, never funny", 3
ASSESS = """async ({ asked, attribution, inDomain }) => {
  const { assess } = await import("/web/engine/trust/index.js");
  return assess(await opened(asked), attribution, inDomain);
}"""
CONCLUDE = """async (cases) => {
  const { verdict } = await import("/web/engine/trust/verdict.js");
  return cases.map(({ perturbations, findings }) => {
    const { verdict: word, reasons } = verdict(perturbations, { ...findings, inDomain: findings.in_domain });
    return [word, reasons];
  });
}"""
COUNT = """async ({ shares, orders, pairs }) => {
  const { exactInterval } = await import("/web/engine/trust/interval.js");
  const { randomOrders } = await import("/web/engine/trust/faithfulness.js");
  const { rankCorrelation } = await import("/web/engine/trust/agreement.js");
  return {
    intervals: shares.map(([hits, of]) => exactInterval(hits, of)),
    orders: orders.map(([units, count, seed]) => randomOrders(units, count, seed).map((order) => Array.from(order))),
    correlations: pairs.map(([a, b]) => rankCorrelation(a, b)),
  };
}"""
STEP = """async ({ asked, document, steps, others }) => {
  const { STEPS } = await import("/web/engine/steps.js");
  const { InputError } = await import("/web/engine/errors.js");
  const context = await opened(asked);
  const contexts = new Map();
  for (const [text, sample] of Object.entries(others)) {
    if (sample) contexts.set(text, await opened({ ...asked, sample }));
  }
  const analyst = {
    contextOf: async () => context,
    fill: async () => { throw new Error("the document has an attribution"); },
    read: (_, text) => {
      if (!contexts.has(text)) throw new InputError("It cannot be read.");
      return contexts.get(text);
    },
    predict: async (other) => ({ label: "label", probabilities: {}, logits: Array.from(await other.logits()) }),
    quantities: async (other) => {
      const outputs = await other.outputs();
      const named = context.model.facts.recurrences.map(({ name }) => {
        const { data, dims } = outputs[name];
        return [name, { hidden: { data, dims: [dims[1], 2, dims[2] / 2] } }];
      });
      return Object.fromEntries(named);
    },
    examples: () => [],
  };
  const found = [];
  for (const step of steps) {
    try {
      for await (const answer of STEPS[step.edit ?? step.name](analyst, document, step, () => {})) found.push(answer);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found.push({ error: error.message });
    }
  }
  return found;
}"""
SEARCH = """async (cases) => {
  const { stretches } = await import("/web/engine/pattern_search.js");
  return cases.map(({ values, signs, threshold, steps }) =>
    stretches(values.map((row) => Float32Array.from(row)), { signs: new Map(signs), threshold, steps }));
}"""


@pytest.fixture(scope="module")
def page(browser, runtime_folder, tmp_path_factory):
    with engine(browser, runtime_folder, tmp_path_factory.mktemp("engine")) as page:
        yield page


@pytest.mark.parametrize(
    ("name", "source", "methods"),
    [
        ("hybrid", TEXT, ("occlusion", "integrated-gradients", "random")),
        ("hybrid", "film", ("occlusion",)),
        ("hybrid", "bad film", ("relevance-propagation",)),
        ("transformer", "this film is never boring", ("direct-logit-attribution",)),
        ("photos", None, ("grad-cam",)),
    ],
    ids=["text", "one word", "two words", "transformer", "photo"],
)
def test_the_card_is_the_one_of_python(page, name, source, methods):
    assert name in KINDS
    document = analyse(name, tiny.photo() if source is None else source, (), seed=SEED)
    for method in methods:
        explained = extend(document, "attribution", method=method)
        wanted = to_dict(extend(explained, "trust"))["trust"]
        attribution = to_dict(explained)["attribution"]
        got = page.call(ASSESS, {"asked": asked(document), "attribution": attribution, "inDomain": None})
        assert differences(got | {"seconds": 0}, wanted | {"seconds": 0}) == []


def test_verdicts_and_reasons_are_those_of_python(page):
    chance = random.Random(0)
    cases, wanted = [], []
    for _ in range(400):
        perturbations = {
            name: faithfulness(chance) for name in chance.choice([(), ("unknown", "deletion"), ("blur", "mean")])
        }
        gap = chance.choice([None, 0.0, 0.004, 0.01, 0.0449, 0.1, 0.125, 0.4])
        sensitivity, in_domain = chance.choice([None, 0.1, 0.5, 0.745]), chance.choice([None, True, False])
        findings = Findings(chance.choice([2, 3, 4, 9] if perturbations else [1]), gap, sensitivity, in_domain)
        wanted.append(verdict(perturbations, findings))
        as_json = {
            name: TypeAdapter(Faithfulness).dump_python(each, mode="json") for name, each in perturbations.items()
        }
        cases.append({"perturbations": as_json, "findings": vars(findings)})
    got = page.call(CONCLUDE, cases)
    assert {word for word, _ in wanted} == {"trust", "with care", "don't", "undecided"}
    assert [(word, tuple(reasons)) for word, reasons in got] == wanted


def faithfulness(chance: random.Random) -> Faithfulness:
    """Measures that nobody took."""
    orders, is_good = 2 * chance.choice([10, 37, 74, 296]), chance.random() < 0.6

    def measure() -> RankedScore:
        better = chance.choice([0] if is_good else [0, 1, 2, orders // 20, orders // 4, orders // 3])
        controls = tuple(sorted(round(chance.uniform(-0.2, 0.4), 4) for _ in range(7)))
        value, percentile = (
            chance.choice([chance.uniform(-0.3, 0.9), 0.125, 0.9, 0.9]),
            round(chance.uniform(0, 100), 1),
        )
        return RankedScore(value, 0.5, percentile, controls, better / orders, exact_interval(better, orders))

    return Faithfulness(measure(), measure(), measure(), measure(), orders, (0.0, 1.0), (1.0, 0.0), (0.0, 1.0))


def test_counts_orders_and_ranks_are_those_of_python(page):
    chance = random.Random(1)
    shares = [(hits, of) for of in (1, 20, 74, 148, 592) for hits in {0, 1, of // 20, of // 4, of - 1, of}]
    orders = [(1, 2, 0), (2, 5, 1), (49, 37, 7), (400, 3, 2**40)]
    pairs = [
        [[chance.randrange(5) for _ in range(count)] for _ in range(2)] for count in (2, 3, 8, 30) for _ in range(9)
    ]
    got = page.call(COUNT, {"shares": shares, "orders": orders, "pairs": pairs})
    assert got["intervals"] == [list(exact_interval(*each)) for each in shares]
    assert got["orders"] == [random_orders(*each).tolist() for each in orders]
    wanted = [rank_correlation(*torch.tensor(pair, dtype=torch.float32)) for pair in pairs]
    assert differences(got["correlations"], wanted, 1e-6) == []


@pytest.mark.parametrize("name", ["hybrid", "photos"])
def test_edits_and_searches_are_those_of_python(page, name):
    source = tiny.photo() if name == "photos" else "a bad film, never funny but never boring"
    document = analyse(name, source, ("attribution",), method="occlusion", seed=SEED)
    steps = [*edits(document.model.perturbations), *searches()]
    texts = (
        "never funny",
        "zzz",
        "this is the good kind of boring film",
        "",
        "   ",
        "a good film, never funny but never boring",
    )
    others = {text: sample_or_none(name, text) for text in texts} if name == "hybrid" else {}
    payload = {"asked": asked(document), "document": to_dict(document), "steps": steps, "others": others}
    for step, got in zip(steps, page.call(STEP, payload), strict=True):
        wanted = answer_of(document, step)
        assert "error" in got if wanted is None else differences(got, wanted) == [], step


def sample_or_none(name: str, text: str) -> Any:
    try:
        return asked(analyse(name, text, ()))["sample"]
    except InputError:
        return None


def answer_of(document, step: dict) -> dict | None:
    """What Python answers to a step, None to one that no page asks for: the server has sentences for those who write
    programs, and the browser's engine refuses it. The stand-in of the page's analyst says nothing of labels."""
    try:
        request, take = read_step(step)
    except InputError:
        return None
    try:
        (answer,) = take(document, request, lambda share: None)
    except InputError as error:
        return {"error": str(error)}
    if isinstance(answer, dict):
        return answer
    edit = to_dict(answer)["edits"][-1]
    return {"edits": [edit | ({"after": "label", "probabilities": {}} if edit["kind"] == "replacement" else {})]}


def edits(perturbations: tuple[str, ...]) -> list[dict]:
    usual, other = perturbations
    return [
        {"edit": "ablation", "units": [1]},
        {"edit": "ablation", "units": [2, 0, 2], "perturbation": other},
        *({"edit": "ablation", "units": units} for units in ([], [99], [-1], "a", [0.5], None)),
        *({"edit": "ablation", "units": [0], "perturbation": name} for name in ("it's", [1, None, "a"], True, 3)),
        {"edit": "replacement", "units": [1], "word": " good\u2003"},
        *({"edit": "replacement", "units": units, "word": "a"} for units in ([], [0, 1], [77], [-1])),
        *({"edit": "replacement", "units": [0], "word": word} for word in ("", " \x1c\u3000", None, ["a"])),
        *({"edit": "counterfactual", "perturbation": name} for name in (None, usual, other, "none")),
    ]


def searches() -> list[dict]:
    step = {
        "name": "pattern-search",
        "recurrence": "lstm tokens 1",
        "quantity": "hidden",
        "direction": 0,
        "units": [0, 1, 3],
        "signs": [1, -1, 1],
        "threshold": 0.01,
        "start": 0,
        "steps": 1,
        "texts": ["never funny", "zzz", "this is the good kind of boring film", "   ", "never funny"],
    }
    bad = {
        "recurrence": ["none", ""],
        "quantity": ["no such"],
        "direction": [2, "0"],
        "units": [[9, 0, 1], "a"],
        "signs": [[1], [1, 2, 1], None],
        "threshold": [0, "1", 1e10],
        "start": [None],
        "steps": [0, 1.5],
        "texts": ["a", ["a"] * 51, [1]],
    }
    changed = [{**step, key: value} for key, values in bad.items() for value in values]
    return [step, {**step, "steps": 2}, {**step, "direction": 1, "start": 3}, {**step, "signs": [-1, 1, 1]}, *changed]


def test_stretches_of_units_are_those_of_python(page):
    chance = random.Random(2)
    cases, wanted = [], []
    for _ in range(150):
        length, units = chance.randrange(1, 25), chance.randrange(1, 6)
        values = [[chance.choice([-0.5, -0.3, 0.0, 0.3, 0.5]) for _ in range(units)] for _ in range(length)]
        signs = {unit: chance.choice([1, -1]) for unit in chance.sample(range(units), chance.randrange(1, units + 1))}
        pattern = Pattern("lstm", 0, "hidden", signs, chance.choice([0.2, 0.3, 0.4]), chance.randrange(1, 4))
        found = stretches(torch.tensor(values).numpy(), pattern)
        wanted.append([{**vars(each), "common": list(each.common)} for each in found])
        case = {"values": values, "signs": list(signs.items())}
        cases.append(case | {"threshold": pattern.threshold, "steps": pattern.steps})
    assert differences(page.call(SEARCH, cases), wanted, 1e-9) == []
    assert any(len(each) > 2 for each in wanted)


def test_a_word_that_takes_the_place_of_another_is_read_anew(page):
    document = analyse("hybrid", "a bad film, never funny", ("attribution",), method="occlusion", seed=SEED)
    other = "a good film, never funny"
    payload = {
        "asked": asked(document),
        "document": to_dict(document),
        "steps": [{"edit": "replacement", "units": [1], "word": "good"}],
        "others": {other: sample_or_none("hybrid", other)},
    }
    ((got,),) = (answer["edits"] for answer in page.call(STEP, payload))
    target = context_of(document).class_index(document.target)
    change = predict("hybrid", other).prediction.logits[target] - document.prediction.logits[target]
    assert got["measured"] == pytest.approx(change, abs=1e-4)
