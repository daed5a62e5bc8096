"""The one place in which bad input becomes an error that the page and the API show."""

from collections.abc import Callable
from functools import wraps

import gradio as gr

from ..data import InputError


def as_gradio_error(handler: Callable) -> Callable:
    """Wraps a handler so that an `InputError` reaches the visitor as its sentence; any other error stays unnamed."""

    @wraps(handler)
    def run(*arguments, **named):
        try:
            return handler(*arguments, **named)
        except InputError as error:
            raise gr.Error(str(error), title="Please note", print_exception=False) from error

    return run
