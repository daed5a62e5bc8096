"""Made parts of README files get into their places, and nowhere else."""

import pytest
from family import write_family

from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.reporting import readme as readme_files
from rnnformer_demo.evaluation.reporting import study_tables


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards; see `write_family`."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    write_family(folder)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
    return folder


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no model 'nobody': there is many, orphan, tea"),
        (["tea", "--markdown"], "not allowed with"),
        (["--write-cards", "--upgrade"], "not allowed with"),
        (["--write", "nowhere/README.md"], "nowhere/README.md cannot be filled"),
        (["--write", "LICENSE"], "LICENSE has no place for 'summary' or 'tasks' or"),
    ],
)
def test_what_models_cannot_do_gets_a_sentence(family, capsys, arguments, sentence):
    assert main(["models", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err


def parts() -> dict[str, str]:
    """All that `models --write` writes."""
    return readme_files.readme_parts() | study_tables.readme_parts() | explanations.readme_parts()


@pytest.fixture
def readme(tmp_path):
    """A file with a place for every part, and text around them."""
    path = tmp_path / "README.md"
    places = [f"before {name}\n\n<!-- {name} -->\nold\n<!-- end -->" for name in parts()]
    path.write_text("# Title\n\n" + "\n\n".join(places) + "\n\n<!-- bench -->\nkept\n<!-- end -->\n", encoding="utf-8")
    return path


def test_a_readme_is_filled_in_place(family, readme, capsys):
    before = readme.read_text(encoding="utf-8")
    assert main(["models", "--write", str(readme)]) == 0
    expected = before
    for name, part in parts().items():
        expected = expected.replace(f"<!-- {name} -->\nold\n", f"<!-- {name} -->\n{part}\n")
    assert readme.read_text(encoding="utf-8") == expected
    assert "old\n" not in expected
    assert "<!-- bench -->\nkept\n<!-- end -->\n" in expected
    assert main(["models", "--write", str(readme)]) == 0
    assert readme.read_text(encoding="utf-8") == expected, "filling again changes nothing"
    capsys.readouterr()
    assert main(["models", "--markdown"]) == 0
    for block in capsys.readouterr().out.strip().split("\n\n"):
        assert block in expected


def test_an_empty_place_is_filled_too(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("<!-- models -->\n<!-- end -->\n", encoding="utf-8")
    readme_files.fill(path, {"models": "new"})
    assert path.read_text(encoding="utf-8") == "<!-- models -->\nnew\n<!-- end -->\n"


def test_each_file_gets_the_parts_that_have_a_place_in_it(family, readme, tmp_path, capsys):
    other = tmp_path / "OTHER.md"
    other.write_text("<!-- limits -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert main(["models", "--write", str(readme), str(other)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"{other} is filled: limits."
    assert other.read_text(encoding="utf-8") == readme_files.marked("limits", parts()["limits"]) + "\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "# Title\n",
            r"README\.md has no place for 'models' or 'poems': add the lines <!-- models --> and <!-- end -->",
        ),
        ("<!-- poems -->\nroses\n<!-- end -->\n<!-- models -->\n", "the place for 'models' has no end"),
    ],
)
def test_a_file_without_a_place_stays_as_it_was(tmp_path, text, sentence):
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        readme_files.fill(path, {"models": "new", "poems": "violets"})
    assert path.read_text(encoding="utf-8") == text
