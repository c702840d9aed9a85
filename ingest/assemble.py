"""Lines to blocks: one small state machine for each host, bounded in lines, bytes and time.

A report is *settled* when it is written early because nothing more is expected; it stays open for late lines (a
reaper's, say), which settle it again with more lines. It is *closed* when nothing more can belong to it. Only closing
lets the commit pass its first line, so a crash at any moment re-reads whole reports.

Time is the stream's: of lines for one host, of records for a partition. Nobody's clock is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.model import Block, ClosedBy, Entry, Line, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats import Format, Match, Progress

Place = tuple[str, int | None]
"""A partition of a topic, or a file: lines of one place come in order."""


class Bounds(Struct, frozen=True):
    """Limits of open reports. Times in seconds.

    Attributes:
        settle_after: Silence after which a report whose id is fixed is written, though it stays open.
        linger: Silence after which a report is closed.
        max_lines: Lines of one report.
        max_report_bytes: Bytes of one report.
        max_total_bytes: Bytes of all open reports; the report touched longest ago is closed first.
    """

    settle_after: float = 10.0
    linger: float = 120.0
    max_lines: int = 5_000
    max_report_bytes: int = 1 << 20
    max_total_bytes: int = 64 << 20


@dataclass(slots=True, eq=False)
class _Open:
    """A report that may still grow."""

    format: Format
    key: str | None
    progress: Progress
    host: str
    place: Place
    first_offset: int
    touched: datetime
    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    settled_entries: int = 0
    superseded: bool = False

    def block(self, closed_by: ClosedBy) -> Block | None:
        """What there is now; ``None`` if just that was written already."""
        if self.settled_entries == len(self.entries):
            return None
        self.settled_entries = len(self.entries)
        return Block(self.format.name, tuple(self.entries), closed_by)


@dataclass(slots=True)
class _Partition:
    """The open reports of one place.

    ``born`` is ordered by their first line, ``active`` and ``settled`` by the time of their last.
    """

    hosts: dict[str, list[_Open]] = field(default_factory=dict)
    born: dict[int, _Open] = field(default_factory=dict)
    active: OrderedDict[int, _Open] = field(default_factory=OrderedDict)
    settled: OrderedDict[int, _Open] = field(default_factory=OrderedDict)


class Assembler:
    """Open reports of all partitions. Feed it lines in partition order, and the passing of the stream's time."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._partitions: dict[Place, _Partition] = {}
        self._size = 0

    @property
    def open_reports(self) -> int:
        """How many reports are open, settled ones included."""
        return sum(len(partition.born) for partition in self._partitions.values())

    def is_open(self, place: Place, host: str | None = None) -> bool:
        """Whether any report is open on a place, or on one of its hosts."""
        partition = self._partitions.get(place)
        return partition is not None and (bool(partition.hosts) if host is None else host in partition.hosts)

    def families(self, place: Place, host: str) -> frozenset[str]:
        """The families with an open report on a host."""
        partition = self._partitions.get(place)
        reports = partition.hosts.get(host, ()) if partition else ()
        return frozenset(report.format.name for report in reports)

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the first line of the oldest open report: the commit must not pass it."""
        partition = self._partitions.get(place)
        if partition is None or not partition.born:
            return None
        return next(iter(partition.born.values())).first_offset

    def add(self, line: Line, match: Match | None, clock: datetime) -> list[Block]:
        """Take one line of a host; returns the blocks that it settled or closed.

        Args:
            line: Any line of a host; lines that are not of a report still let the host's time pass.
            match: What the line says, if any wording explains it.
            clock: The partition's time.
        """
        place = _place(line)
        partition = self._partitions.setdefault(place, _Partition())
        blocks = list(self._close_gaps(partition, line))
        if match is None:
            target = self._context(partition, line)
        else:
            target = self._best(partition, line, match)
            if target is None and match.wording.role is not Role.BODY:
                if match.wording.role is Role.OPENS:
                    blocks.extend(self._supersede(partition, line, match))
                target = self._begin(partition, line, match, clock)
        if target is not None:
            blocks.extend(self._extend(partition, target, line, match, clock))
        return blocks

    def advance(self, place: Place, clock: datetime) -> list[Block]:
        """Let a partition's time pass: settle what fell silent, close what stayed silent."""
        partition = self._partitions.get(place)
        if partition is None:
            return []
        blocks: list[Block] = []
        for report in _silent(partition.active, clock, self._bounds.settle_after):
            if not report.progress.anchored:
                continue
            blocks.extend(self._settle(partition, report, ClosedBy.IDLE))
        for waiting in (partition.settled, partition.active):
            for report in _silent(waiting, clock, self._bounds.linger):
                blocks.extend(self._close(partition, report, ClosedBy.IDLE))
        return blocks

    def finish(self) -> list[Block]:
        """The input is over: close everything."""
        return [
            block
            for partition in list(self._partitions.values())
            for report in list(partition.born.values())
            for block in self._close(partition, report, ClosedBy.IDLE)
        ]

    def drop(self, place: Place) -> None:
        """Forget the open reports of a partition that another worker reads from their first line on."""
        partition = self._partitions.pop(place, None)
        if partition:
            self._size -= sum(report.size for report in partition.born.values())

    # ------------------------------------------------------------ finding the report of a line

    def _best(self, partition: _Partition, line: Line, match: Match) -> _Open | None:
        """The open report that a line fits best, the newest of equals."""
        best, best_fit = None, 0
        for report in reversed(partition.hosts.get(line.host.name, ())):
            if report.format.name != match.format.name or report.key != match.part.key:
                continue
            fit = report.progress.fit(match.part)
            if fit > best_fit:
                best, best_fit = report, fit
        return best

    def _context(self, partition: _Partition, line: Line) -> _Open | None:
        """The newest open report that takes lines nobody explains, if the line may be the killer's at all."""
        for report in reversed(partition.hosts.get(line.host.name, ())):
            if report.progress.takes_context and (line.tag is None or line.tag in report.format.tags):
                return report
        return None

    # ------------------------------------------------------------ opening and growing

    def _begin(self, partition: _Partition, line: Line, match: Match, clock: datetime) -> _Open:
        report = _Open(
            format=match.format,
            key=match.part.key,
            progress=match.format.progress(),
            host=line.host.name,
            place=_place(line),
            first_offset=line.origin.offset,
            touched=clock,
        )
        partition.hosts.setdefault(report.host, []).append(report)
        partition.born[id(report)] = report
        return report

    def _extend(
        self, partition: _Partition, report: _Open, line: Line, match: Match | None, clock: datetime
    ) -> Iterator[Block]:
        report.entries.append(Entry(line, match.part, unread=bool(match.unread)) if match else Entry(line, None))
        report.size += len(line.raw)
        self._size += len(line.raw)
        report.touched = clock
        if match is not None:
            report.progress.add(match.part)
        partition.settled.pop(id(report), None)
        partition.active[id(report)] = report
        partition.active.move_to_end(id(report))
        if report.progress.done:
            yield from self._close(partition, report, ClosedBy.TERMINATOR)
        elif len(report.entries) >= self._bounds.max_lines or report.size >= self._bounds.max_report_bytes:
            yield from self._close(partition, report, ClosedBy.CAP)
        while self._size > self._bounds.max_total_bytes:
            yield from self._close_oldest()

    def _supersede(self, partition: _Partition, line: Line, match: Match) -> Iterator[Block]:
        """A new head: the reports before it are over, or at least as good as written."""
        for report in list(partition.hosts.get(line.host.name, ())):
            if report.format.name != match.format.name or report.key != match.part.key:
                continue
            report.superseded = True
            if report.format.head_ends_report:
                yield from self._close(partition, report, ClosedBy.NEXT_REPORT)
            elif report.progress.anchored:
                yield from self._settle(partition, report, ClosedBy.NEXT_REPORT)

    # ------------------------------------------------------------ settling and closing

    def _close_gaps(self, partition: _Partition, line: Line) -> Iterator[Block]:
        for report in list(partition.hosts.get(line.host.name, ())):
            if abs(_elapsed(report.entries[-1].line, line)) > self._bounds.linger:
                yield from self._close(partition, report, ClosedBy.GAP)

    def _close_oldest(self) -> Iterator[Block]:
        """Make room: the report that waited longest goes, wherever it is."""
        waiting = [
            next(iter(queue.values())) for p in self._partitions.values() for queue in (p.settled, p.active) if queue
        ]
        report = min(waiting, key=lambda each: each.touched)
        yield from self._close(self._partitions[report.place], report, ClosedBy.CAP)

    def _settle(self, partition: _Partition, report: _Open, closed_by: ClosedBy) -> Iterator[Block]:
        partition.active.pop(id(report), None)
        partition.settled[id(report)] = report
        if block := report.block(closed_by):
            yield block

    def _close(self, partition: _Partition, report: _Open, closed_by: ClosedBy) -> Iterator[Block]:
        partition.active.pop(id(report), None)
        partition.settled.pop(id(report), None)
        del partition.born[id(report)]
        siblings = partition.hosts[report.host]
        siblings.remove(report)
        if not siblings:
            del partition.hosts[report.host]
        self._size -= report.size
        if block := report.block(ClosedBy.NEXT_REPORT if report.superseded else closed_by):
            yield block


def _place(line: Line) -> Place:
    return line.origin.source, line.origin.partition


def _silent(reports: OrderedDict[int, _Open], clock: datetime, seconds: float) -> list[_Open]:
    """The reports without a line for that long. They are ordered by their last line, so the scan stops early."""
    found = []
    for report in reports.values():
        if (clock - report.touched).total_seconds() <= seconds:
            break
        found.append(report)
    return found


def _elapsed(before: Line, after: Line) -> float:
    """Seconds between two lines of a host: by uptime, the better clock within a boot, else by their times."""
    if before.uptime_us is not None and after.uptime_us is not None and after.uptime_us >= before.uptime_us:
        return (after.uptime_us - before.uptime_us) / 1e6
    return (after.when.at - before.when.at).total_seconds()
