"""Data sets and pretrained weights that cards name: their titles, citations, licences, languages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """A data set, or a pretrained network.

    Attributes:
        title: its name in the literature.
        citation: authors and year.
        licence: as far as it is known.
        language: code of ISO 639-1; None for photos.
        hub: its id on the Hugging Face Hub; None where it is not known to be there.
    """

    title: str
    citation: str
    licence: str
    language: str | None = None
    hub: str | None = None


DATA = {  # by the folder in which a data set lies
    "sst2": Source("SST-2", "Socher et al. 2013", "none named", "en", "stanfordnlp/sst2"),
    "imdb": Source("IMDB reviews", "Maas et al. 2011", "none named", "en", "stanfordnlp/imdb"),
    "ag-news-partial": Source(
        "AG News, part of the training set", "Zhang, Zhao, LeCun 2015", "none named", "en", "fancyzhx/ag_news"
    ),
    "chnsenticorp": Source("ChnSentiCorp", "Songbo Tan", "none named", "zh"),
    "online-shopping-zh": Source("online_shopping_10_cats", "SophonPlus", "none named", "zh"),
    "caltech101": Source("Caltech-101", "Fei-Fei, Andreeto, Ranzato, Perona (doi:10.22002/D1.20086)", "CC BY 4.0"),
    "imagenet-sample": Source("500 photos of ImageNet classes", "Russakovsky et al. 2015", "none named"),
    "pets-partial": Source(
        "Oxford-IIIT Pet, in part",
        "Parkhi, Vedaldi, Zisserman, Jawahar 2012",
        "CC BY-SA 4.0",
        None,
        "timm/oxford-iiit-pet",
    ),
}
PRETRAINED = {  # by the name in a card's `data.vectors`, or in the config of an image model
    "minilm": Source("all-MiniLM-L6-v2", "Wang et al. 2020; Reimers & Gurevych 2019", "Apache-2.0"),
    "e5": Source("multilingual-e5-small", "Wang et al. 2024", "MIT"),
    "efficientnet-lite0": Source("EfficientNet-Lite0", "Tan & Le 2019", "Apache-2.0"),
}


def data_sets(files: Iterable[str]) -> list[Source]:
    """Return the data sets of files, "sst2/train.tsv.xz", each once; an unknown folder is its own title."""
    folders = dict.fromkeys(file.split("/")[0] for file in files)
    return [DATA.get(folder, Source(folder, "", "not known")) for folder in folders]


def training_files(card: dict[str, Any]) -> list[str]:
    """Return the files on which a model was trained, those of the model that it started from first."""
    stages = [*([card["data"]["start"]] if "start" in card["data"] else []), card["data"]]
    return [file for stage in stages for file in stage["file"].split(", ")]


def pretrained(card: dict[str, Any]) -> list[Source]:
    """Return the pretrained networks from whose weights a model started."""
    if card["modality"] == "image":
        return [PRETRAINED["efficientnet-lite0"]]
    vectors = card["data"].get("vectors")
    return [PRETRAINED[vectors]] if vectors in PRETRAINED else []


def languages(card: dict[str, Any]) -> list[str]:
    """Return the languages of the training data, as codes."""
    codes = (source.language for source in data_sets(training_files(card)))
    return list(dict.fromkeys(language for language in codes if language))
