"""Front matter of a model card as the Hugging Face Hub reads it: licence, data, and results as a model index."""

from typing import Any

from .figures import title_of
from .sources import DATA, data_sets, languages, training_files

_DIGITS = 4
_SPLITS = ("train", "val", "dev", "test")
_METRICS = (  # type on the Hub, name, key in the card
    ("accuracy", "Accuracy", "accuracy"),
    ("f1", "Macro F1", "macro_f1"),
    ("expected-calibration-error", "ECE after temperature scaling", "ece"),
)


def front_matter(name: str, card: dict[str, Any]) -> str:
    """Return the YAML between the two lines of dashes with which a model card begins, lines included."""
    from huggingface_hub import ModelCardData  # here alone: only who writes cards needs it

    sets = data_sets(training_files(card))
    data = ModelCardData(
        model_name=name,
        language=languages(card) or None,
        license="apache-2.0",
        library_name="pytorch",
        pipeline_tag=_task(card),
        tags=["rnn", "transformer", "explainability", *(["baseline"] if card.get("baseline_of") else [])],
        datasets=[source.hub or source.title for source in sets],
        metrics=["accuracy", "f1"],
        eval_results=_results(card),
    )
    return f"---\n{data.to_yaml()}\n---"


def _task(card: dict[str, Any]) -> str:
    return "image-classification" if card["modality"] == "image" else "text-classification"


def _results(card: dict[str, Any]) -> list[Any]:
    """Return a result for each test and metric; the held-out part, on which choices were made, is no test."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=_task(card),
            dataset_type=_place(test),
            dataset_split=_split(test),
            dataset_name=title_of(test),
            metric_type=kind,
            metric_name=title,
            metric_value=round(figures[key], _DIGITS),
        )
        for test, figures in card["metrics"].items()
        if "held out" not in title_of(test)
        for kind, title, key in _METRICS
    ]


def _place(test: str) -> str:
    """Return the data set of a test, by its id on the Hub where that is known: "sst2 dev" -> "stanfordnlp/sst2"."""
    folder = test.removesuffix(f" {_split(test)}").replace(" ", "-")
    return (folder in DATA and DATA[folder].hub) or folder


def _split(test: str) -> str | None:
    """Return the split of a test: "sst2 dev" -> "dev"."""
    last = test.rsplit(" ", 1)[-1]
    return last if last in _SPLITS else None
