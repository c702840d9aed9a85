"""The one error of this package, and the sentence that several modules need."""


class StackError(Exception):
    """A server cannot be had or does not start.

    The text begins with one sentence that says what failed and what to change; where a server died, the last lines of
    its log follow.
    """


EXTRA_MISSING = "the real servers need an extra that is not installed: run  pip install 'oom-ingest[stack]'"
