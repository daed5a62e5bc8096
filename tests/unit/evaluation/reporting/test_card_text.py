"""A card as text for a terminal."""

import pytest
import tiny
from family import write, write_family

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.evaluation.reporting import card_text, figures


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards; see `write_family`."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    write_family(folder)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
    return folder


def test_a_card_is_described(family, capsys):
    assert main(["models", "tea"]) == 0
    text = capsys.readouterr().out
    for line in (
        "tea: Taste.",
        "Classes (2): class 0, class 1",
        "Data: a/b.tsv",
        "Rows (2,000): 1,800 trained on, 200 held out, 3 rejected",
        "Size: 1,234,567 parameters, 1.0 MB",
        "held out  1,000          90.0 (88.0 to 91.0)         50.0                       3.4 -> 1.2",
        "class 1  701  701",
        "OOD score: energy, threshold 1.23: 95.0 % of 800 held-out inputs lie below it",
        "AUROC against reviews of phones (near): 0.750 (800 in distribution, 400 out)",
        "Training: 12.5 minutes on A processor, 2 cores, 1 thread, bfloat16",
        f"Seeds: {figures.seeds_summary(cards.read_card('tea'))}",
        "Command: python -m rnnformer_demo train text --name tea",
        "Limits: It knows two tastes.",
    ):
        assert line in text.splitlines(), line
    assert "Baseline of: tea" in card_text.describe("tea-gru").splitlines()


def test_a_confusion_matrix_of_many_classes_is_left_out(family):
    assert "Confusion" not in card_text.describe("many")
    assert "class 19, ..." in card_text.describe("many")


def test_columns_stay_aligned_under_wide_characters(tmp_path):
    write(tmp_path, "zh", config={"labels": ["好", "bad"]})
    lines = card_text.describe("zh", tmp_path).splitlines()
    assert "好   700  700" in lines
    assert "bad  701  701" in lines


def test_cards_are_read_and_described_without_torch():
    out = tiny.run_python(
        "import sys\nfrom rnnformer_demo.checkpoints import cards\n"
        "from rnnformer_demo.evaluation.reporting import card_text, readme\nname, *_ = cards.names()\n"
        "card_text.describe(name), readme.readme_parts()\n"
        "print({'torch', 'scipy', 'huggingface_hub'} & set(sys.modules))"
    )
    assert out == "set()"
