"""The gallery: its files are there and free, and each story is true of the shipped models."""

import re
from functools import cache

import pytest
from PIL import Image

from rnnformer_demo import web
from rnnformer_demo.analysis.edits import ablate_units
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.api.uploads import EXAMPLES, source_of
from rnnformer_demo.data import InputError
from rnnformer_demo.ui.gallery import gallery
from rnnformer_demo.ui.model_list import list_entries

ENTRIES = {entry["id"]: entry for entry in gallery([model.name for model in list_entries()])}
PHOTOS = {entry["photo"] for entry in ENTRIES.values() if "photo" in entry}
COLUMNS = 7  # of the grid of both image models
MOST_BYTES, LEAST_PIXELS = 150_000, 500


@cache
def shown(name, *wanted):
    """The document of an example."""
    entry = ENTRIES[name]
    return analyse(entry["model"], entry.get("text") or str(EXAMPLES / entry["photo"]), wanted=wanted)


def answer(name):
    return shown(name).prediction.label


def said(model, text):
    return analyse(model, text, wanted=()).prediction.label


def beliefs(name):
    """The words at which the label turns, read from the start, each with the label that it turns to."""
    (scan,) = [scan for scan in shown(name, "prefixes").prefixes if scan.scan == "from the start"]
    labels = shown(name, "prefixes").model.labels
    best = scan.probabilities.numpy().argmax(1)
    return [(scan.names[part], labels[best[part]]) for part in scan.flips]


def without(name, rows, columns, perturbation):
    """The answer without a block of cells, the first and the last row and column counted from 1."""
    cells = [
        (row - 1) * COLUMNS + column - 1
        for row in range(rows[0], rows[1] + 1)
        for column in range(columns[0], columns[1] + 1)
    ]
    return ablate_units(shown(name, "attribution"), cells, perturbation).edits[-1].after


def test_entries_name_models_and_photos_that_there_are():
    assert all(("text" in entry) != ("photo" in entry) for entry in ENTRIES.values())
    assert {path.name for path in EXAMPLES.glob("*.jpg")} >= PHOTOS
    assert {entry["model"] for entry in ENTRIES.values()} <= {model.name for model in list_entries()}
    assert gallery(["news-en"]) == [entry for entry in ENTRIES.values() if entry["model"] == "news-en"]
    assert gallery([]) == []


def test_each_has_a_title_and_a_story_in_each_language():
    for language in ("en", "zh"):
        source = (web.FOLDER / f"locales/{language}.js").read_text(encoding="utf-8")
        told = set(re.findall(r'"gallery\.([\w-]+)\.(title|story)":', source))
        assert told == {(name, part) for name in ENTRIES for part in ("title", "story")}


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_photos_are_small_files_large_enough_to_look_at_with_a_licence(name):
    path = EXAMPLES / name
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as image:
        assert max(image.size) >= LEAST_PIXELS
    (line,) = [line for line in (EXAMPLES / "ATTRIBUTION.md").read_text("utf-8").splitlines() if f"`{name}`" in line]
    assert re.search("public domain|CC0|CC BY", line)


@pytest.mark.parametrize("name", ["../gallery.py", "gallery.json", "", None, 3, ["coffee.jpg"], "/etc/hostname"])
def test_only_photos_of_the_gallery_can_be_named(name):
    with pytest.raises(InputError, match="There is no example"):
        source_of("objects", {"example": name})


def test_an_example_is_named_instead_of_sent():
    assert source_of("objects", {"example": "coffee.jpg"}) == str(EXAMPLES / "coffee.jpg")
    with pytest.raises(InputError, match="reads text"):
        source_of("sentiment-en", {"example": "coffee.jpg"})


def test_stories_of_sentences():
    assert answer("flip") == "positive"
    assert beliefs("flip") == [("hate", "negative"), ("smiling", "positive")]
    assert answer("negation") == "positive"
    assert beliefs("negation") == [("not", "negative"), ("bad", "positive")]
    assert answer("but") == "negative"
    assert said("sentiment-en", "The ending is a mess, but it is a tender film.") == "positive"


def test_stories_of_failures_on_sentences():
    assert answer("irony") == "positive"
    assert answer("praise") == "negative"
    assert beliefs("praise")[1:] == [("bored", "positive"), ("even", "negative")]
    assert answer("recipe") == "positive"
    assert shown("recipe").prediction.ood.in_domain


def test_the_story_of_the_long_review():
    first, last = beliefs("long")
    assert (first[1], last) == ("negative", ("wonderful", "positive"))
    (scan,) = [scan for scan in shown("long", "prefixes").prefixes if scan.scan == "from the start"]
    assert first[0] == "."
    assert scan.positions[scan.flips[0]] == 8  # the end of the first sentence
    words = [unit.name for unit in shown("long").input.units[8:] if re.match(r"\w", unit.name)]
    assert 70 <= len(words) <= 79
    assert answer("long") == "positive"


def test_stories_of_chinese_reviews():
    assert answer("zh-but") == "positive"
    assert beliefs("zh-but") == [("不大", "negative"), ("很干净", "positive")]
    assert answer("zh-irony") == "negative"
    assert beliefs("zh-irony") == [("太好了", "positive"), ("三天", "negative")]
    assert answer("zh-nothing") == "negative"


def test_stories_of_news():
    assert beliefs("news-two") == [("software", "Sci/Tech"), ("fell", "Business")]
    assert 0.5 < shown("news-two").prediction.confidence < 0.6
    assert answer("news-rockets") == "Sports"
    assert said("news-en", "The rocket carried a satellite into orbit.") == "Sci/Tech"
    assert answer("news-village") == "Sci/Tech"
    assert shown("news-village").prediction.ood.in_domain
    village = shown("news-village", "attribution")
    scores = dict(zip(village.input.unit_names, village.attribution.scores, strict=True))
    assert scores["rocket"] > sum(abs(score) for word, score in scores.items() if word != "rocket")


def test_stories_of_photos_that_are_named_right():
    assert answer("coffee") == "espresso"
    assert without("coffee", (2, 4), (2, 5), "blur") == "consomme"
    assert answer("panda") == "giant panda"
    assert without("panda", (1, 7), (1, 3), "blur") == "giant panda"
    assert answer("photographer") == "tripod"
    assert without("photographer", (5, 7), (4, 6), "blur") == "binoculars"


def test_the_story_of_the_photo_that_is_named_right_for_the_wrong_reason():
    assert answer("crocodile") == "African crocodile"
    assert without("crocodile", (2, 6), (1, 7), "mean") == "African crocodile"
    assert without("crocodile", (1, 7), (1, 7), "mean") != "African crocodile"


def test_stories_of_failures_on_photos():
    labels = shown("raccoon").model.labels
    assert answer("raccoon") == "badger"
    assert "raccoon" not in labels
    assert shown("raccoon").prediction.ood.in_domain
    assert answer("astronaut") == "bobsled"
    assert "space shuttle" in labels
    assert not {"person", "man", "woman", "astronaut"} & set(labels)
    assert shown("astronaut").prediction.probabilities["space shuttle"] < 0.05


def test_stories_of_what_models_know():
    assert shown("bricks").prediction.confidence < 0.25
    assert not shown("bricks").prediction.ood.in_domain
    assert answer("pavilion") == "pagoda"
    other = analyse("objects", str(EXAMPLES / "pavilion.jpg"), wanted=())
    assert other.prediction.label == "palace"
    assert "pagoda" not in other.model.labels
