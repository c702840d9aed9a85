"""The one error of this package."""


class StackError(Exception):
    """A server cannot be had or does not start. The text is one sentence that names what to change."""
