"""The input of a command: a text or the path of a photo, as it was given or from standard input."""

import argparse
import sys
from typing import Any

from ..data.decoding import decode_text, typed_argument

_INPUT = "a text, or a path to an image file for an image model; - reads it from standard input"


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the argument INPUT and the encoding of a text."""
    parser.add_argument("input", metavar="INPUT", help=_INPUT)
    parser.add_argument("--encoding", metavar="NAME", help="of a text (default: UTF-8, or another that is certain)")


def source(options: argparse.Namespace) -> Any:
    """Return the input of a command; where a text is in no Unicode encoding, it is said on standard error.

    Raises:
        InputError: for an unknown model, for a text that is too long, and see `decode_text`.
    """
    from ..api.requests import PredictText, read
    from ..checkpoints.cards import read_card

    if read_card(options.model)["modality"] == "image":
        return sys.stdin.buffer.read() if options.input == "-" else options.input
    if options.input == "-":
        text, encoding = decode_text(sys.stdin.buffer.read(), options.encoding)
    else:
        text, encoding = typed_argument(options.input, options.encoding)
    if not options.encoding and not encoding.startswith("utf"):
        print(f"The text is not in UTF-8: it was read as {encoding}; --encoding names another.", file=sys.stderr)
    return read(PredictText, {"model": options.model, "text": text}).text
