"""The check of how a text is written, on inputs of a list that its rules were not made on."""

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from rnnformer_demo.checkpoints.cards import preprocessing_of
from rnnformer_demo.confidence.writing import Spelling, WritingCheck
from rnnformer_demo.confidence.writing_tables import CODE as TABLE
from rnnformer_demo.data import make_reader

FOLDER = tiny.ROOT / "checkpoints"
CODE = (
    "public int add(int a, int b) { return a + b; }",
    "for (let i = 0; i < 10; i++) { sum += i; }",
    "import pandas as pd\ndf = pd.read_csv('a.csv')",
    "SELECT * FROM orders WHERE price > 10;",
    "def main():\n    print('hello')",
    "#include <vector>\nusing namespace std;",
    "npm install --save react",
    '{"name": "a", "size": 3}',
    "<p>Hello</p>",
    "while (x != 0) x = x - 1;",
)
MASHED = (
    *(
        "asdf",
        "ASDF",
        "qwertz qwer",
        "sdfjkl",
        "hjklhjkl",
        "kjsdhfkjsdhf",
        "fjdkslfj",
        "zxcvzxcv",
        "dfkgjhdfkg",
        "rtyurtyu",
    ),
    *("lkjh lkjh", "wertwert", "sdlkfj sldkfj", "vbnmvbnm", "jfjfjfjfjf"),
)
LANGUAGES = {
    "German": ("Der Kellner war sehr freundlich und das Essen gut.", "Ich finde das Buch nicht so gut wie den Film."),
    "French": ("Les acteurs sont excellents et la musique aussi.", "Je suis tres content de mon achat."),
    "Spanish": ("El servicio fue muy lento y la comida estaba fria.", "Me encanta esta historia, es lo mejor."),
    "Italian": ("La storia non mi ha convinto per niente.", "Gli attori sono molto bravi e il finale sorprende."),
    "Dutch": ("Het eten was niet lekker en de bediening traag.",),
}
SCRIPTS = {
    "Cyrillic letters": "Очень скучный фильм",
    "Korean letters": "정말 재미있는 영화",
    "Japanese kana": "とてもおもしろかったです",
    "Arabic letters": "فيلم رائع",
    "Greek letters": "Πολύ καλή ταινία",
    "Chinese characters": "这部电影很好看",
}
ORDINARY = (
    "Best pizza in town",
    "Great!",
    "Awful.",
    "Loved it",
    "meh...",
    "Not my thing",
    "A+",
    "3/10",
    "LMAO",
    "Worst. Movie. Ever.",
    "10 out of 10!",
    "ok then",
    "Never again",
    "so good!!!",
    "Brilliant :)",
    "Avoid",
    "pretty decent stuff",
    "Kubrick at his best",
    "yesss",
    "Ha ha ha",
    "It's a must-see; trust me.",
    "Fine (for kids).",
    "I'd give it 7/10",
    "Hmm, no.",
    "Nooooo",
    "Oscar-worthy",
    "Goooal!",
    "Wi-Fi was slow",
    "Interest rates rise",
    "Apple beats estimates",
    "Stocks end flat",
    "PC sales up 5%",
    "the select few who came from afar",
    "A déjà-vu of a film",
)
CHINESE = (
    "不错",
    "太差了！",
    "很好，还会再来",
    "一般般吧",
    "5分",
    "手机屏幕很大，WiFi信号好",
    "书的内容不错；推荐。",
    "便宜",
    "Dell的本子很好用",
)


def check(name: str) -> WritingCheck:
    return WritingCheck(make_reader("text", preprocessing_of(name, FOLDER)))


@pytest.fixture(scope="module", params=["sentiment-en", "news-en"])
def english(request) -> WritingCheck:
    return check(request.param)


@pytest.fixture(scope="module")
def chinese() -> WritingCheck:
    return check("sentiment-zh")


@pytest.mark.parametrize("text", CODE)
def test_code_is_named(text, english, chinese):
    for each in (english, chinese):
        assert each.notice(text) == "This looks like source code, which the model was not trained on."


@given(text=st.one_of(st.text(), st.sampled_from(CODE), *(st.from_regex(pattern) for pattern, _ in TABLE)))
def test_no_sign_of_code_lacks_the_characters_that_it_is_looked_for_by(text):
    for pattern, characters in TABLE:
        if pattern.search(text) and characters:
            assert characters & set(text), pattern.pattern


def test_keys_struck_at_random_are_named(english):
    named = [text for text in MASHED if "keys struck at random" in english.notice(text)]
    assert len(named) >= 0.9 * len(MASHED), set(MASHED) - {*named}


@pytest.mark.parametrize(("language", "text"), [(name, text) for name, texts in LANGUAGES.items() for text in texts])
def test_another_language_is_named(language, text, english):
    assert english.notice(text) == f"This looks like {language}; the model was trained on English."


@pytest.mark.parametrize(("script", "text"), SCRIPTS.items())
def test_another_script_is_named(script, text, english, chinese):
    assert english.notice(text) == f"This is written in {script}; the model was trained on Latin letters."
    if script != "Chinese characters":
        assert chinese.notice(text) == f"This is written in {script}; the model was trained on Chinese characters."
    assert chinese.notice("Best pizza in town") == (
        "This is written in Latin letters; the model was trained on Chinese characters."
    )


def test_a_text_of_unknown_words_without_one_common_word_may_be_another_language(english):
    sentence = "The model knows few of these words: they may be another language than English."
    assert english.notice("Elokuvan loppu oli todella yllättävä ja hauska") == sentence


def test_ordinary_inputs_are_not_named(english, chinese):
    assert {text: said for text in ORDINARY if (said := english.notice(text))} == {}
    assert {text: said for text in CHINESE if (said := chinese.notice(text))} == {}


def test_spelling_is_a_distribution_of_letters():
    spelling = Spelling(["aba", "abba", "baab"])
    for context in ("^^", "^a", "ab", "bz"):  # of the letters that it knows, and one for all others
        assert sum(spelling._probability(context + letter) for letter in "ab$z") == pytest.approx(1)
    assert spelling.log_likelihood("abab") > spelling.log_likelihood("zzzz")


def test_a_word_as_learnt_is_likelier_than_its_letters_in_another_order():
    spelling = Spelling(["there", "these", "three", "theme"])
    assert spelling.log_likelihood("these") > spelling.log_likelihood("htsee")
