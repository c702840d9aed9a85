"""Many records of one place in one piece of bytes, of which only those that matter are taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model.line import Place, Raw


class Packed(Protocol):
    """A block of a file, or a batch of Kafka's. Records are told by their number in it, from 0.

    What is asked of a record costs the way to it from the last one asked for, so it is asked in their order.
    """

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

    @property
    def in_lines(self) -> bool:
        """Whether records are the lines of one text. One without any prefix is then of the host of the line before."""

    def __len__(self) -> int:
        """How many records there are."""

    def holding(self, position: int) -> int:
        """The record in which a byte of ``data`` stands."""

    def begin(self, number: int) -> int:
        """Where a record begins in ``data``; behind the last one, where ``data`` ends."""

    def value(self, number: int) -> tuple[int, int]:
        """Where a record's value begins and ends in ``data``."""

    def value_about(self, position: int) -> tuple[int, int] | None:
        """Where the value of the record in which a byte stands seems to begin and end, without the way to it.

        ``None`` where the bytes about it do not tell. Those of the record itself may deceive, those of others cannot.
        """

    def raw(self, number: int) -> Raw:
        """A record, taken apart."""

    def offset(self, number: int) -> int:
        """A record's offset."""

    def recorded(self, number: int) -> datetime:
        """When a record was recorded."""

    def recorded_until(self, number: int) -> datetime:
        """The latest time at which a record up to and with this one was recorded."""

    def release(self) -> None:
        """Let go of ``data``, as nothing more will be asked of the records; ``next_offset`` stays known."""
