"""The files of the explorer, as a server or a self-contained page gets them."""

import re

import pytest

from rnnformer_demo import web
from rnnformer_demo.interpret.attribution import METHODS
from rnnformer_demo.views import VIEWS
from rnnformer_demo.web import files

ENTRIES = [path.relative_to(web.FOLDER).as_posix() for path in sorted((web.FOLDER / "views").glob("*.js"))]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of a few modules in the place of the explorer's."""
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    (tmp_path / "core").mkdir()
    return tmp_path


def test_imported_modules_come_first_and_once(folder):
    (folder / "a.js").write_text('import { b } from "./core/b.js";\nimport "./core/c.js";\n')
    (folder / "core/b.js").write_text('/** @type {import("../a.js").A} */\nimport { c, d } from "../core/c.js";\n')
    (folder / "core/c.js").write_text('export const c = "./a.js";\n')
    assert list(files.modules("a.js", "core/b.js")) == ["core/c.js", "core/b.js", "a.js"]
    assert files.modules("core/c.js") == {"core/c.js": 'export const c = "./a.js";\n'}


def test_modules_that_are_imported_when_they_are_needed_come_first_where_they_are_asked_for(folder):
    (folder / "a.js").write_text('const b = async () => (await import("./core/b.js")).b;\n')
    (folder / "core/b.js").write_text("export const b = 1;\n")
    assert list(files.modules("a.js")) == ["a.js"]
    assert list(files.modules("a.js", lazy=True)) == ["core/b.js", "a.js"]


def test_a_circle_of_modules_is_refused(folder):
    (folder / "a.js").write_text('import { b } from "./core/b.js";\n')
    (folder / "core/b.js").write_text('import { a } from "../a.js";\n')
    with pytest.raises(ValueError, match=re.escape("a.js -> core/b.js -> a.js")):
        files.modules("a.js")


def test_files_are_sent_without_comments_and_with_every_literal(folder):
    source = "/** Return it. */\nexport const a = `b  //c ${1 + 1}  d`; // why\nconst e = /[/]\\/* f/;\n"
    (folder / "a.js").write_text(source)
    (folder / "b.css").write_text("/* why */\na > b {\n  margin: calc(1px + 2px);\n}\n")
    (folder / "c.py").write_text("")
    assert files.names() == ["a.js", "b.css"]
    assert files.minified("a.js") == "export const a=`b  //c ${1 + 1}  d`;const e=/[/]\\/* f/;"
    assert files.minified("b.css") == "a>b{margin:calc(1px + 2px)}"


def test_a_report_takes_the_views_and_neither_engine_nor_page():
    names = list(web.modules("report.js", *ENTRIES))
    assert set(ENTRIES) <= set(names)
    assert [name for name in names if name.startswith(("engine/", "pages/")) or name in ("app.js", "main.js")] == []
    assert names.index("core/dom.js") < names.index("explorer.js") < names.index("report.js")


def test_styles_begin_with_the_one_that_others_build_on():
    assert web.styles()[0] == "styles/base.css"
    assert len(web.styles()) == len(list((web.FOLDER / "styles").glob("*.css")))


def test_views_are_described_in_the_order_of_the_page():
    views = web.views_of_registry()
    assert {view["name"] for view in views} == {name.removeprefix("views/").removesuffix(".js") for name in ENTRIES}
    assert [VIEWS[view["name"]].place for view in views] == sorted(VIEWS[view["name"]].place for view in views)
    for view in views:
        assert view["figure"] == (VIEWS[view["name"]].figure is not None)
        assert view["sections"] == list(VIEWS[view["name"]].sections)
        assert set(view["layouts"]) <= {"sequence", "grid"}


def test_the_address_of_the_files_changes_with_them(folder):
    (folder / "a.js").write_text("1")
    first = files.digest.__wrapped__()
    (folder / "a.js").write_text("2")
    assert files.digest.__wrapped__() != first
    (folder / "notes.txt").write_text("no file of the explorer")
    (folder / "a.js").write_text("1")
    assert files.digest.__wrapped__() == first


def test_sources_are_cited_for_methods_that_there_are():
    source = (web.FOLDER / "citations.js").read_text(encoding="utf-8")
    cited = set(re.findall(r'^  "?([a-z-]+)"?: [A-Z\[]', source, re.MULTILINE))
    assert set(METHODS) - cited == {"direct-logit-attribution", "random"}  # of this software, and no method
    assert cited <= set(METHODS)
