"""The arguments of the command `train`."""

import argparse
from typing import Any

from ..data import InputError

KINDS = {
    "text": "train a hybrid on labelled texts",
    "image": "train a hybrid on labelled photos",
    "objects": "distil EfficientNet-Lite0, 1,000 classes, into a hybrid that starts as it, on photos without labels",
    "teacher": "fine-tune a pretrained encoder on labelled texts, for --teacher",
    "ngrams": "fit a linear model of n-grams of characters to labelled texts of two classes, for --teacher",
    "encoders": "pretrain the LSTM and the GRU of a text hybrid, each on its own, for --encoders",
    "search": "search hidden size, hidden layers, dropout and learning rate on held-out data",
    "ablations": "measure what each part of a text hybrid contributes, over several seeds",
    "image-ablations": "the same for an image hybrid, on a frozen backbone",
}
# Fields of the configs and of the recipe that the command line offers, with what they mean.
CONFIG_FIELDS = {
    "width": (int, "width of every block"),
    "recurrence": (str, "comma-separated: lstm,gru or lstm or gru or none"),
    "blocks": (str, "comma-separated pattern such as recurrent,attention,attention, from the input on, or none"),
    "recurrent_layers": (int, "recurrent blocks below the attention, in place of --blocks"),
    "units": (int, "hidden units of one direction of one recurrence"),
    "attention_layers": (int, "Transformer encoder layers, 0 for none, in place of --blocks"),
    "heads": (int, "attention heads"),
    "head_layers": (str, "comma-separated hidden widths of the fully connected head, or none"),
    "positions": (bool, "add a sinusoidal position encoding"),
    "dropout": (float, "dropout, 0 to below 1"),
}
KIND_FIELDS = {
    "text": {
        "vocabulary": (int, "entries of the vocabulary"),
        "embedding": (int, "width of a token's vector"),
        "max_tokens": (int, "longer texts are cut"),
        "word_dropout": (float, "share of tokens that training blanks"),
    },
    "image": {
        "image_size": (int, "pixels, a multiple of 32"),
        "backbone": (str, "the CNN: efficientnet_lite0, or by torchvision's name such as mobilenet_v3_small"),
        "grid": (str, "what is read of it: 32 (its last grid, cells of 32 pixels), 16 or both"),
    },
}
RECIPE_FIELDS = {
    "epochs": (int, "passes over the data"),
    "batch_size": (int, "rows per update"),
    "learning_rate": (float, "highest learning rate of AdamW"),
    "weight_decay": (float, "of AdamW, on matrices"),
    "clip": (float, "norm to which gradients are clipped"),
    "label_smoothing": (float, "0 to below 1"),
    "precision": (str, "of the matrix products: float32, or bfloat16 where the processor multiplies it fast"),
}
SEED = {"seed": (int, "of everything that is drawn")}
_FIELDS = {
    "text": CONFIG_FIELDS | KIND_FIELDS["text"] | RECIPE_FIELDS,
    "image": CONFIG_FIELDS | KIND_FIELDS["image"] | RECIPE_FIELDS,
    "objects": {field: about for field, about in CONFIG_FIELDS.items() if field != "head_layers"}
    | {"image_size": KIND_FIELDS["image"]["image_size"]}
    | {field: about for field, about in RECIPE_FIELDS.items() if field != "label_smoothing"}
    | SEED,
    "teacher": {"max_tokens": KIND_FIELDS["text"]["max_tokens"]} | RECIPE_FIELDS | SEED,
    "ngrams": {
        "longest": (int, "characters of an n-gram at most"),
        "strength": (float, "inverse of the regularisation"),
        "folds": (int, "fit so many; each leaves a part of the texts out, and teaches of nothing else"),
    },
    "encoders": CONFIG_FIELDS | KIND_FIELDS["text"] | RECIPE_FIELDS | SEED,
    "search": CONFIG_FIELDS | KIND_FIELDS["text"] | RECIPE_FIELDS | SEED,
    "ablations": CONFIG_FIELDS | KIND_FIELDS["text"] | RECIPE_FIELDS,
    "image-ablations": CONFIG_FIELDS | KIND_FIELDS["image"] | RECIPE_FIELDS,
}
_OF_PHOTOS = ("image", "objects", "image-ablations")
_ABLATIONS = ("ablations", "image-ablations")
_OF_TEXT_HYBRIDS = ("text", "encoders", "search", "ablations")
_RESUMABLE = ("text", "image", "objects", "teacher", "encoders")  # the others go on where their table ends
CARD_FIELDS = ("task", "limits", "examples")  # that --about may give


def add_arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    """Adds what a kind of training takes.

    Args:
        kind: a key of `KINDS`.
    """
    if kind not in _ABLATIONS:
        parser.add_argument("--name", required=True, help="of what is trained")
    if kind in _RESUMABLE:
        parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.add_argument("--runs", default="runs", metavar="FOLDER", help="for resume files and caches")
    parser.add_argument("--threads", type=int, help="processor threads (default: all)")
    if kind in ("image", "image-ablations"):
        _add_photos(parser, kind)
    if kind == "objects":
        _add_objects(parser)
    if kind not in _OF_PHOTOS:
        parser.add_argument("--data", nargs="+", required=True, help="TSV, CSV or JSONL with text and label")
        parser.add_argument("--labels", nargs="*", help="names for the labels of the data, in their sorted order")
        parser.add_argument("--without", nargs="*", default=[], metavar="DATA", help="leave these texts out")
    if kind in ("text", "image"):
        parser.add_argument("--test", nargs="*", default=[], metavar="DATA", help="sets to test the result on")
    if kind in ("text", "image", "objects"):
        parser.add_argument("--about", metavar="FILE", help=f"JSON with {', '.join(CARD_FIELDS)} for the card")
    if kind in _OF_TEXT_HYBRIDS:
        _add_sources(parser)
    if kind in ("text", "image", "encoders"):
        _add_rival(parser, kind)
    if kind in ("text", "image"):
        seeds = "a model each; the best held out is kept (default: 0)"
        parser.add_argument("--seeds", nargs="+", type=int, default=[0], help=seeds)
    if kind == "text":
        _add_text(parser)
    if kind == "teacher":
        encoder = "minilm: all-MiniLM-L6-v2 (default); or e5: multilingual-e5-small"
        parser.add_argument("--encoder", default="minilm", help=encoder)
    if kind == "encoders":
        parser.add_argument("--objective", default="language-model", help="language-model (default) or task")
    if kind == "search":
        parser.add_argument("--trials", type=int, default=20, help="how many in all (default: 20)")
    if kind in _ABLATIONS:
        _add_ablations(parser, kind)
    if kind in ("search", *_ABLATIONS):
        parser.add_argument("--table", metavar="FILE", help="where the results go (default: in training/results)")
    _add_fields(parser, _FIELDS[kind])


def _add_sources(text: argparse.ArgumentParser) -> None:
    pieces = "wordpiece (default); or bpe, which joins up to four letters or Chinese characters: for Chinese"
    text.add_argument("--tokenizer", metavar="KIND", help=pieces)
    vectors = "start the embedding from minilm (all-MiniLM-L6-v2, the default here) or e5 (multilingual-e5-small), or "
    vectors += "from vectors.npz and vocabulary.json in a FOLDER"
    text.add_argument("--word-vectors", nargs="?", const="minilm", metavar="minilm|e5|FOLDER", help=vectors)
    text.add_argument("--window", type=int, help="tokens of a text that an epoch sees at most, drawn anew each time")
    text.add_argument("--unlabelled", nargs="*", default=[], metavar="DATA", help="files whose sentences are read too")
    text.add_argument("--unlabelled-limit", type=int, default=100_000, help="most of them (default: 100000)")


def _add_text(text: argparse.ArgumentParser) -> None:
    teachers = "learn from teachers too, or from text models of your own: the mean of what those of each name say"
    text.add_argument("--teacher", nargs="+", default=[], metavar="NAME", help=teachers)
    folds = "deal the texts into N parts; each seed's model leaves one out, and teaches of nothing else"
    text.add_argument("--folds", type=int, default=1, metavar="N", help=folds)
    start = "start from a trained text model: its tokenizer, shape and weights (of a rival: its rival's)"
    text.add_argument("--start", metavar="NAME", help=start)
    text.add_argument("--encoders", metavar="NAME", help="start from pretrained encoders, see train encoders")


def _add_rival(parser: argparse.ArgumentParser, kind: str) -> None:
    cnn = "; or cnn: the mean of the CNN's grid and a linear layer alone" if kind == "image" else ""
    parser.add_argument("--rival", help=f"lstm, gru or transformer: as many parameters as the hybrid described{cnn}")


def _add_ablations(ablations: argparse.ArgumentParser, kind: str) -> None:
    ablations.add_argument("--test", required=True, metavar="DATA", help="set to test on")
    ablations.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="default: 0 1 2")
    ablations.add_argument("--only", nargs="*", default=[], metavar="NAME", help="beginnings of the models' names")
    if kind == "ablations":
        ablations.add_argument("--long", required=True, metavar="DATA", help="longer texts to test on")
        taught = "for the distilled models, see train teacher"
        ablations.add_argument("--teacher", nargs="+", default=[], metavar="NAME", help=taught)


def _add_photos(photos: argparse.ArgumentParser, kind: str) -> None:
    photos.add_argument("--data", required=True, help="folder or zip, one folder a class or with index.csv")
    photos.add_argument("--views", type=int, default=4, help="cached views of a photo, one plain (default: 4)")
    photos.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")
    if kind == "image":
        _add_tuning(photos)


def _add_tuning(image: argparse.ArgumentParser) -> None:
    blocks = "fine-tune so many last blocks of the backbone (default: 0); efficientnet_lite0: 5 above its finer grid"
    image.add_argument("--tuned-blocks", type=int, default=0, metavar="N", help=blocks)
    image.add_argument("--tuned-rate", type=float, default=0.1, help="their share of the learning rate (default: 0.1)")


def _add_objects(objects: argparse.ArgumentParser) -> None:
    parts = "a split test, or half of the photos, is tested on"
    objects.add_argument("--data", nargs="+", required=True, help=f"folders or zips of photos; {parts}")
    objects.add_argument("--views", type=int, default=5, help="cached views of a photo, one plain (default: 5)")
    agree = "share of the teacher's consensus over views in what is learnt (default: 0.5)"
    objects.add_argument("--consistency", type=float, default=0.5, help=agree)
    objects.add_argument("--softening", type=float, default=2.0, help="temperature of its answers (default: 2)")


def _add_fields(parser: argparse.ArgumentParser, fields: dict) -> None:
    for field, (converter, about) in fields.items():
        flag = "--" + field.replace("_", "-")
        if converter is bool:
            parser.add_argument(flag, action="store_true", default=None, help=about)
        else:
            parser.add_argument(flag, type=converter, help=about)
    if "backbone" in fields:  # under its former name
        parser.add_argument("--trunk", dest="backbone", help=argparse.SUPPRESS)


def with_blocks(chosen: dict[str, Any]) -> dict[str, Any]:
    """Return fields of a config with numbers of layers turned into blocks; without recurrence none is recurrent.

    Raises:
        InputError: for blocks beside numbers of layers, and for a number below 0.
    """
    from ..models import HybridConfig, stacked

    layers = {field: chosen.pop(field) for field in ("recurrent_layers", "attention_layers") if field in chosen}
    if "blocks" in chosen and layers:
        flags = " and ".join("--" + field.replace("_", "-") for field in layers)
        raise InputError(f"--blocks says it all: leave out {flags}.")
    if "blocks" in chosen or not (layers or "recurrence" in chosen):
        return chosen
    usual = HybridConfig.blocks
    recurrent = layers.get("recurrent_layers", usual.count("recurrent")) if chosen.get("recurrence", True) else 0
    try:
        return chosen | {"blocks": stacked(recurrent, layers.get("attention_layers", usual.count("attention")))}
    except ValueError as error:
        raise InputError(f"{error}.") from error
