"""The README files say what is so: their tables and commands, the file map, the front matter."""

import ast
import re
import shlex
from pathlib import Path

import prose
import pytest
import tiny

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import _options
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.reporting import readme, study_tables

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("bench", "evaluation", "interpret", "training")
PLACES = ("README.md", "checkpoints/README.md", *(f"rnnformer_demo/{room}/README.md" for room in ROOMS))
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", *ROOT.glob("checkpoints/*.md"), *ROOT.glob("rnnformer_demo/**/*.md"))
    if path.stem not in cards.names(ROOT / "checkpoints")  # made as a whole and compared elsewhere
)
TEXTS = {place: (ROOT / place).read_text(encoding="utf-8") for place in PLACES}
README = TEXTS["README.md"]
every_place = pytest.mark.parametrize("place", PLACES)


def _between(marker: str) -> str:
    """The text between a marker and its end, in the one file that has it."""
    (part,) = [part for text in TEXTS.values() for name, part in prose.PART.findall(text) if name == marker]
    return part


def test_front_matter_names_the_pinned_gradio():
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (pinned,) = re.findall(r"^gradio==(\S+)$", requirements, flags=re.MULTILINE)
    front = README.split("---")[1]
    assert f"sdk_version: {pinned}\n" in front
    for line in ("sdk: gradio", "app_file: app.py", "license: apache-2.0"):
        assert f"{line}\n" in front
    (description,) = re.findall(r"^short_description: (.+)$", front, flags=re.MULTILINE)
    assert len(description) <= 60  # what Hugging Face takes


def test_every_requirement_is_pinned_and_has_its_reason():
    package = ("training/requirements.txt", "batch/requirements-ray.txt")
    for path in ("requirements.txt", "tests/requirements.txt", *(f"rnnformer_demo/{each}" for each in package)):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            if line and not line.startswith("#"):
                assert re.fullmatch(r"[a-z0-9-]+(\[[a-z]+\])?==[\w.]+", line), line
                assert before.startswith("#") or "==" in before, f"{line} in {path} has no reason above it"


MADE = readme.readme_parts() | study_tables.readme_parts() | explanations.readme_parts()


@pytest.mark.parametrize("part", sorted(MADE))
def test_the_parts_that_are_made_are_what_cards_and_studies_say(part):
    assert _between(part) == MADE[part], f"run: python -m rnnformer_demo models --write {' '.join(PLACES)}"


def test_file_map_names_every_place_and_no_other():
    named = set(re.findall(r"^\| `([^`]+)` \|", _between("files"), flags=re.MULTILINE))
    package = ROOT / "rnnformer_demo"
    ignored = {"__pycache__", "__init__.py", "__main__.py"}
    there = {
        f"rnnformer_demo/{path.name}{'/' if path.is_dir() else ''}"
        for path in package.iterdir()
        if path.name not in ignored
    }
    assert named == there | {"app.py", "checkpoints/", "tests/"}


COMMANDS = sorted(set(re.findall(r"^python -m rnnformer_demo (.*)$", "\n".join(TEXTS.values()), flags=re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_can_be_given(command):
    assert _options(shlex.split(command)).run


def test_the_readme_is_short():
    assert len(README.encode()) <= 8000


def test_the_three_statements_of_the_readme_give_a_result():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(ast.parse(code).body) == 3
    assert tiny.run_python(code).startswith("positive {'A': ")


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_in_prose_lacks_a_source_beside_it(page):
    assert prose.unsourced(ROOT / page) == [], "link the table or the JSON that holds it, or leave it out"


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        ("It is right in 12.34 % of cases ([tables](#tables)).", ["12.34"]),
        ("It is right in 97 % of cases ([tables](#tables)).", ["97"]),
        ("Integrated gradients reach 97.0 %.", ["97.0"]),
        ("Integrated gradients reach 97.0 % ([tables](#tables)).", []),
        ("They lie at 97.0 and 12.34 % ([tables](#tables)).", ["12.34"]),
        ("- 97.0 % ([tables](#tables))\n- 96.9 %", ["96.9"]),
        ("On all tests 3.9 % ([card](../../checkpoints/objects.json)), not 3.35 %.", ["3.35"]),
        ("They beat 95 % of random orders, with a 95 % interval.", []),
    ],
)
def test_figures_without_a_source_are_found(sentence, figures):
    path = ROOT / "rnnformer_demo/evaluation/README.md"
    text = TEXTS["rnnformer_demo/evaluation/README.md"]
    assert prose.unsourced(path, f"{text}\n\n{sentence}\n") == figures


@every_place
def test_nothing_is_left_to_fill_in(place):
    assert "@@" not in TEXTS[place]


def test_the_bench_has_been_run():
    assert len(_between("bench").splitlines()) > 8


@every_place
def test_screenshot_and_linked_files_exist(place):
    links = re.findall(r"\]\(([^)#:]+)(#[^)]+)?\)", TEXTS[place])
    for link, anchor in links:
        linked = (ROOT / place).parent / link
        assert linked.is_file(), link
        if anchor:
            assert anchor[1:] in _anchors(linked.read_text(encoding="utf-8")), f"{link}{anchor}"


def _anchors(text: str) -> set[str]:
    """Anchors of a Markdown page's headings, as GitHub and Hugging Face make them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
