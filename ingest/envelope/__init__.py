"""Bytes of one record to a line: host, time, uptime, tag and the text behind them.

Which kind of envelope a record has is told from the record alone, unless the configuration pins one. ``text`` reads
what stands before a message, ``json_record`` the objects of shippers, ``message`` takes apart what holds several lines.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest.envelope._sent import Anchor, Sent, Shape
from ingest.envelope.json_record import MESSAGES, NotALine, take_object_apart, with_held
from ingest.envelope.kernel_lines import read_together
from ingest.envelope.message import parts
from ingest.envelope.text import take_apart
from ingest.model import UNKNOWN_HOST, Host, Line, Raw, TimeSource, When

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from ingest.model import Place

__all__ = ["Envelope", "Read", "Shape", "Unreadable", "joined", "marks", "record_of"]


class Unreadable(Struct, frozen=True):
    """A record that is no line. ``code`` is stable: tombstone, empty, too_long, json, no_message, shape."""

    code: str
    detail: str


class Read(Struct, frozen=True, gc=False):
    """A record as one line, and as the lines that it may hold: ``parts`` is empty where it holds one.

    ``partial`` is whether the line goes on in the next record of the same ``stream``, and ``rest`` is the record where
    it is what a line goes on with; ``dropped`` counts leaves of the shipper's metadata that are not carried.
    ``record`` is kept where a dead letter may have to be made of it.
    """

    whole: Line
    parts: tuple[Line, ...] = ()
    partial: bool = False
    stream: str = ""
    rest: str = ""
    dropped: int = 0
    record: Raw | None = None


class Envelope(Struct, frozen=True):
    """How to read records.

    Attributes:
        zone: Zone of time stamps that name none; ``None`` reads them as UTC and marks them as inferred.
        zones: The same for some sources: patterns of topic, file or host names, the first that fits.
        shape: The one kind of envelope that records have; ``None`` tells it for each record.
        hint_source: What ``Raw.recorded_at`` is, for lines that carry no time of their own.
        default_host: Host of lines that name none.
        max_line_bytes: Longer records are refused.
    """

    zone: tzinfo | None = None
    zones: tuple[tuple[str, tzinfo], ...] = ()
    shape: Shape | None = None
    hint_source: TimeSource = TimeSource.KAFKA
    default_host: Host = UNKNOWN_HOST
    max_line_bytes: int = 65_536

    def read(self, raw: Raw) -> Read | Unreadable:
        r"""The line of a record, or why it is none. Bytes that are not UTF-8 are kept as ``\xff``."""
        value = raw.value
        if value is None:
            return Unreadable("tombstone", "the record has no value")
        if len(value) > self.max_line_bytes:
            return Unreadable("too_long", f"{len(value)} bytes; at most {self.max_line_bytes} are read")
        text = value.decode("utf-8", "backslashreplace").rstrip("\r\n").removeprefix("\ufeff")
        if not text or text.isspace():
            return Unreadable("empty", "the record is blank")
        anchor = Anchor(self._zone(raw.origin.source, raw.host), raw.recorded_at)
        try:
            sent = self._sent(value, text, anchor)
            if sent and self.zones and (zone := self._zone(raw.origin.source, sent.hostname)) != anchor.zone:
                sent = self._sent(value, text, Anchor(zone, raw.recorded_at))
        except NotALine as error:
            return Unreadable(error.code, str(error))
        if sent is None:
            return Unreadable("shape", f"no {self.shape} record, and envelope.format allows nothing else")
        return self._read(raw, sent, text)

    def kernel_lines(
        self, block: bytes, place: Place, offsets: Sequence[int], since: datetime, until: datetime
    ) -> list[Line | None]:
        """What ``read`` makes of records that are one plain line of a kernel each, ``None`` for every other one.

        Args:
            block: The records' values, with a line end between each two of them and none within.
            place: Where they come from.
            offsets: The offset of each.
            since: The earliest time at which any of them was recorded.
            until: The latest.
        """
        if self.zones or self.shape not in (None, Shape.SYSLOG):
            return [None] * len(offsets)
        try:
            text = block.decode()
        except UnicodeDecodeError:
            return [None] * len(offsets)
        found = list(read_together(text, place, offsets, Anchor(self.zone, since), Anchor(self.zone, until), _host))
        if len(block) <= self.max_line_bytes:
            return found
        return [None if line is None or len(line.raw) > self.max_line_bytes else line for line in found]

    def _sent(self, value: bytes, text: str, anchor: Anchor) -> Sent | None:
        if self.shape is Shape.JSON or (self.shape is None and text.startswith("{")):
            return take_object_apart(value, anchor)
        sent = take_apart(text, anchor, self.shape)
        return with_held(sent, anchor) if sent and self.shape is None else sent

    def _read(self, raw: Raw, sent: Sent, text: str) -> Read:
        name = sent.hostname or raw.host
        line = sent.message if sent.shape.startswith(Shape.JSON) else text
        whole = Line(
            place=raw.origin.place,
            offset=raw.origin.offset,
            host=_host(name) if name else self.default_host,
            when=sent.when or When(raw.recorded_at, self.hint_source, year_inferred=True, zone_inferred=True),
            uptime_us=sent.uptime_us,
            tag=sent.tag,
            said=_said(sent.message, line),
            raw=line,
            boot=sent.boot,
            caller=sent.caller,
            shape=sent.shape,
            metadata=sent.metadata,
        )
        told = parts(sent.message)
        pieces = tuple(_part(whole, piece) for piece in told) if told else ()
        stream = f"{raw.host}/{sent.stream}" if sent.stream else ""
        return Read(whole, pieces, sent.partial, stream, sent.rest, sent.dropped)

    def _zone(self, source: str, host: str | None) -> tzinfo | None:
        if not self.zones:
            return self.zone
        for pattern, zone in self.zones:
            if fnmatchcase(source.lower(), pattern) or (host is not None and fnmatchcase(host.lower(), pattern)):
                return zone
        return self.zone


@lru_cache(maxsize=4_096)
def _host(name: str) -> Host:
    """One value for all lines of a host: a thousand open reports hold a hundred thousand of them."""
    return Host(name.lower(), name)


def _said(message: str, raw: str) -> str | int:
    """A message, or where it begins in the line that ends with it."""
    return len(raw) - len(message) if raw.endswith(message) else message


def joined(pieces: Sequence[Read]) -> Read:
    """A line whose pieces came in several records, as if it had come in one."""
    first, rest = pieces[0].whole, "".join(piece.rest for piece in pieces[1:])
    whole = replace(first, said=first.text + rest, raw=first.raw + rest)
    dropped = sum(piece.dropped for piece in pieces)
    lines = tuple(_part(whole, piece) for piece in parts(whole.text))
    return Read(whole, lines, dropped=dropped, record=record_of(pieces, whole))


def record_of(pieces: Sequence[Read], whole: Line) -> Raw | None:
    """What a dead letter of a line in several records keeps: the first record, with the text of all."""
    record = pieces[0].record
    return None if record is None else replace(record, value=whole.raw.encode("utf-8", "surrogateescape"))


def _part(whole: Line, piece: str) -> Line:
    """One of several lines in a record. Glued ones may have an uptime or a tag of their own."""
    sent = take_apart(piece, Anchor(None, whole.when.at), Shape.DMESG)
    if sent is None or whole.tag not in (None, "kernel"):
        return replace(whole, said=0, raw=piece)
    return replace(
        whole,
        said=_said(sent.message, piece),
        raw=piece,
        tag=sent.tag or whole.tag,
        uptime_us=whole.uptime_us if sent.uptime_us is None else sent.uptime_us,
        caller=sent.caller or whole.caller,
    )


def marks() -> tuple[str, ...]:
    """What a record may hold in place of readable text: messages as lists, and pieces of lines that go on."""
    lists = (f'"{name}"{colon}[' for name in MESSAGES for colon in (":", ": ", " : "))
    return (*lists, "stdout P ", "stderr P ")
