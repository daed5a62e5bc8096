"""Conversion of bad input into an error that the page and the API show, for all handlers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from ..data import InputError


def error_of(error: InputError) -> gr.Error:
    """Return the error that shows a sentence to the visitor."""
    return gr.Error(str(error), title="Please note", print_exception=False)


def as_gradio_error(handler: Callable) -> Callable:
    """Wrap a handler so that an `InputError` reaches the visitor as its sentence; any other error stays unnamed."""

    @wraps(handler)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return handler(*arguments, **options)
        except InputError as error:
            raise error_of(error) from error

    return run
