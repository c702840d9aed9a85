"""Finds the records of a block that may matter, without taking the others apart.

While nothing is open on a place, those that hold an anchor. Else also every record that cannot be ruled out by the
sender that its first bytes name: another program than the killers, or a host on which nothing is open.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ingest import formats
from ingest.envelope.plain import PLAIN, after_foreign_lines

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from ingest.gate import Gate
    from ingest.interest import Interest
    from ingest.model import Packed


@cache
def _tags() -> frozenset[bytes]:
    return frozenset(tag.encode() for tag in formats.tags())


@cache
def _after_foreign_lines() -> re.Pattern[bytes]:
    return after_foreign_lines(formats.tags())


class Skim:
    """One block's records.

    Args:
        packed: The block.
        gate: Finds anchors.
        interest: What records may belong to.
        plain: Whether records may be told by their first bytes at all.
    """

    def __init__(self, packed: Packed, gate: Gate, interest: Interest, *, plain: bool) -> None:
        self._packed = packed
        self._count = len(packed)
        self._interest = interest
        self._plain = plain
        self._places = gate.places(packed.data)

    @cached_property
    def _anchored(self) -> list[int]:
        holding = self._packed.holding
        return sorted({holding(place - 1) for place in self._places})

    def next(self, number: int, time: datetime, *, is_open: bool) -> int:
        """The first record from this one on that is to be taken apart; the count where none is.

        Args:
            number: A record.
            time: What the place's clock shows.
            is_open: Whether records of the place may belong to something that others have begun.
        """
        anchored = self._next_anchored(number)
        if anchored == number or not is_open:
            return anchored
        if not self._plain or self._interest.awaits_rest(self._packed.place):
            return number
        end = min(anchored, self._next_due(number, time))
        return self._packed.first(number, end, self._may_matter, _after_foreign_lines())

    def end(self, number: int) -> tuple[int, datetime]:
        """Offset and time at the end of the records before this one."""
        if number == self._count:
            return self._packed.next_offset - 1, self._packed.recorded_at
        return self._packed.offset(number - 1), self._packed.recorded_until(number - 1)

    def _next_anchored(self, number: int) -> int:
        if not self._places:
            return self._count
        at = bisect_left(self._anchored, number)
        return self._anchored[at] if at < len(self._anchored) else self._count

    def _next_due(self, number: int, time: datetime) -> int:
        """The first record that brings about what only waits for time to pass."""
        if self._packed.recorded_at <= time:
            return self._count
        due = self._interest.due(self._packed.place, time)
        return self._packed.recorded_since(due, number) if due else self._count

    def _may_matter(self, data: bytes, start: int, end: int) -> bool:
        sender = PLAIN.match(data, start, end)
        if sender is None:
            return True
        if sender[2] not in _tags():
            return False
        tags = self._interest.tags(self._packed.place, sender[1].decode().lower())
        return sender[2].decode() in tags
