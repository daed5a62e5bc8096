"""The error that tells a visitor what to do. Apart from the rest, so that it can be imported without torch."""


class InputError(ValueError):
    """Bad input. Its message is one sentence, addressed to the visitor, that says what to do."""
