"""Plain lines of kernels among the records of a block, gathered until they can be read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.envelope import Envelope
    from ingest.model import Line, Packed


class Piece(Struct, gc=False):
    """Some of what was gathered: lines of one host, each with at least the uptime of the one before it.

    Attributes:
        numbers: Their records, by their numbers in the block.
        came: The partition's time when each came.
        lines: The lines; none where it is a single record that has to be read by itself.
    """

    numbers: list[int]
    came: list[datetime]
    lines: list[Line]


class Gathered:
    """What was gathered of one block and is not read yet.

    Args:
        packed: The block.
        envelope: How its records are read.
    """

    def __init__(self, packed: Packed, envelope: Envelope) -> None:
        self._packed = packed
        self._envelope = envelope
        self._numbers: list[int] = []
        self._came: list[datetime] = []
        self._values: list[bytes] = []

    @property
    def last(self) -> int | None:
        """The record that came last, if there is any."""
        return self._numbers[-1] if self._numbers else None

    def add(self, number: int, count: int, begin: int, end: int, came: datetime) -> None:
        """Records that follow one another, and the place in the block where they stand, a line each."""
        self._numbers += range(number, number + count)
        self._came += [came] * count
        self._values.append(self._packed.data[begin:end])

    def take(self) -> Iterator[Piece]:
        """All that was gathered, host by host; each host's in the order of the records."""
        numbers, came, lines = self._numbers, self._came, self._lines()
        self._numbers, self._came, self._values = [], [], []
        of_hosts: dict[str, Piece] = {}
        for number, at, line in zip(numbers, came, lines, strict=True):
            before = of_hosts.get(line.host.name) if line else None
            if line is None or (before and _uptime(line) < _uptime(before.lines[-1])):
                yield from of_hosts.values()
                of_hosts, before = {}, None
            if line is None:
                yield Piece([number], [at], [])
            elif before is None:
                of_hosts[line.host.name] = Piece([number], [at], [line])
            else:
                before.numbers.append(number)
                before.came.append(at)
                before.lines.append(line)
        yield from of_hosts.values()

    def _lines(self) -> list[Line | None]:
        numbers, packed = self._numbers, self._packed
        block = b"\n".join(self._values)
        if not numbers or block.count(b"\n") != len(numbers) - 1:
            return [None] * len(numbers)
        recorded = [*map(packed.recorded, numbers)] if not packed.in_lines else [packed.recorded_at]
        offsets = [*map(packed.offset, numbers)]
        return self._envelope.kernel_lines(block, packed.place, offsets, min(recorded), max(recorded))


def _uptime(line: Line) -> int:
    return line.uptime_us or 0
