"""Attribution in the browser: the numbers, notices and refusals of Python."""

import random

import numpy as np
import pytest
import tiny
import torch
from engine import KINDS, asked, differences, engine

from rnnformer_demo.analysis.service import analyse, extend
from rnnformer_demo.data import InputError
from rnnformer_demo.document import to_dict
from rnnformer_demo.interpret.attribution import methods_for
from rnnformer_demo.interpret.attribution.coalitions import draw_coalitions, shapley_regression, standard_errors

TEXT, SEED = "It's bad, never funny", 5
EXPLAIN = """async ({ asked, target, requests }) => {
  const { explain } = await import("/web/engine/attribution/index.js");
  const context = await opened(asked);
  const found = [];
  for (const request of requests) {
    found.push(await explain(context, { target, ...request }).catch((error) => ({ error: `${error.constructor.name}: ${error.message}` })));
  }
  return found;
}"""  # noqa: E501
COALITIONS = """async ([count, most, seed, outputs]) => {
  const { drawCoalitions, shapleyRegression, standardErrors } = await import("/web/engine/attribution/coalitions.js");
  const { coalitions, weights } = drawCoalitions(count, most, seed);
  const scores = shapleyRegression(coalitions, outputs, weights);
  return {
    coalitions: coalitions.map((row) => Array.from(row)),
    weights: Array.from(weights),
    scores: Array.from(scores),
    errors: most < 2 ** count - 2 ? Array.from(standardErrors(coalitions, outputs, scores)) : null,
  };
}"""
WRITE = """async ({ numbers, values }) => {
  const { cut, fixed, percent, quoted, stripped, written } = await import("/web/engine/format.js");
  return {
    numbers: numbers.map((number) => [fixed(number, 0), fixed(number, 2), percent(number), percent(number, 1)]),
    values: values.map(written).map((text) => [text, cut(text, 9), quoted(text), stripped(text)]),
  };
}"""


@pytest.fixture(scope="module")
def page(browser, runtime_folder, tmp_path_factory):
    with engine(browser, runtime_folder, tmp_path_factory.mktemp("engine")) as page:
        yield page


@pytest.mark.parametrize("name", KINDS)
def test_every_method_gives_the_section_of_python(page, name):
    document = analyse(name, tiny.photo() if name == "photos" else TEXT, (), seed=SEED)
    target = 0 if document.prediction.label != document.model.labels[0] else 1
    requests, wanted = [], []
    for method in methods_for(document.input.layout):
        for option in ({}, *({key: value} for key, values in method.options.items() for value in values[1:])):
            requests.append({"method": method.name, "options": option})
            try:
                asked_for = {"method": method.name, "target": document.model.labels[target], "options": option}
                if not method.in_browser:
                    raise InputError(f"{method.title} cannot be computed in the browser: choose another method.")
                wanted.append(to_dict(extend(document, "attribution", **asked_for))["attribution"])
            except InputError as error:
                wanted.append({"error": f"InputError: {error}"})
    got = page.call(EXPLAIN, {"asked": asked(document), "target": target, "requests": requests})
    assert [each for ours, theirs in zip(got, wanted, strict=True) for each in differences(ours, theirs)] == []


def test_a_single_word_has_every_score_that_it_has_in_python(page):
    document = analyse("hybrid", "film", (), seed=SEED)
    names = [method.name for method in methods_for("sequence")]
    got = page.call(EXPLAIN, {"asked": asked(document), "target": 2, "requests": [{"method": name} for name in names]})
    for ours, name in zip(got, names, strict=True):
        theirs = extend(document, "attribution", method=name, target=document.model.labels[2])
        assert differences(ours, to_dict(theirs)["attribution"]) == []


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "no such"},
        {"method": 'it\'s "quoted"\n\u200b\x85\\ ' + "x" * 80},
        {"method": "grad-cam"},
        {"method": "occlusion", "options": {"baseline": "zero"}},
        {"method": "integrated-gradients", "options": {"rule": "cp-lrp"}},
        {"method": "relevance-propagation", "options": {"rule": "ü" * 70}},
        {"method": "evidence"},
    ],
    ids=lambda request_: request_["method"][:20],
)
def test_what_python_refuses_is_refused_with_its_sentence(page, request_):
    document = analyse("hybrid", TEXT, (), seed=SEED)
    try:
        wanted = to_dict(extend(document, "attribution", target=document.model.labels[1], **request_))["attribution"]
    except InputError as error:
        wanted = {"error": f"InputError: {error}"}
    (got,) = page.call(EXPLAIN, {"asked": asked(document), "target": 1, "requests": [request_]})
    assert differences(got, wanted) == []


@pytest.mark.parametrize(("count", "most"), [(1, 256), (2, 256), (5, 256), (9, 256), (12, 64), (40, 1024)])
def test_coalitions_are_drawn_and_fitted_as_in_python(page, count, most):
    for seed in (0, 2**40 + 7):
        coalitions, weights = draw_coalitions(count, most, seed)
        outputs = torch.randn(len(coalitions), dtype=torch.float64)
        scores = shapley_regression(coalitions, outputs, weights)
        got = page.call(COALITIONS, [count, most, seed, outputs.tolist()])
        assert got["coalitions"] == coalitions.tolist()
        np.testing.assert_allclose(got["weights"], weights, rtol=1e-6)
        np.testing.assert_allclose(got["scores"], scores, atol=1e-6)
        if got["errors"]:
            np.testing.assert_allclose(got["errors"], standard_errors(coalitions, outputs, scores), atol=1e-6)


def test_numbers_and_values_are_written_as_python_writes_them(page):
    chance = random.Random(0)
    numbers = [
        0.0,
        -1e-9,
        -0.001,
        0.5,
        1.5,
        2.5,
        0.125,
        0.005,
        0.045,
        0.375,
        -0.5,
        -1.25,
        1e-9,
        12345.678,
        0.995,
        0.285,
    ]
    numbers += [chance.uniform(-3, 3) for _ in range(300)] + [chance.randrange(-800, 800) / 64 for _ in range(300)]
    alphabet = "ab'\"\\\n\r\t\x00\x1b\x7f\x85\xa0\xad\u200b\u2028\u3000\ue000\ufeff😀\U000e0001é中"
    values = [None, True, False, 3, -2.5, [1, "a'b", None, [True]], {"a": 1, "b'": [False]}, "", "  x "]
    values += ["".join(chance.choices(alphabet, k=chance.randrange(12))) for _ in range(300)]
    got = page.call(WRITE, {"numbers": numbers, "values": values})
    assert got["numbers"] == [[f"{n:.0f}", f"{n:.2f}", f"{n:.0%}", f"{n:.1%}"] for n in numbers]
    assert got["values"] == [[str(v), str(v)[:9], repr(str(v)), str(v).strip()] for v in values]
