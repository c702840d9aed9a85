"""Rows of a table with which a log begins: the end of a report whose head it lacks, as ``dmesg | tail`` prints.

Elsewhere rows matter in an open report only: a service cannot look at every line that may be one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import formats
from ingest.envelope import Unreadable

if TYPE_CHECKING:
    from ingest.envelope import Envelope
    from ingest.model import Line, Place, Raw
    from ingest.reading.gate import Gate

_FIRST = 1_000
"""Records of a log that are looked at: a prompt or other lines may stand before the rows."""


class Beginnings:
    """Looks at the first records of each log, until one is of a report by itself or the rows are over.

    What only has a report's words, such as a prompt, a sentence or a torn heading, may stand before the rows.

    Args:
        envelope: How records are read.
        gate: Tells which matter by themselves.
        logs: Whether places are logs, each read once; else none of their records is looked at.
    """

    def __init__(self, envelope: Envelope, gate: Gate, *, logs: bool) -> None:
        self._envelope = envelope
        self._gate = gate
        self._first = _FIRST if logs else 0
        self._left: dict[Place, int] = {}
        self._rows: dict[Place, int] = {}

    def are_over(self, place: Place) -> bool:
        """Whether no more records of a place are looked at."""
        return self._left.get(place, self._first) <= 0

    def is_row(self, raw: Raw) -> bool:
        """Whether a record is such a row, or has some. Each record that is looked at is asked for once, in order."""
        place = raw.origin.place
        if self.are_over(place):
            return False
        read = self._envelope.read(raw)
        lines = () if isinstance(read, Unreadable) else read.parts or (read.whole,)
        found = any(map(formats.row, lines))
        if found:
            self._rows[place] = raw.origin.offset
        begins = self._matters(raw) and any(formats.read(line, ()) for line in lines)
        over = begins or (place in self._rows and not found)
        self._left[place] = 0 if over else self._left.get(place, self._first) - 1
        return found

    def had(self, line: Line) -> bool:
        """Whether a line is of one of those records."""
        return line.offset <= self._rows.get(line.place, -1)

    def _matters(self, raw: Raw) -> bool:
        return raw.value is not None and self._gate.matters(raw.value)
