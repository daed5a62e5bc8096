"""The schema of requests: what fits is read, anything else gets one sentence that names the argument."""

import inspect

import documents
import pytest

from rnnformer_demo.api import endpoints, requests
from rnnformer_demo.data import InputError
from rnnformer_demo.data.seeds import LARGEST_SEED
from rnnformer_demo.document import to_dict

TEXT = {"model": "tea", "text": "A fine cup."}
WORDS = TEXT | {"without": ["fine"]}
PATTERN = {"units": [1], "signs": [1], "start": 0, "steps": 1, "direction": 0, "threshold": 0.5}


def test_what_is_left_out_or_null_has_its_default():
    asked = requests.read(requests.ExplainText, TEXT | {"method": None, "seed": None, "trust": None})
    assert (asked.method, asked.target, asked.seed, asked.trust, asked.inside) == (None, None, 0, False, False)


def test_json_knows_one_kind_of_numbers_and_classes_have_them():
    asked = requests.read(requests.ExplainText, TEXT | {"seed": 3.0, "target": 1})
    assert (asked.seed, asked.target) == (3, "1")
    assert requests.read(requests.ExplainText, TEXT | {"seed": LARGEST_SEED}).seed == LARGEST_SEED


def test_half_of_a_character_is_replaced():
    assert requests.read(requests.PredictText, TEXT | {"text": "fine \ud800"}).text == "fine \ufffd"


@pytest.mark.parametrize(
    ("schema", "values", "sentence"),
    [
        (requests.PredictText, 3, "A request must be an object."),
        (requests.PredictText, {"text": "a"}, "model is missing: it must be a text of at most 200 characters."),
        (requests.PredictText, TEXT | {"text": 3}, "text must be a text of at most 2,000,000 characters, got 3."),
        (requests.PredictText, TEXT | {"text": "a" * 2_000_001}, "text must be a text of at most 2,000,000 characters"),
        (requests.PredictText, TEXT | {"model": "a" * 201}, "model must be a text of at most 200 characters, got"),
        (requests.PredictText, TEXT | {"size": 3}, 'There is no argument "size": there is model, text.'),
        (requests.ListModels, {"size\ud800": 3}, 'There is no argument "size\ufffd": there is none.'),
        (requests.ExplainText, TEXT | {"trust": "false"}, 'trust must be true or false, got "false".'),
        (requests.ExplainText, TEXT | {"inside": 1}, "inside must be true or false, got 1."),
        (
            requests.ExplainText,
            TEXT | {"method": ["lrp"]},
            'method must be a text of at most 200 characters, got ["',
        ),
        (requests.ExplainText, TEXT | {"target": True}, "target must be the name or the number of a class, got true."),
        (requests.ExplainText, TEXT | {"seed": 1.5}, "The seed must be a whole number from 0 to"),
        (requests.ExplainText, TEXT | {"seed": float("nan")}, "The seed must be a whole number from 0 to"),
        (requests.ExplainText, TEXT | {"seed": LARGEST_SEED + 1}, "The seed must be a whole number from 0 to"),
        (requests.AnalyseText, TEXT | {"sections": "trust"}, "sections must be a list of at most 1,000 names, got"),
        (requests.WhatIfText, WORDS | {"without": 3}, "without must be a list of at most 1,000 names, got 3."),
        (requests.WhatIfText, WORDS | {"without": ["a", 3]}, "without must be a list of at most 1,000 names, got ["),
        (requests.WhatIfText, WORDS | {"without": ["a"] * 1001}, "without must be a list of at most 1,000 names"),
        (requests.WhatIfText, TEXT, "without is missing: it must be a list of at most 1,000 names."),
        (requests.Extend, {"document": 3}, "This is no analysis document: it has no key schema."),
        (requests.Extend, {"document": {"schema": 2}}, "The document is damaged at model"),
        (requests.Ablation, {"units": [True]}, "units must be a list of whole numbers, at most 1,000, got [true]."),
        (requests.Ablation, {"units": [2**40]}, "units must be a list of whole numbers"),
        (requests.Search, PATTERN | {"signs": [2]}, "signs must be a list of 1 and -1, one for each unit."),
        (requests.Search, PATTERN | {"signs": [1, 1]}, "signs must be a list of 1 and -1, one for each unit."),
        (requests.Search, PATTERN | {"steps": 0}, "steps must be a whole number above 0, got 0."),
        (requests.Search, PATTERN | {"threshold": float("inf")}, "threshold must be a number above 0 and below"),
        (requests.Search, PATTERN | {"texts": ["a"] * 51}, "texts must be a list of at most 50 texts"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(schema, values, sentence):
    with pytest.raises(InputError) as caught:
        requests.read(schema, values)
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) < 200
    str(caught.value).encode()


def test_a_document_comes_in_whole():
    document = documents.text_document()
    assert requests.read(requests.Extend, {"document": to_dict(document)}).document.prediction == document.prediction


def test_endpoints_have_the_arguments_of_their_schemas():
    schemas = {"fewest": requests.CounterfactualText, "compare": requests.CompareText}
    for endpoint in endpoints.ENDPOINTS:
        verb, _, photo = endpoint.__name__.partition("_")
        titled = f"{'WhatIf' if verb == 'whatif' else verb.capitalize()}{'Image' if photo else 'Text'}"
        schema = schemas.get(endpoint.__name__) or getattr(requests, titled)
        parameters = inspect.signature(endpoint).parameters
        assert set(parameters) == set(schema.model_fields)
        for name, field in schema.model_fields.items():
            default = parameters[name].default
            assert (None if default is inspect.Parameter.empty else default) == (
                None if field.is_required() else field.default
            ), (endpoint.__name__, name)


def test_every_field_says_what_it_must_be():
    for name in requests.__all__:
        schema = getattr(requests, name)
        if isinstance(schema, type):
            assert all(field.description for field in schema.model_fields.values()), name
