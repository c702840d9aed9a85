"""Lines joined into a block: one invocation of a killer, as its lines came."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from ingest.model.line import Line


class Role(StrEnum):
    """What a matched line does to the report it belongs to."""

    OPENS = "opens"
    """Begins a report, unless one waits for its head."""
    BODY = "body"
    """Belongs to the open report; without one it is nothing."""
    VICTIM = "victim"
    """Names who died: belongs to the open report that it fits, else begins one."""
    EVIDENCE = "evidence"
    """Names no victim, but is said of nothing else than an OOM: belongs to the open report, else begins one."""


class Part(Protocol):
    """What one wording says, as a frozen value private to its family. The assembler asks only these two questions."""

    @property
    def key(self) -> str | None:
        """Keeps reports of one host apart that run side by side (an OpenVZ container); ``None`` where none is said."""

    @property
    def pid(self) -> int | None:
        """The victim that this line names, if it names one."""


class Entry(Struct, frozen=True, gc=False):
    """One line of a block. ``part`` is ``None`` for context that no wording explains, ``unread`` an unknown tail."""

    line: Line
    part: Part | None
    unread: bool = False


class ClosedBy(StrEnum):
    """Why a report was written."""

    TERMINATOR = "terminator"
    NEXT_REPORT = "next_report"
    GAP = "gap"
    CAP = "cap"
    IDLE = "idle"


class Block(Struct, frozen=True):
    """The lines of one invocation of a killer, in the order in which they were logged.

    ``mixed`` is whether another report of the host ran beside it and nothing tells for sure which line is whose.
    """

    format: str
    entries: tuple[Entry, ...]
    closed_by: ClosedBy
    mixed: bool = False
