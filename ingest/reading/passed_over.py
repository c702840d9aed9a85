"""Records that are not taken apart: they are counted, and the last of each place is kept for the line behind it."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from ingest.assemble.wrapped import is_bare
from ingest.counts import Count
from ingest.envelope import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from ingest.assemble.wrapped import Wrapped
    from ingest.counts import Counts
    from ingest.envelope import Envelope
    from ingest.model import Packed, Place, Raw

    _Way = Callable[[], Iterable[Raw]]

_SINGLE = 8
"""Single records in a row of which none has a prefix; before those nothing is looked for."""


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
        self._last: dict[Place, tuple[_Way, ...]] = {}
        """Where the last record is that has a prefix, the likeliest first."""

    def one(self, raw: Raw) -> None:
        """A record is passed over; it is counted already, but not as what."""
        self._counts[Count.NOT_OOM] += 1
        if raw.value and not raw.value.isspace():
            before = self._last.get(raw.origin.place, ())[:_SINGLE]
            self._last[raw.origin.place] = (lambda: (raw,), *before)

    def several(self, packed: Packed, number: int, end: int) -> None:
        """Packed records in ``[number, end)`` are passed over."""
        if number < end:
            self._counts[Count.RECORDS] += end - number
            self._counts[Count.NOT_OOM] += end - number
            before = self._last.get(packed.place, ())[:1]
            self._last[packed.place] = (partial(_backwards, packed, number, end), *before)

    def until(self, packed: Packed, number: int) -> None:
        """A packed record was read, and nothing more need be known of it than that it came last."""
        self._last[packed.place] = (lambda: (packed.raw(number),),)

    def note_before(self, read: Read, clock: datetime) -> None:
        """A line without any prefix goes by the line before it, also where that was passed over."""
        place = read.whole.place
        ways = self._last.pop(place, ())
        if not ways or not is_bare(read.whole):
            return
        for raw in chain.from_iterable(way() for way in ways):
            before = self._envelope.read(raw)
            if isinstance(before, Read) and not is_bare(before.whole):
                self._wrapped.note(before, place, clock)
                return

    def drop(self, place: Place) -> None:
        """Forget the last record of a partition that another worker reads."""
        self._last.pop(place, None)


def _backwards(packed: Packed, number: int, end: int) -> Iterator[Raw]:
    """Some records, the last one first."""
    return map(packed.raw, range(end - 1, number - 1, -1))
