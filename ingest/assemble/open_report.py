"""A report that may still grow: its lines so far, what it costs to hold, and which lines it has seen already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ingest import formats
from ingest.model import Block, ClosedBy, Entry, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.formats import Format, Match, Progress
    from ingest.model import Line, Part, Place

_REPORT_COST = 3_600
_LINE_COST = 400
"""Bytes that Python needs for a report and for each of its lines beside the text; measured by `make robustness`."""


class Room(NamedTuple):
    """Lines that a report may have, and bytes by which it may grow."""

    lines: int
    bytes: int


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
        caller: The thread or CPU that printed its head, where the kernel tells it. What only bears witness may be
            another's: SysRq is told by who asked, and a kernel thread kills.
        pause_us: Microseconds between two of its lines at most.
        headed: Whether its head came.
        named: Whether a line came that names a victim.
        telling: Whether a line came with which a report may begin: what has none is not known to be one.
        copied: Whether a line came twice, so that every further copy is expected.
        mixed: Whether its lines cannot be told from those of another report for sure.
        superseded: Whether a new head came after it.
        strayed: Whether lines of another report, whose head was lost, came after it began.
        lines: Its lines as they came.
        parts: What each says; ``None`` where no wording explains it.
        unread: Which of them have a tail that their wording does not know.
        settled_lines: How many there were when it was last written.
        in_order: Whether each of its lines tells its uptime, and none came before one that was logged earlier.
        marks: Fingerprints of its first ``marked`` lines. They are taken once they are asked for.
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
    telling: bool = False
    copied: bool = False
    mixed: bool = False
    superseded: bool = False
    strayed: bool = False
    lines: list[Line] = field(default_factory=list)
    parts: list[Part | None] = field(default_factory=list)
    unread: frozenset[int] = frozenset()
    size: int = _REPORT_COST
    settled_lines: int = 0
    in_order: bool = True
    marks: set[int] | None = None
    marked: int = 0

    @property
    def last(self) -> Line:
        """The line that came last."""
        return self.lines[-1]

    def has(self, line: Line) -> bool:
        """Whether the same line is in the report already."""
        if self.in_order and self.lines and line.uptime_us is not None:
            last = self.last.uptime_us
            if last is not None and last < line.uptime_us:
                return False
        if self.marks is None:
            self.marks = set()
        self.marks.update(map(fingerprint, self.lines[self.marked :]))
        self.marked = len(self.lines)
        return fingerprint(line) in self.marks

    def add(self, line: Line, match: Match | None) -> int:
        """Take a line; returns the bytes by which the report grew."""
        if self.in_order:
            last = self.last.uptime_us if self.lines else 0
            self.in_order = line.uptime_us is not None and last is not None and last <= line.uptime_us
        if match is not None:
            if match.unread:
                self.unread |= {len(self.lines)}
            self.progress.add(match.part)
            if match.wording.role is Role.OPENS:
                self.headed, self.caller = True, line.caller
            self.named = self.named or match.wording.role is Role.VICTIM
            self.telling = self.telling or match.wording.role is not Role.BODY
        self.lines.append(line)
        self.parts.append(match.part if match else None)
        grown = _cost(line)
        self.size += grown
        return grown

    def goes_on_with(self, line: Line, match: Match) -> bool:
        """Whether a line is plainly the next of this report, where no other report is open on the host."""
        last = self.last.uptime_us
        return (
            match.wording.role is not Role.OPENS
            and match.format is self.format
            and match.part.key == self.key
            and last is not None
            and line.uptime_us is not None
            and 0 <= line.uptime_us - last <= self.pause_us
            and line.shape == self.shape
            and not self.has(line)
            and not self.strayed
            and self.printed_by(line)
            and self.progress.fit(match.part) >= (formats.SURE if self.mixed else 1)
        )

    def go_on(self, lines: Sequence[Line], at: int, families: frozenset[str], most: Room) -> tuple[int, int]:
        """Take lines for as long as each plainly is the next of this report's body; no other may be open on the host.

        Args:
            lines: Lines of this report's host, in order, in which no anchor stands.
            at: The first that may be taken.
            families: This report's.
            most: What there is room for; the line too many is taken.

        Returns:
            How many lines were taken, and the bytes by which the report grew.
        """
        if not self.in_order or self.strayed or lines[at].shape != self.shape:
            return 0, 0
        begin, size = at, self.size
        while at < len(lines):
            taken = self._take_rows(lines, at, families, most) or self._take_line(lines[at], families)
            at += taken
            if not taken or len(self.lines) >= most.lines or self.size - size >= most.bytes or self.progress.done:
                break
        return at - begin, self.size - size

    def _take_line(self, line: Line, families: frozenset[str]) -> int:
        last = self.last.uptime_us
        if last is None or line.uptime_us is None or not 0 <= line.uptime_us - last <= self.pause_us:
            return 0
        match = formats.read_body(line, families) if self.printed_by(line) and not self.has(line) else None
        if match is None or match.format is not self.format or match.part.key != self.key:
            return 0
        if self.progress.fit(match.part) != 1:
            return 0
        self.lines.append(line)
        self.parts.append(match.part)
        self.progress.add(match.part)
        self.size += _cost(line)
        return 1

    def _take_rows(self, lines: Sequence[Line], at: int, families: frozenset[str], most: Room) -> int:
        """Take the rows of a table that begins there; none of it where that needs a closer look."""
        rows = formats.read_rows(lines, at, families)
        add = self.format.add_rows
        if rows is None or add is None or rows.format is not self.format:
            return 0
        taken = lines[at : at + len(rows.parts)]
        size = sum(map(_cost, taken))
        if len(self.lines) + len(taken) > most.lines or size >= most.bytes:
            return 0
        if not self._follow(taken) or not add(self.progress, rows.parts):
            return 0
        self.lines += taken
        self.parts += rows.parts
        self.size += size
        return len(taken)

    def _follow(self, lines: Sequence[Line]) -> bool:
        """Whether each line was printed after the one before it, and soon enough."""
        last = self.last.uptime_us
        for line in lines:
            uptime = line.uptime_us
            if last is None or uptime is None or not 0 < uptime - last <= self.pause_us:
                return False
            if not self.printed_by(line):
                return False
            last = uptime
        return True

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
        first = self.lines[0]
        if first.uptime_us is not None and line.uptime_us is not None:
            return line.uptime_us < first.uptime_us
        return line.when.at < first.when.at

    def is_copy_of(self, other: OpenReport) -> bool:
        """Whether everything that was read here stands in another report too."""
        known = [line for line, part in zip(self.lines, self.parts, strict=True) if part is not None]
        return other is not self and all(map(other.has, known))

    def block(self, closed_by: ClosedBy) -> Block | None:
        """What there is now, in the order in which it was logged; ``None`` if that was written, or is no report."""
        if self.settled_lines == len(self.lines) or not self.telling:
            return None
        self.settled_lines = len(self.lines)
        entries = list(map(Entry, self.lines, self.parts))
        for at in self.unread:
            entries[at] = replace(entries[at], unread=True)
        return Block(self.format.name, tuple(entries) if self.in_order else _in_order(entries), closed_by, self.mixed)


def _cost(line: Line) -> int:
    return _LINE_COST + line.raw.__sizeof__()


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
