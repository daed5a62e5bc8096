"""The command `predict`: the class of a text or a photo, without torch where graphs run the model."""

import argparse
from collections.abc import Callable

from .inputs import add_input, source
from .schema import add_schema, printed


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    predict = command("predict", _predict, "classify a text or a photo")
    predict.add_argument("model", metavar="MODEL")
    add_input(predict)
    add_schema(predict)


def _predict(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.prediction import predict
    from ..api import legacy

    document = predict(options.model, source(options))
    answer = document.prediction
    return printed(document, options, legacy.prediction), "\n".join(
        [f"{answer.label} ({answer.confidence:.1%})", *document.warnings]
    )
