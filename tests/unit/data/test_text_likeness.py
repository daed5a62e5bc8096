"""Near-duplicates among texts: found in any script, by letters alone, and nothing else."""

import random

import pytest

from rnnformer_demo.data.text_likeness import KnownTexts, normalised_text

ENGLISH = "I bought this camera for a trip to the coast, and it took sharp photos even at night in the rain."
CHINESE = "酒店的位置很好，离地铁站只有五分钟，房间干净，早餐的种类也很多，下次来还会住这里。"


def words(count, seed):
    chooser = random.Random(seed)
    return " ".join("".join(chooser.choices("abcdefghijklmnop", k=6)) for _ in range(count))


@pytest.mark.parametrize(
    ("text", "changed", "same"),
    [
        (ENGLISH, ENGLISH.upper().replace(",", " -"), True),
        (ENGLISH, ENGLISH.replace("sharp", "clear"), False),
        (CHINESE, CHINESE.replace("，", " ").replace("。", "！"), True),
        (CHINESE, CHINESE.replace("五", "十"), False),
        (CHINESE, CHINESE + "推荐。", False),
        ("ＡＢＣ酒店", "abc酒店", True),
        ("好", "好！", True),
    ],
)
def test_a_changed_copy_is_found_among_others(text, changed, same):
    known = KnownTexts([words(30, seed=1), text, words(30, seed=2), "不好", ""])
    found = known.nearest(changed)
    assert (found.place, found.same) == (1, same)
    assert found.likeness == 1 if same else 0.7 <= found.likeness < 1


@pytest.mark.parametrize("text", [words(30, seed=3), ENGLISH[:40], "差", "Good.", "这家酒店的位置不好，离地铁站很远。"])
def test_other_texts_are_not_taken_for_copies(text):
    assert KnownTexts([ENGLISH, CHINESE, "好"]).nearest(text) is None


def test_the_nearest_of_several_is_named_and_the_likeness_is_the_jaccard_index():
    letters = "abcdefghij"
    known = KnownTexts([letters + "xyz", letters + "x", letters], least=0.5)
    assert known.nearest(letters).place == 2
    found = known.nearest(letters + "xy")  # 8 n-grams of 5 letters: 9 and 7 of the others share 8 and 7 of them
    assert (found.place, found.likeness) == (0, pytest.approx(8 / 9))


def test_at_the_limit_of_likeness_hardly_any_pair_is_missed():
    texts = [words(40, seed) for seed in range(100)]
    changed = [" ".join(text.split()[:33]) + " " + words(7, 1000 + seed) for seed, text in enumerate(texts)]
    known = KnownTexts(texts, least=0.6)
    found = [known.nearest(text) for text in changed]
    assert sum(one is not None and one.place == place for place, one in enumerate(found)) >= 95


def test_texts_that_differ_in_signs_and_gaps_are_one():
    assert normalised_text("好！ 不错，OK") == normalised_text("好,不错 ok。") == "好不错ok"
    assert normalised_text("!?") == "!?" != normalised_text("...")
