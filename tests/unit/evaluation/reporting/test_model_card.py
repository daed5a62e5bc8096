"""Model cards in Markdown: front matter that the Hub reads, sections, and figures of the JSON."""

import pytest
import tiny
from huggingface_hub import ModelCard

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.evaluation.reporting.detector_text import detector_text
from rnnformer_demo.evaluation.reporting.model_card import model_card, write_cards
from rnnformer_demo.evaluation.reporting.sources import data_sets, languages, training_files

FOLDER = tiny.ROOT / "checkpoints"
SECTIONS = (
    *("Model details", "Uses", "Bias, risks and limitations", "Training data", "Training procedure", "Evaluation"),
    *("Compute", "How to use", "Citation and licence"),
)
shipped = pytest.mark.parametrize("name", cards.names(FOLDER))


@shipped
def test_the_shipped_page_is_made_from_the_card(name):
    written = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == model_card(name, FOLDER), "run: python -m rnnformer_demo models --write-cards"
    titles = [line.removeprefix("## ") for line in written.splitlines() if line.startswith("## ")]
    assert titles == list(SECTIONS)


@shipped
def test_the_hub_reads_the_front_matter(name):
    card, data = cards.read_card(name, FOLDER), ModelCard((FOLDER / f"{name}.md").read_text(encoding="utf-8")).data
    assert data.license == "apache-2.0"
    assert data.pipeline_tag == ("image" if card["modality"] == "image" else "text") + "-classification"
    assert data.language == (None if card["modality"] == "image" else ["zh" if "zh" in name else "en"])
    assert len(data.datasets) == len(data_sets(training_files(card)))
    assert ("baseline" in data.tags) == ("baseline_of" in card)
    accuracies = {
        result.dataset_name: result.metric_value for result in data.eval_results if result.metric_type == "accuracy"
    }
    tests = {test: figures for test, figures in card["metrics"].items() if "held" not in test}
    assert accuracies == {test: round(figures["accuracy"], 4) for test, figures in tests.items()}


def test_a_card_says_which_parts_decide_little(monkeypatch):
    ablated = {"accuracy": 0.5, "changed": 0.2, "moved": 0.1, "p": 0.04}
    measured = {"uniform_attention": ablated | {"changed": 0.004}, "without_recurrence": ablated}
    tests = {"sst2 dev": {"n": 872, "accuracy": 0.9, "ablations": measured}, "sst2 test": {"n": 3, "accuracy": 0.9}}
    monkeypatch.setattr("rnnformer_demo.evaluation.reporting.model_card.read_tests", lambda name, sha256: tests)
    page = model_card("sentiment-en", FOLDER)
    assert page.count("What its parts do, on ") == 1
    assert "| without recurrence | 50.0 | 20.0 | 0.100 | 0.04 |" in page
    assert "Less than 1% of the answers change by uniform attention: those parts decide little." in page


def test_a_card_says_what_its_detector_was_chosen_among_and_where_the_confidence_alone_does_better():
    against = {"kind": "far", "auroc": 0.9, "auroc_of_confidence": 0.95, "flagged": 0.5, "n_out": 20, "touched": True}
    chosen = {"energy": {"stripes": 0.99, "photos": 0.8}, "pooled and plane": {"stripes": 0.9, "photos": 0.95}}
    ood = {"signal": "the distance", "recall": 0.96, "n": 100, "auroc": {"pets": against}, "selection": chosen}
    lines = list(detector_text(ood))
    assert "OOD score: the distance; 96.0 % of 100 held-out inputs lie below the threshold." in lines
    page = "\n".join(lines)
    assert "| pets | far | 0.900† | 0.950 | 50.0 | 20 |" in page
    assert page.endswith("| pooled and plane | 0.900 | 0.950 |\n| energy | 0.990 | 0.800 |")
    assert "detector | stripes" not in "\n".join(detector_text({**ood, "selection": {}}))


def test_a_model_of_ones_own_gets_a_page_too(tmp_path, monkeypatch, capsys):
    data = {"file": "tea/a.csv", "rows": 20, "trained_on": 15, "held_out": 3, "rejected_rows": 2}
    card = cards.read_card("sentiment-zh", FOLDER) | {"name": "mine", "task": "Taste of tea.", "data": data}
    plain = {key: value for key, value in card.items() if key not in ("training", "ood", "limits")}
    for name, one in (("mine", card), ("plain", plain)):
        cards.write_card(tmp_path / f"{name}.json", one)
        (tmp_path / f"{name}.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    assert [path.name for path in write_cards(tmp_path)] == ["mine.md", "plain.md"]
    mine, least = ((tmp_path / f"{name}.md").read_text(encoding="utf-8") for name in ("mine", "plain"))
    assert "# mine\n\nTaste of tea. Made from `mine.json`" in mine
    assert "Of 20 rows 15 were trained on and 3 held out; 2 could not be read." in mine
    assert "Not recorded." in least
    assert "OOD score:" in mine
    assert "OOD score:" not in least
    (tmp_path / "README.md").write_text("<!-- tasks -->\nold\n<!-- end -->\n", encoding="utf-8")
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    assert main(["models", "--write-cards"]) == 0
    assert "old" not in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"{tmp_path / 'README.md'} is written." in capsys.readouterr().out
    assert cards.names(tmp_path) == ["mine", "plain"]


def test_unknown_data_are_named_by_their_folder():
    card = {"data": {"file": "tea/a.csv, sst2/train.tsv.xz", "start": {"file": "tea/b.csv"}}}
    assert [source.title for source in data_sets(training_files(card))] == ["tea", "SST-2"]
    assert languages(card) == ["en"]
