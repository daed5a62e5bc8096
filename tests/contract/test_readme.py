"""The README files say what is so: their tables and commands, the file map, the front matter."""

import re
import shlex
from pathlib import Path

import pytest

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import _parser
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.reporting import readme, study_tables

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("README.md", "rnnformer_demo/training/README.md", "rnnformer_demo/evaluation/README.md")
TEXTS = {place: (ROOT / place).read_text(encoding="utf-8") for place in PLACES}
README = TEXTS["README.md"]
every_place = pytest.mark.parametrize("place", PLACES)


def _between(marker: str) -> str:
    """What stands between a marker and its end, in the one file that has it."""
    parts = [re.search(rf"<!-- {marker} -->\n(.*?)\n<!-- end -->", text, flags=re.DOTALL) for text in TEXTS.values()]
    (found,) = filter(None, parts)
    return found.group(1)


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
    for path in ("requirements.txt", "tests/requirements.txt", "rnnformer_demo/training/requirements.txt"):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            if line and not line.startswith("#"):
                assert re.fullmatch(r"[a-z0-9-]+==[\w.]+", line), line
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
    options = _parser().parse_args(shlex.split(command))
    assert options.run
    assert getattr(options, "seeds", [0])


SEVERAL = {name: card for name, card in cards.readable_cards().items() if "seeds" in card}


@pytest.mark.parametrize("name", SEVERAL)
def test_the_command_of_a_card_trains_all_its_seeds(name):
    options = _parser().parse_args(shlex.split(SEVERAL[name]["command"])[3:])
    assert options.seeds == [each["seed"] for each in SEVERAL[name]["seeds"]]


@every_place
def test_nothing_is_left_to_fill_in(place):
    assert "@@" not in TEXTS[place]


def test_the_bench_has_been_run():
    assert len(_between("bench").splitlines()) > 8


@every_place
def test_screenshot_and_linked_files_exist(place):
    links = re.findall(r"\]\(([^)#:]+)(#[^)]+)?\)", TEXTS[place])
    assert links or place.startswith("rnnformer_demo/training/")
    for link, anchor in links:
        linked = (ROOT / place).parent / link
        assert linked.is_file(), link
        if anchor:
            assert anchor[1:] in _anchors(linked.read_text(encoding="utf-8")), f"{link}{anchor}"


def _anchors(text: str) -> set[str]:
    """What a Markdown page calls its headings in links, as GitHub and Hugging Face do."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
