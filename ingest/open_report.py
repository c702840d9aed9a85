"""A report that may still grow: its lines so far, what it costs to hold, and which lines it has seen already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.model import Block, ClosedBy, Entry, Role

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.formats import Format, Match, Progress
    from ingest.model import Line, Place

_REPORT_COST = 2_000
_LINE_COST = 900
"""Bytes that Python needs for a report and for each of its lines beside the text; measured by `make robustness`."""


@dataclass(slots=True, eq=False)
class OpenReport:
    """One invocation of a killer as far as its lines came.

    Attributes:
        format: Its family.
        key: Keeps reports of one host apart that run side by side.
        host: Its host and boot.
        place: Where its lines come from.
        first_offset: The offset of its first line: a restart must begin there.
        touched: The partition's time when its last line came.
        shape: The kind of envelope of its lines: another shipper's lines are of another report.
        caller: The thread or CPU that printed its head, where the kernel tells it.
        pause_us: Microseconds between two of its lines at most.
        headed: Whether its head came.
        named: Whether a line came that names a victim.
        copied: Whether a line came twice, so that every further copy is expected.
        mixed: Whether its lines cannot be told from those of another report for sure.
        superseded: Whether a new head came after it.
        strayed: Whether lines of another report, whose head was lost, came after it began.
    """

    format: Format
    key: str | None
    progress: Progress
    host: str
    place: Place
    first_offset: int
    touched: datetime
    shape: str
    caller: str | None
    pause_us: int
    headed: bool = False
    named: bool = False
    copied: bool = False
    mixed: bool = False
    superseded: bool = False
    strayed: bool = False
    entries: list[Entry] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    size: int = _REPORT_COST
    settled_entries: int = 0

    @property
    def last(self) -> Line:
        """The line that came last."""
        return self.entries[-1].line

    def add(self, line: Line, match: Match | None, mark: int) -> int:
        """Take a line, whose fingerprint is ``mark``; returns the bytes by which the report grew."""
        self.seen.add(mark)
        if match is None:
            self.entries.append(Entry(line, None))
        else:
            self.entries.append(Entry(line, match.part, bool(match.unread)))
            self.progress.add(match.part)
            self.headed = self.headed or match.wording.role is Role.OPENS
            self.named = self.named or match.wording.role is Role.VICTIM
        grown = _LINE_COST + 2 * len(line.raw)
        self.size += grown
        return grown

    def goes_on_with(self, line: Line, match: Match, mark: int) -> bool:
        """Whether a line is plainly the next of this report's body, where no other report is open on the host."""
        last = self.entries[-1].line.uptime_us
        return (
            match.wording.role is Role.BODY
            and match.format is self.format
            and match.part.key == self.key
            and last is not None
            and line.uptime_us is not None
            and 0 <= line.uptime_us - last <= self.pause_us
            and line.shape == self.shape
            and mark not in self.seen
            and not self.strayed
            and self.printed_by(line)
            and self.progress.fit(match.part) == 1
        )

    def takes_lines_of(self, line: Line) -> bool:
        """Whether a line comes from this report's shipper; a line without any envelope may be anybody's."""
        return line.shape == self.shape or (line.uptime_us is None and not line.when.from_line)

    def may_print(self, line: Line) -> bool:
        """Whether a line may be this report's killer's at all: by its tag and its shipper."""
        return (line.tag is None or line.tag in self.format.tags) and self.takes_lines_of(line)

    def printed_by(self, line: Line) -> bool:
        """Whether a line may be of the thread that printed this report."""
        return self.caller is None or line.caller is None or self.caller == line.caller

    def begins_after(self, line: Line) -> bool:
        """Whether a line was logged before the first line of this report, though it came later."""
        first = self.entries[0].line
        if first.uptime_us is not None and line.uptime_us is not None:
            return line.uptime_us < first.uptime_us
        return line.when.at < first.when.at

    def is_copy_of(self, other: OpenReport) -> bool:
        """Whether everything that was read here stands in another report too."""
        known = [entry for entry in self.entries if entry.part is not None]
        return other is not self and all(fingerprint(entry.line) in other.seen for entry in known)

    def block(self, closed_by: ClosedBy) -> Block | None:
        """What there is now, in the order in which it was logged; ``None`` if just that was written already."""
        if self.settled_entries == len(self.entries):
            return None
        self.settled_entries = len(self.entries)
        return Block(self.format.name, _in_order(self.entries), closed_by, mixed=self.mixed)


def fingerprint(line: Line) -> int:
    """What tells two lines of a host apart: uptime, else the second, and the text."""
    moment = int(line.when.at.timestamp()) if line.uptime_us is None else line.uptime_us
    return hash((moment, line.text))


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    """By uptime where all lines tell it, else by time; lines of one moment as they came."""
    if all(entry.line.uptime_us is not None for entry in entries):
        return tuple(sorted(entries, key=lambda entry: entry.line.uptime_us or 0))
    if all(entry.line.when.from_line for entry in entries):
        return tuple(sorted(entries, key=lambda entry: entry.line.when.at))
    return tuple(entries)
