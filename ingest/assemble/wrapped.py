"""Lines that a mail, a paste or a narrow terminal wrapped: the rest stands on a line of its own, without any prefix.

A known line that ends too early waits for the next one. Where both together are a whole line, they were one. A line
without any prefix in a file whose other lines have one is of the host that logged the line before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ingest import formats
from ingest.envelope import Shape, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ingest.envelope import Read
    from ingest.model import Line, Place

_WAIT = 2.0
"""Seconds of the partition's time after which the rest is not coming any more."""
_PIECES = 16
"""Pieces of one line."""
_QUOTED = re.compile(r"(?:> ?)+")
"""What a mail puts before each piece of a line that was wrapped before it was quoted."""


class _Last(Struct, frozen=True, gc=False):
    """The line before, or the pieces of it whose rest may follow. ``told`` is whether anything tells whose it is."""

    pieces: tuple[Read, ...]
    held: bool
    clock: datetime
    told: bool = True


class Wrapped:
    """The last line of each place."""

    def __init__(self) -> None:
        self._last: dict[Place, _Last] = {}

    def awaits(self, place: Place) -> bool:
        """Whether the rest of a line may come on a place."""
        last = self._last.get(place)
        return last is not None and last.held

    def add(self, read: Read, place: Place, clock: datetime, *, matters: bool) -> Sequence[Read]:
        """The lines that are whole now. ``matters`` is whether the gate let this one through."""
        last = self._last.get(place)
        whole: tuple[Read, ...] = ()
        told = not is_bare(read.whole)
        if last is not None and not told and last.told:
            alone, read = read, _after(last.pieces[0].whole, read)
            told = read is not alone
            if last.held:
                pieces = (*last.pieces, read)
                if together := _together(pieces):
                    self._last[place] = _Last((together,), held=False, clock=clock)
                    return (together,)
                if len(pieces) < _PIECES and formats.read(read.whole, formats.formats()) is None:
                    self._last[place] = _Last(pieces, held=True, clock=clock)
                    return ()
        if last is not None and last.held:
            whole = last.pieces
        held = matters and not read.parts and _ends_early(read.whole)
        self._last[place] = _Last((read,), held=held, clock=clock, told=told)
        return whole if held else (*whole, read)

    def note(self, read: Read, place: Place, clock: datetime) -> None:
        """The line that came last, of a place where no rest is awaited; it was not worth more than that."""
        self._last[place] = _Last((read,), held=False, clock=clock)

    def overdue(self, place: Place, clock: datetime) -> Iterator[Read]:
        """A line whose rest did not come."""
        last = self._last.get(place)
        if last is not None and last.held and (clock - last.clock).total_seconds() > _WAIT:
            yield from self._let_go(place, last)

    def finish(self) -> Iterator[Read]:
        """The input is over: what is held goes on as it is."""
        for place, last in list(self._last.items()):
            if last.held:
                yield from self._let_go(place, last)

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the line that is held: the commit must not pass it."""
        last = self._last.get(place)
        return last.pieces[0].whole.offset if last is not None and last.held else None

    def drop(self, place: Place) -> None:
        """Forget the last line of a partition that another worker reads."""
        self._last.pop(place, None)

    def _let_go(self, place: Place, last: _Last) -> Iterator[Read]:
        self._last[place] = replace(last, held=False)
        yield from last.pieces


def is_bare(line: Line) -> bool:
    """Whether a line has no prefix at all."""
    return line.tag is None and line.uptime_us is None and not line.when.from_line


def _ends_early(line: Line) -> bool:
    """Whether a line is known by its beginning only."""
    match = formats.read(line, ())
    return bool(match.unread or match.wording.cut) if match else formats.is_candidate(line)


def _together(pieces: tuple[Read, ...]) -> Read | None:
    """The pieces as one line, if they are one: terminals cut anywhere, mails at a blank."""
    first, raws = pieces[0], [piece.whole.raw for piece in pieces]
    raw = "\n".join(raws)
    quoted = _QUOTED.match(raws[0])
    rest = [each.removeprefix(quoted[0]) if quoted else each for each in raws[1:]]
    for text in ("".join([first.whole.text, *rest]), " ".join(each.strip() for each in (first.whole.text, *rest))):
        whole = replace(first.whole, said=text, raw=raw)
        match = formats.read(whole, ())
        if match is not None and not match.unread:
            return replace(first, whole=whole, record=record_of(pieces, whole))
    return None


def _after(before: Line, read: Read) -> Read:
    """A line without prefix is of the host and the time of the line before it, unless it tells its host otherwise."""
    line = read.whole
    tells_host = line.place[1] is not None or (line.shape.startswith(Shape.JSON) and line.host.hostname is not None)
    if tells_host and line.host != before.host:
        return read
    parts = tuple(_like(before, part) for part in read.parts)
    return replace(read, whole=_like(before, line), parts=parts)


def _like(before: Line, line: Line) -> Line:
    return replace(line, host=before.host, when=before.when, boot=before.boot, shape=before.shape)
