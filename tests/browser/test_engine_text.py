"""Text in the browser: what is read, and what is said of it, is what Python reads and says."""

import json
import re
from functools import cache

import pytest
import scripts
import tiny
from modules import modules

from rnnformer_demo.checkpoints.cards import CARD, TOKENIZER, default_folder, preprocessing_of
from rnnformer_demo.confidence.writing import WritingCheck
from rnnformer_demo.data import InputError
from rnnformer_demo.data.text import TextReader
from rnnformer_demo.site.text_facts import text_facts

ENGLISH, CHINESE = MODELS = ("sentiment-en", "sentiment-zh")
every_model = pytest.mark.parametrize("name", MODELS)
OPEN = """const { TextReader } = await import("/web/engine/text/reader.js");
  const { WritingCheck } = await import("/web/engine/writing.js");
  const { InputError } = await import("/web/engine/errors.js");
  const get = async (file) => (await fetch(`/files/${file}`)).json();
  const files = [`${name}.json`, `${name}.tokenizer.json`, "text.json"];
  const [card, tokenizer, facts] = await Promise.all(files.map(get));"""
READ = f"""async ({{ name, texts }}) => {{
  {OPEN}
  const reader = new TextReader(card.preprocessing, tokenizer, facts);
  const check = new WritingCheck(facts.writing, reader.tokenizer);
  return texts.map((text) => {{
    try {{
      const sample = reader.read(text);
      const {{ unitNames, spans, display, warnings, normalised, grid }} = sample;
      const [ids, units, writing] = [[...sample.ids], [...sample.tokenToUnit], check.notice(normalised)];
      return {{ ids, units, unitNames, spans, display, warnings, normalised, grid, writing }};
    }} catch (error) {{
      if (error instanceof InputError) return {{ error: error.message }};
      throw error;
    }}
  }});
}}"""
CALL = f"""async ({{ name, method, argumentLists }}) => {{
  {OPEN}
  const reader = new TextReader(card.preprocessing, tokenizer, facts);
  return argumentLists.map((each) => reader[method](...each));
}}"""
DAMAGE = f"""async ({{ name, rules, changed }}) => {{
  {OPEN}
  try {{
    const normalisation = {{ ...card.preprocessing.normalisation, ...rules }};
    new TextReader({{ ...card.preprocessing, normalisation }}, {{ ...tokenizer, ...changed }}, facts);
  }} catch (error) {{
    return {{ forVisitors: error instanceof InputError, message: error.message }};
  }}
}}"""
FEEDS = f"""async ({{ name, text }}) => {{
  {OPEN}
  const {{ feeds, steps }} = new TextReader(card.preprocessing, tokenizer, facts).read(text);
  const about = ({{ data, dims }}) => [data.constructor.name, Array.from(data, Number), dims];
  return {{ ids: about(feeds.ids), lengths: about(feeds.lengths), steps }};
}}"""
NASTY = [
    *("", " ", "\n\t\u00a0\u3000 ", "\x1c\x85", "\ufeff", "😀🎉", "☃", "한국어", "\x00", "\u0301", "\ud800", "Ω≈√"),
    *("good \ud83d film", "good \x00 film", "good\u200bfilm \ufeff", "good 😀 film", "[PAD] good", "[UNK] [UNK]"),
    *("ca n't", "can't CAN’T", "naïve café ﬁlm", "½ good… ⅓b<br />b", "-LRB- good -rrb- ''x''", "ΑΣ good ΣΑΣ İstanbul"),
    *(
        "good 👨‍👩‍👧‍👦 film 🇩🇪🇫🇷 👍🏽",
        "এই অ্যাপ good",
        "क्षत्रिय good ऽ्य",
        "ไทยำ good",
        "bor\u00ading f\u0456lm",
        "Ηello good",
    ),
    *(
        "&amp;amp;good&#39;&#x92;&#1114112;&#٣;&T;",
        "&#38;#38;lt; good",
        "ＧＯＯＤ 𝐟𝐢𝐥𝐦 ⑽",
        "⼀个⺟亲，酒店不错",
        "好\u3000电影\r\n不错",
    ),
    *("x" * 10_000, "good " * 401, "good " * 400, "the film is good , " * 55_000, "good film " + "x" * 3000 + " bad"),
    *(
        "good" + " " * 60_000 + "film",
        "good " + "\u0301" * 20_000 + " bad",
        "不错" * 9_000,
        "错好" * 9_000,
        "👍🏽" * 9_000 + "good",
    ),
    *("क\u094d" * 9_000 + " good", "good\u2028\u2029film\u00a0!", "a\u0338\u0323\u0308 good", "&" * 5_000 + "good"),
]
WRITTEN = [
    *(
        "def f(x):\n    return x;",
        "SELECT a FROM b WHERE c = 1;",
        "<p>good</p>",
        "x == y && z",
        "const a = 3;\nlet b",
        "git push -f now",
    ),
    *(
        "das ist ein sehr guter Film",
        "le film est très bien et les acteurs",
        "una película muy buena y el final",
        "asdfghjkl qwerty",
    ),
    *(
        "sdlkfj weiruw xmcnv qpwoei",
        "soooooo goooood film",
        "aaaaaaa",
        "Это очень хороший фильм",
        "この映画はとても面白い",
        "영화가 좋다",
    ),
    *(
        "หนังดีมาก",
        "פרק טוב",
        "فيلم جيد",
        "फ़िल्म अच्छी है",
        "ფილმი კარგია",
        "这部电影很好看",
        "12 345 !?",
        "good film 很好看",
    ),
    *(
        "blorf snigget wamble crundle fropt",
        "il film è molto bello",
        "de film is niet heel goed",
        "o filme não é muito bom",
    ),
]


@pytest.fixture(scope="module")
def engine(browser):
    files = [f"{name}{suffix}" for name in MODELS for suffix in (CARD, TOKENIZER)]
    facts = {"text.json": json.dumps(text_facts()).encode()}
    with modules(browser, {file: default_folder() / file for file in files} | facts) as engine:
        yield engine


@cache
def python(name: str) -> tuple[TextReader, WritingCheck]:
    """The reader and the check of a model."""
    reader = TextReader(**preprocessing_of(name))
    return reader, WritingCheck(reader)


def expected(name: str, text: str) -> dict:
    """What Python reads of a text, and what it says of it."""
    reader, check = python(name)
    try:
        sample = reader(text)
    except InputError as error:
        return {"error": str(error)}
    return {
        "ids": sample.inputs[0].tolist(),
        "units": sample.token_to_unit.tolist(),
        "unitNames": list(sample.unit_names),
        "spans": [list(span) for span in sample.spans],
        "display": sample.display,
        "warnings": list(sample.warnings),
        "normalised": sample.normalised,
        "grid": None,
        "writing": check.notice(sample.normalised or ""),
    }


def compare(engine, name: str, texts: list[str]) -> list[dict]:
    """Reads texts in both languages; returns what was read."""
    read = engine.call(READ, {"name": name, "texts": texts})
    assert len(read) == len(texts)
    for text, found in zip(texts, read, strict=True):
        assert found == expected(name, text), repr(text[:300])
    return read


def prose(lines: int) -> list[str]:
    """Lines in English and Chinese, tables and code among them: what the project itself says."""
    readme = (tiny.ROOT / "README.md").read_text("utf-8").splitlines()
    chinese = (tiny.ROOT / "rnnformer_demo/web/locales/zh.js").read_text("utf-8").splitlines()
    return [line for text in (readme, chinese) for line in [line for line in text if line.strip()][:lines]]


@every_model
def test_prose_is_read_as_python_reads_it(engine, name):
    read = compare(engine, name, prose(200))
    assert sum("ids" in each for each in read) > 250


@every_model
def test_every_script_is_read_as_python_reads_it(engine, name):
    read = compare(engine, name, list(scripts.texts(300)))
    assert sum("ids" in each for each in read) > 150
    assert sum(bool(each.get("warnings")) for each in read) > 150


def test_every_kind_of_character_is_read_as_python_reads_it(engine):
    read = compare(engine, ENGLISH, list(scripts.characters(every=6)))
    assert sum(len(each["ids"]) for each in read) > 7_000


@every_model
def test_nasty_texts_are_read_or_refused_as_python_does(engine, name):
    read = compare(engine, name, NASTY)
    assert len({each.get("error") for each in read}) == 3  # none, no text, nothing that is known
    cut = [notice for each in read for notice in each.get("warnings", ()) if "only its first" in notice]
    assert len(cut) > 3


@every_model
def test_the_way_a_text_is_written_is_named_as_python_names_it(engine, name):
    notices = {each.get("writing") for each in compare(engine, name, WRITTEN)}
    assert len(notices) > {ENGLISH: 10, CHINESE: 4}[name]


def test_what_is_no_text_gets_a_sentence(engine):
    (read,) = engine.call(READ, {"name": ENGLISH, "texts": [None]})
    assert read == {"error": "Expected text, got object: type or paste a sentence."}  # as JavaScript calls it


@every_model
def test_words_and_ids_of_any_text_are_pythons(engine, name):
    reader, _ = python(name)
    texts = [*scripts.texts(60, seed=1), "the film is good , " * 500, "", "酒店不错鑫, wifi!"]
    for method in ("words", "ids"):
        found = engine.call(CALL, {"name": name, "method": method, "argumentLists": [[text] for text in texts]})
        assert found == [getattr(reader, method)(text) for text in texts]


def test_words_are_the_same_where_python_says_so(engine):
    reader, _ = python(ENGLISH)
    pairs = [("isn’t", "isn't"), ("good", "Good"), ("ｇood", "good"), ("", ""), ("\u200b", ""), ("fіlm", "film")]
    found = engine.call(CALL, {"name": ENGLISH, "method": "same", "argumentLists": pairs})
    assert found == [reader.normalise.same(*pair) for pair in pairs]
    assert set(found) == {True, False}


def test_the_sample_holds_the_inputs_of_the_graphs(engine):
    ids = python(CHINESE)[0].ids("酒店不错")
    feeds = engine.call(FEEDS, {"name": CHINESE, "text": "酒店不错"})
    steps = len(ids)
    assert feeds["ids"] == ["BigInt64Array", ids, [1, steps]]
    assert feeds["lengths"] == ["Int32Array", [steps], [1]]
    assert feeds["steps"] == steps


@pytest.mark.parametrize("rules", [{"version": 2}, {"steps": ["blanks", "rhymes"]}])
def test_rules_of_another_version_are_refused_as_python_does(engine, rules):
    preprocessing = preprocessing_of(ENGLISH)
    with pytest.raises(InputError) as error:
        TextReader(**preprocessing | {"normalisation": preprocessing["normalisation"] | rules})
    found = engine.call(DAMAGE, {"name": ENGLISH, "rules": rules, "changed": {}})
    assert found == {"forVisitors": True, "message": str(error.value)}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"normalizer": {"type": "Nmt"}}, "the normaliser of the tokenizer must be"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "must cut words by a regular expression"),
        (
            {
                "pre_tokenizer": {
                    "type": "Split",
                    "behavior": "Removed",
                    "invert": True,
                    "pattern": {"Regex": r"\p{L}+"},
                }
            },
            "one",
        ),
        ({"model": {"type": "Unigram", "unk_token": "a", "vocab": {"a": 0}}}, "must be WordPiece or plain BPE"),
        ({"added_tokens": [{"content": "x", "special": False}]}, "must add no tokens"),
    ],
)
def test_tokenizers_that_are_not_covered_are_refused(engine, changed, message):
    found = engine.call(DAMAGE, {"name": ENGLISH, "rules": {}, "changed": changed})
    assert re.search(message, found["message"])
    assert not found["forVisitors"]
