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
    """Looks at the first records of each log, until one matters by itself or the rows are over.

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
        """Whether a record is such a row. Each record that is looked at is asked for once, in order."""
        place = raw.origin.place
        if self.are_over(place):
            return False
        matters = raw.value is not None and self._gate.matters(raw.value)
        found = not matters and self._reads_row(raw)
        if found:
            self._rows[place] = raw.origin.offset
        over = matters or (place in self._rows and not found)
        self._left[place] = 0 if over else self._left.get(place, self._first) - 1
        return found

    def had(self, line: Line) -> bool:
        """Whether a line is one of those rows."""
        return line.offset <= self._rows.get(line.place, -1)

    def _reads_row(self, raw: Raw) -> bool:
        read = self._envelope.read(raw)
        return not isinstance(read, Unreadable) and formats.row(read.whole) is not None
