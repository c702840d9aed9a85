"""Where a line comes from, and the line itself."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime


class Origin(Struct, frozen=True):
    """The place of one record: a Kafka topic, partition and offset, or a file and its line number.

    ``partition`` is ``None`` for a file; then ``offset`` counts lines from 1.
    """

    source: str
    partition: int | None
    offset: int


class Raw(Struct, frozen=True):
    """One record as it was read. ``recorded_at`` is Kafka's time stamp or the file's mtime: a hint, not a log fact."""

    origin: Origin
    value: bytes | None
    recorded_at: datetime


class TimeSource(StrEnum):
    """Where a line's time came from; it says how far the time can be trusted."""

    SYSLOG = "syslog"
    ISO = "iso"
    KAFKA = "kafka"
    FILE = "file"


class When(Struct, frozen=True):
    """A point in time and what had to be inferred to know it."""

    at: datetime
    source: TimeSource
    year_inferred: bool
    zone_inferred: bool

    @property
    def from_line(self) -> bool:
        """Whether the line itself carries the time, so that an id may rest on it."""
        return self.source in (TimeSource.SYSLOG, TimeSource.ISO)


class Host(Struct, frozen=True):
    """``name`` is lower case and the key of everything; ``hostname`` is the name as sent, ``None`` if none was sent."""

    name: str
    hostname: str | None


UNKNOWN_HOST = Host("unknown", None)


class Line(Struct, frozen=True):
    """One log record of one host with its envelope taken off."""

    origin: Origin
    host: Host
    when: When
    uptime_us: int | None
    tag: str | None
    text: str
    raw: str


class Rejected(Struct, frozen=True):
    """Something that looked like OOM and could not be read. It becomes a dead letter; ``code`` is stable."""

    origin: Origin
    recorded_at: datetime
    stage: str
    code: str
    detail: str
    original: str
