"""Why something failed, in the few words of the innermost cause."""

from __future__ import annotations


def innermost(error: BaseException) -> str:
    """The first cause of an error, which is the short one: client libraries wrap it in pages of text."""
    cause = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return str(getattr(cause, "strerror", None) or cause).strip() or type(cause).__name__
