"""What ``oom-ingest check`` finds: a state, what was looked at, and what to do."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """``WRONG`` keeps the service from working, ``DOUBTFUL`` costs something, ``SKIPPED`` could not be looked at."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"
    SKIPPED = "skipped"


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``mend`` says what to do, where something is to be done."""

    state: State
    what: str
    said: str
    mend: str = ""


def fine(what: str, said: str) -> Finding:
    """All is well."""
    return Finding(State.FINE, what, said)


def doubtful(what: str, said: str, mend: str) -> Finding:
    """It works, and costs something."""
    return Finding(State.DOUBTFUL, what, said, mend)


def wrong(what: str, said: str, mend: str) -> Finding:
    """It keeps the service from working."""
    return Finding(State.WRONG, what, said, mend)


def unreachable(what: str, error: Exception) -> Finding:
    """A server cannot be used; the sentence of ``Unavailable`` or ``Refused`` names what to change."""
    return Finding(State.WRONG, what, str(error).removeprefix(f"{what} "))


def skipped(what: str, said: str) -> Finding:
    """It could not be looked at."""
    return Finding(State.SKIPPED, what, said)
