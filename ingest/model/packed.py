"""Many records of one place in one piece of bytes, of which only those that matter are taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from datetime import datetime

    from ingest.model.line import Place, Raw


class Packed(Protocol):
    """A block of a file, or a batch of Kafka's. Records are told by their number in it, from 0."""

    @property
    def place(self) -> Place:
        """Where all of them come from."""

    @property
    def data(self) -> bytes:
        """The bytes, with whatever stands between the records' values."""

    @property
    def next_offset(self) -> int:
        """The offset behind the last record."""

    @property
    def recorded_at(self) -> datetime:
        """The latest time at which any of them was recorded."""

    def __len__(self) -> int:
        """How many records there are."""

    def holding(self, position: int) -> int:
        """The record in which a byte of ``data`` stands."""

    def raw(self, number: int) -> Raw:
        """A record, taken apart."""

    def offset(self, number: int) -> int:
        """A record's offset."""

    def recorded_until(self, number: int) -> datetime:
        """The latest time at which a record up to and with this one was recorded."""

    def recorded_since(self, moment: datetime, number: int) -> int:
        """The first record from this one on that was recorded at ``moment`` or later; the count where none was."""

    def first(self, number: int, end: int, matters: Callable[[bytes, int, int], bool], after: re.Pattern[bytes]) -> int:
        """The first record in ``[number, end)`` whose value matters; ``end`` where none does.

        Args:
            number: A record.
            end: Another one.
            matters: Asked with ``data`` and where a value begins and ends in it.
            after: Finds the line ends behind which a line stands that may matter, for those who have lines.
        """
