"""Records that are not taken apart: they are counted, and the last of each place is kept for the line behind it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ingest.counts import Count
from ingest.envelope import Read
from ingest.wrapped import is_bare

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.counts import Counts
    from ingest.envelope import Envelope
    from ingest.model import Packed, Place, Raw
    from ingest.wrapped import Wrapped


class PassedOver:
    """The record that came last on each place, where it was passed over.

    Args:
        envelope: How records are read.
        wrapped: Knows the last line of each place.
        counts: Where records are counted.
    """

    def __init__(self, envelope: Envelope, wrapped: Wrapped, counts: Counts) -> None:
        self._envelope = envelope
        self._wrapped = wrapped
        self._counts = counts
        self._last: dict[Place, tuple[Callable[[], Raw | None], ...]] = {}
        """The ways to the last record that is not blank, the likeliest first."""

    def one(self, raw: Raw) -> None:
        """A record is passed over; it is counted already, but not as what."""
        self._counts[Count.NOT_OOM] += 1
        self._last[raw.origin.place] = (lambda: raw,)

    def several(self, packed: Packed, number: int, end: int) -> None:
        """Packed records in ``[number, end)`` are passed over."""
        if number < end:
            self._counts[Count.RECORDS] += end - number
            self._counts[Count.NOT_OOM] += end - number
            before = self._last.get(packed.place, ())[:1]
            self._last[packed.place] = (partial(_last_of, packed, number, end), *before)

    def until(self, packed: Packed, number: int) -> None:
        """A packed record was read, and nothing more need be known of it than that it came last."""
        self._last[packed.place] = (partial(packed.raw, number),)

    def note_before(self, read: Read, clock: datetime) -> None:
        """A line without any prefix goes by the line before it, also where that was passed over."""
        place = read.whole.place
        ways = self._last.pop(place, ())
        if ways and is_bare(read.whole) and (last := next(filter(None, (way() for way in ways)), None)):
            before = self._envelope.read(last)
            if isinstance(before, Read):
                self._wrapped.note(before, place, clock)

    def drop(self, place: Place) -> None:
        """Forget the last record of a partition that another worker reads."""
        self._last.pop(place, None)


def _last_of(packed: Packed, number: int, end: int) -> Raw | None:
    """The last of some records that is not blank."""
    raws = map(packed.raw, range(end - 1, number - 1, -1))
    return next((raw for raw in raws if raw.value), None)
