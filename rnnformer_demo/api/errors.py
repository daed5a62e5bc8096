"""Answers to what goes wrong, for all handlers: a sentence to the visitor, a line in the log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any

import gradio as gr

from ..data import InputError
from ..data.normalisation import whole_characters
from .requests import Request, read
from .server.logs import log
from .server.observation import observed, request_id

REFUSED = "Please note"  # title of an error that the visitor can mend, over its sentence


def error_of(error: InputError) -> gr.Error:
    """Return the error that shows a sentence to the visitor."""
    # No encoder takes half of a character, which a sentence may quote.
    return gr.Error(whole_characters(str(error)), title=REFUSED, print_exception=False)


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Turn errors into sentences: a visitor's mistake is one line in the log, without what was sent; ours is traced.

    Args:
        name: of the endpoint.
    """
    try:
        yield
    except InputError as error:
        raise error_of(error) from error
    except gr.Error:
        raise
    except Exception as error:
        reference = request_id()
        log("fault", logging.ERROR, error, request=reference, kind=name)
        sentence = f"Something went wrong on the server (reference {reference}): try again."
        raise gr.Error(sentence, print_exception=False) from error


def checked(schema: type[Request]) -> Callable[[Callable], Callable]:
    """Wrap a handler so that its arguments are checked by a schema with fields of their names before it runs."""

    def wrap(handler: Callable) -> Callable:
        names = tuple(signature(handler).parameters)

        @wraps(handler)
        def run(*arguments: Any, **options: Any) -> Any:
            given = dict(zip(names, arguments, strict=True)) | options
            with answering(handler.__name__), observed(handler.__name__, given.get("model")):
                request = read(schema, given)
                return handler(**{name: getattr(request, name) for name in names})

        return run

    return wrap
