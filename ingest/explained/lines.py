"""The raw lines of a report with what they and their values mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from ingest import formats, meanings
from ingest.envelope import Unreadable
from ingest.model import Raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.envelope import Envelope
    from ingest.model import Report

_LINES = 400
"""Lines of one report that are shown: a table of thousands of rows says nothing more."""


class ValueView(Struct, frozen=True):
    """A value in a line: where it stands, what it is called and means, and whether that is proven."""

    start: int
    end: int
    label: str
    text: str
    proven: bool


class LineView(Struct, frozen=True):
    """A line as it came, what it says as a whole, and its values in order; they do not overlap."""

    text: str
    sentence: str
    values: tuple[ValueView, ...]


def line_views(report: Report, envelope: Envelope) -> Iterator[LineView]:
    """Every line of a report, explained where a wording explains it."""
    columns = report.tasks.columns if report.table_lack else ()
    for raw in report.lines[:_LINES]:
        read = envelope.read(Raw(report.origin, raw.encode("utf-8", "surrogateescape"), report.when.at))
        found = None if isinstance(read, Unreadable) else meanings.of_line(read.whole, formats.formats(), columns)
        if found is None or isinstance(read, Unreadable):
            yield LineView(raw, "", ())
            continue
        columns = found.columns or columns
        yield LineView(raw, found.sentence, tuple(_values(found, raw.rfind(read.whole.text))))


def _values(found: meanings.Explained, shift: int) -> Iterator[ValueView]:
    """The values whose place in the raw line is known; ``shift`` is where the line's text begins in it, else -1."""
    for value in found.values if shift >= 0 else ():
        if value.place is None:
            continue
        start, end = value.place
        meaning = value.meaning
        unit = f" ({meaning.unit})" if meaning.unit else ""
        yield ValueView(start + shift, end + shift, f"{meaning.label}{unit}", meaning.text, meaning.proven)
