"""The explorer's files: one a view, small, self-contained, in two languages, and free of HTML strings."""

import ast
import gzip
import re
from collections.abc import Iterator

import pytest
import tiny

from rnnformer_demo import web
from rnnformer_demo.checkpoints.cards import readable_cards
from rnnformer_demo.interpret.attribution import METHODS
from rnnformer_demo.views import VIEWS

MODULES = {path.relative_to(web.FOLDER).as_posix(): path.read_text("utf-8") for path in web.FOLDER.rglob("*.js")}
STYLES = {path.name: path.read_text("utf-8") for path in web.FOLDER.rglob("*.css")}
LIMIT = 150_000  # bytes that a first visit fetches: modules, one language and styles, compressed as they are sent
# Rooms whose sentences for visitors may reach the page; those of training and of readers of data sets do not.
SPEAKING = (
    *("document/serialisation.py", "data/image.py", "data/text.py", "data/normalisation", "data/seeds.py"),
    *("interpret", "analysis", "api"),
)
FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")
_ENTRY = re.compile(r'^\s+(?:"((?:[^"\\]|\\.)*)"|(\w+)):\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
UNSEEN = {"endpoints.py", "legacy.py", "blocks.py", "reading.py", "page.py", "v1", "server"}  # of HTTP, or the start
_USED = re.compile(r'\bt\(\s*"([^"]+)"')
_BUILT = re.compile(r"\bt\(\s*`([^`$]+)\$\{")


def entries(language: str, part: str) -> dict[str, str]:
    """The texts or messages of a language, by key."""
    source = MODULES[f"locales/{language}.js"]
    start = source.index(f"  {part}: {{")
    end = source.find("\n  },\n", start)
    found = _ENTRY.findall(source[start : end + 1])
    unescaped = [(re.sub(r"\\(.)", r"\1", quoted) or plain, text) for quoted, plain, text in found]
    assert len(dict(unescaped)) == len(unescaped), [key for key, _ in unescaped if dict(unescaped).get(key) is None]
    return dict(unescaped)


def test_each_view_is_one_file_of_the_same_name():
    files = {name for name in MODULES if name.startswith("views/") and name.count("/") == 1}
    assert files == {f"views/{name}.js" for name in VIEWS}
    folders = {name.split("/")[1] for name in MODULES if name.startswith("views/") and name.count("/") > 1}
    assert folders <= VIEWS.keys()  # parts of a large view lie in a folder of its name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_first_visit_fetches_little(language):
    fetched = [*web.all_modules(), f"locales/{language}.js", *web.styles()]
    sent = sum(len(gzip.compress(web.minified(name).encode(), 9)) for name in fetched)  # as Starlette does
    assert sent <= LIMIT, f"{sent} bytes in {len(fetched)} files"


def test_the_explorer_asks_nothing_of_other_machines():
    for name, source in (MODULES | STYLES).items():
        assert set(re.findall(r"https?://[^\"'` )]+", source)) <= {"http://www.w3.org/2000/svg"}, name


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_no_text_becomes_markup(forbidden):
    assert [name for name, source in MODULES.items() if forbidden in source] == []


def test_no_template_stands_within_a_template():
    """Within one the minifier would take words for code, and blanks out of them."""
    for name, source in MODULES.items():
        code = re.sub(r"/\*\*.*?\*/|^\s*//.*$", "", source, flags=re.DOTALL | re.MULTILINE)
        places = (_braced(code, place.end()) for place in re.finditer(r"\$\{", code))
        assert [inside for inside in places if "`" in inside] == [], name


def _braced(code: str, start: int) -> str:
    """The code from a place in braces on to their end."""
    depth = 1
    for place in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[place], 0)
        if not depth:
            return code[start:place]
    return code[start:]


def test_modules_import_each_other_by_lines_that_python_reads():
    assert set(web.modules("main.js")) <= set(MODULES)
    for name, source in MODULES.items():
        lines = [line for line in source.splitlines() if line.startswith("import ")]
        assert all(re.fullmatch(r'import [^"]+ from "\.{1,2}/[\w./-]+\.js";', line) for line in lines), name
        assert not re.search(r"^[ \t]+import ", source, re.MULTILINE), name


def test_languages_have_the_same_keys_and_the_same_places():
    english, chinese = entries("en", "texts"), entries("zh", "texts")
    assert english.keys() == chinese.keys()
    places = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    others = {key: set(re.findall(r"\{\w+\}", text)) for key, text in chinese.items()}
    assert {key: others[key] - places[key] for key in places if others[key] - places[key]} == {}
    same = (key for key, text in chinese.items() if text == english[key])
    untranslated = [key for key in same if re.search(r"[a-z]{3} [a-z]{3}", english[key])]
    assert untranslated == []


def test_every_key_that_is_used_is_there():
    known = entries("en", "texts")
    code = {name: source for name, source in MODULES.items() if not name.startswith("locales/")}
    used = {key for source in code.values() for key in _USED.findall(source)}
    assert used - known.keys() == set()
    for prefix in {prefix for source in code.values() for prefix in _BUILT.findall(source)}:
        assert any(key.startswith(prefix) for key in known), prefix
    for view in VIEWS:
        assert {f"view.{view}.{part}" for part in ("title", "help", "reading", "source")} <= known.keys()
    assert {f"method.{name}" for name in METHODS} <= known.keys()


def sentences() -> Iterator[str]:
    """English sentences that the server may send to the page, with {0}, {1} … where something is filled in."""
    for place in SPEAKING:
        path = tiny.ROOT / "rnnformer_demo" / place
        for file in [path] if path.suffix else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    speaks = file.name == "serialisation.py" or ast.unparse(node.exc.func) == "InputError"
                    if speaks and not UNSEEN.intersection(file.parts) and (text := template(node.exc.args[0])):
                        yield text
                elif isinstance(node, ast.Yield) and place.startswith("data/") and (text := template(node.value)):
                    yield text  # a notice
    for method in METHODS.values():
        yield from (method.about, method.scale)
    for card in readable_cards().values():
        if not card.get("baseline_of"):
            yield from (card["task"], card["limits"])


def template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = iter(range(len(node.values)))
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(parts)}}}" for part in node.values)


def test_every_sentence_of_the_server_is_translated():
    patterns = [
        re.compile("(.*?)".join(map(re.escape, re.split(r"\{\d+\}", english))), re.DOTALL)
        for english in entries("zh", "messages")
    ]
    missing = [text for text in sentences() if not any(pattern.fullmatch(text) for pattern in patterns)]
    assert missing == []
