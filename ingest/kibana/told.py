"""What came of each thing that is installed in Kibana."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """What came of one thing. ``KEPT`` was changed by somebody in Kibana and is left so."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    FAILED = "failed"
    NOT_WRITTEN = "not written"

    @property
    def is_wrong(self) -> bool:
        """Whether a person has to look at it."""
        return self in (State.FAILED, State.NOT_WRITTEN)


class Told(Struct, frozen=True):
    """One thing, what came of it, and why."""

    kind: str
    id: str
    title: str
    state: State
    reason: str = ""
