"""Where a line comes from, and the line itself.

Types of which there is one for each line are not traced by the garbage collector (``gc=False``): they are frozen and
hold nothing that could hold them, and tracing them takes a tenth of a report's time and more.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


Place = tuple[str, int | None]
"""A partition of a topic, or a file: lines of one place come in order."""


class Origin(Struct, frozen=True, gc=False):
    """The place of one record: a Kafka topic, partition and offset, or a file and its line number.

    ``partition`` is ``None`` for a file; then ``offset`` counts lines from 1.
    """

    source: str
    partition: int | None
    offset: int

    @property
    def place(self) -> Place:
        """The partition or the file."""
        return _place(self.source, self.partition)


@lru_cache(maxsize=4_096)
def _place(source: str, partition: int | None) -> Place:
    """One value for all lines of a place."""
    return source, partition


ROUTED_HEADER = "oom-ingest-routed"
"""Header of records that ``oom-ingest route`` wrote; its value is the place where it read them."""


class Raw(Struct, frozen=True, gc=False):
    """One record as it was read. ``recorded_at`` is Kafka's time stamp or the file's mtime: a hint, not a log fact.

    ``host`` is the host that the record's key or a header names; it counts where the record itself names none.
    ``headers`` are those of a Kafka record.
    """

    origin: Origin
    value: bytes | None
    recorded_at: datetime
    host: str | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def routed(self) -> bool:
        """Whether the first stage lets it through: then the rest of a report may come before its beginning."""
        return bool(self.headers) and any(name == ROUTED_HEADER for name, _ in self.headers)

    @property
    def next_offset(self) -> int:
        """The offset behind it."""
        return self.origin.offset + 1


class TimeSource(StrEnum):
    """Where a line's time came from; it says how far the time can be trusted."""

    SYSLOG = "syslog"
    """The line, in a form without year and zone."""
    ISO = "iso"
    """The line, with its year, in ISO 8601 or as a number of seconds since 1970."""
    JOURNALD = "journald"
    """The journal's stamp of the message."""
    DMESG = "dmesg"
    """The line, where ``dmesg -T`` computed it: wrong after a suspend or a step of the clock."""
    SHIPPER = "shipper"
    """When a shipper read the line."""
    KAFKA = "kafka"
    """The record's time stamp."""
    FILE = "file"
    """The file's."""

    @property
    def in_the_line(self) -> bool:
        """Whether the line itself carries the time."""
        return self in (TimeSource.SYSLOG, TimeSource.ISO, TimeSource.JOURNALD, TimeSource.DMESG)


class When(Struct, frozen=True, gc=False):
    """A point in time and what had to be inferred to know it."""

    at: datetime
    source: TimeSource
    year_inferred: bool
    zone_inferred: bool

    @property
    def from_line(self) -> bool:
        """Whether the line itself carries the time, so that an id may rest on it."""
        return self.source.in_the_line


_AGES_US = 10**18
"""More than any machine is up; a foreign record may say any number."""


def uptime_between(earlier_us: int, later_us: int) -> timedelta:
    """The time between two uptimes, at least 0."""
    return timedelta(microseconds=min(max(later_us - earlier_us, 0), _AGES_US))


class Host(Struct, frozen=True, gc=False):
    """``name`` is lower case and the key of everything; ``hostname`` is the name as sent, ``None`` if none was sent."""

    name: str
    hostname: str | None


UNKNOWN_HOST = Host("unknown", None)


class Line(Struct, frozen=True, gc=False):
    """One log record of one host with its envelope taken off.

    Attributes:
        place: Where it was read: the partition, or the file.
        offset: Its record's.
        host: Who logged it.
        when: Its time.
        uptime_us: Microseconds since boot, where the line tells them.
        tag: The program that logged it; ``kernel`` for the kernel.
        said: What it logged, or where that begins in ``raw``: a thousand open reports hold a hundred thousand lines.
        raw: The line as it came; of JSON, the message in it.
        boot: Id of the host's boot, where a shipper tells it.
        caller: Thread or CPU that printed a kernel line (``T1234``, ``C0``), where the kernel tells it.
        shape: The kind of envelope. One shipper sends one, so that two shippers of a host can be told apart.
        metadata: What the shipper added and the allow-list lets through, nested by ECS names.
    """

    place: Place
    offset: int
    host: Host
    when: When
    uptime_us: int | None
    tag: str | None
    said: str | int
    raw: str
    boot: str | None = None
    caller: str | None = None
    shape: str = ""
    metadata: Mapping[str, object] | None = None

    @property
    def origin(self) -> Origin:
        """Where it was read."""
        return Origin(*self.place, self.offset)

    @property
    def text(self) -> str:
        """What it logged."""
        return self.raw[self.said :] if isinstance(self.said, int) else self.said


class Rejected(Struct, frozen=True):
    """Something that looked like OOM and could not be read. It becomes a dead letter; ``code`` is stable."""

    origin: Origin
    recorded_at: datetime
    stage: str
    code: str
    detail: str
    original: str
