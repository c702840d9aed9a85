"""Lines to blocks: one small state machine for each host and boot, bounded in lines, bytes and time.

A report is *settled* when it is written early because nothing more is expected; it stays open for late lines (a
reaper's, say), which settle it again with more lines. It is *closed* when nothing more can belong to it. Only closing
lets the commit pass its first line, so a crash at any moment re-reads whole reports.

Time is the stream's: of lines for one host, of records for a partition. Nobody's clock is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.assemble.belonging import best, context, elapsed, is_copy, note_mixture
from ingest.assemble.held import HeldOffsets
from ingest.assemble.holders import Holders
from ingest.assemble.open_report import OpenReport, Room
from ingest.model import Block, ClosedBy, Line, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ingest.formats import Match
    from ingest.model import Place

_NONE = frozenset[str]()
_ANOTHER_BOOT_US = 30_000_000
"""Uptime that goes back by more than disorder can explain is another boot's."""


class Bounds(Struct, frozen=True):
    """Limits of open reports. Times in seconds.

    Attributes:
        reorder: How late a line of a host may come and still be put in order; until then lines wait.
        settle_after: Silence after which a report whose id is fixed is written, though it stays open.
        linger: Silence after which a report is closed; mere reporters' words are held that long.
        max_lines: Lines of one report.
        max_report_bytes: Bytes of one report.
        max_total_bytes: Memory for all open reports; the report touched longest ago is closed first.
    """

    reorder: float = 30.0
    settle_after: float = 10.0
    linger: float = 120.0
    max_lines: int = 5_000
    max_report_bytes: int = 1 << 20
    max_total_bytes: int = 64 << 20


@dataclass(slots=True)
class _Partition:
    """The open reports of one place.

    ``born`` is ordered by when they began, ``active`` and ``silent`` by the time of their last line: those that may
    still be settled, and those of which nothing is left to do but closing them. ``offsets`` are those of the first
    record of each.
    """

    hosts: dict[str, list[OpenReport]] = field(default_factory=dict)
    families: dict[str, frozenset[str]] = field(default_factory=dict)
    born: dict[int, OpenReport] = field(default_factory=dict)
    active: OrderedDict[int, OpenReport] = field(default_factory=OrderedDict)
    silent: OrderedDict[int, OpenReport] = field(default_factory=OrderedDict)
    offsets: HeldOffsets = field(default_factory=HeldOffsets)


class Assembler:
    """Open reports of all partitions. Feed it lines in partition order, and the passing of the stream's time."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._settle_after = timedelta(seconds=bounds.settle_after)
        self._linger = timedelta(seconds=bounds.linger)
        self.holders = Holders()
        """The hosts with open reports, by their name and boot, and the families of those."""
        self._partitions: dict[Place, _Partition] = {}
        self._size = 0
        self.copies = 0
        """Lines left out because the same line is in an open report."""

    @property
    def open_reports(self) -> int:
        """How many reports are open, settled ones included."""
        return sum(len(partition.born) for partition in self._partitions.values())

    def is_open(self, place: Place) -> bool:
        """Whether any report is open on a place."""
        partition = self._partitions.get(place)
        return partition is not None and bool(partition.hosts)

    @property
    def patience(self) -> timedelta:
        """How long nothing is settled or closed by time alone of what a line was just added to."""
        return min(self._settle_after, self._linger)

    def due(self, place: Place) -> datetime | None:
        """When time alone will next settle or close a report of a place, if no line comes."""
        partition = self._partitions.get(place)
        if partition is None:
            return None
        moments = [next(iter(partition.silent.values())).touched + self._linger] if partition.silent else []
        if partition.active:
            moments.append(next(iter(partition.active.values())).touched + self.patience)
        return min(moments, default=None)

    def families(self, line: Line) -> frozenset[str]:
        """The families with an open report on a line's host."""
        return self.families_of(line.place, _host(line))

    def families_of(self, place: Place, host: str) -> frozenset[str]:
        """The same for a host whose boot no line tells."""
        partition = self._partitions.get(place)
        return partition.families.get(host, _NONE) if partition else _NONE

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the first record of any open report: the commit must not pass it."""
        partition = self._partitions.get(place)
        return partition.offsets.least() if partition else None

    def add(self, line: Line, match: Match | None, clock: datetime, *, cut: bool = False) -> list[Block]:
        """Take one line of a host; returns the blocks that it settled or closed.

        Args:
            line: Any line of a host; lines that are not of a report still let the host's time pass.
            match: What the line says, if any wording explains it.
            clock: The partition's time.
            cut: Whether a report may begin with any of its lines, as where a log begins in the middle of one.
        """
        place, host = line.place, _host(line)
        partition = self._partitions.get(place)
        if partition is None:
            partition = self._partitions[place] = _Partition()
        siblings = partition.hosts.get(host, ())
        if match is not None and len(siblings) == 1 and siblings[0].goes_on_with(line, match):
            # Most lines of most reports: nothing below would come to anything else.
            self._size += siblings[0].add(line, match)
            return self._grown(partition, siblings[0], line, clock)
        blocks = self._close_gaps(partition, host, line)
        siblings = partition.hosts.get(host, ())
        if is_copy(siblings, line, match):
            self.copies += 1
            return blocks
        target = context(siblings, line) if match is None else best(siblings, line, match)
        if target is None and match is not None and (cut or match.wording.role is not Role.BODY):
            if match.wording.role is Role.OPENS:
                blocks.extend(self._supersede(partition, line, match))
            target = self._begin(partition, line, match, clock)
        if target is not None:
            note_mixture(siblings, target, line)
            self._size += target.add(line, match)
            blocks.extend(self._grown(partition, target, line, clock))
        return blocks

    def go_on(self, lines: Sequence[Line], came: Sequence[datetime], at: int) -> tuple[int, list[Block]]:
        """Take lines of a host as ``add`` would take them one by one, as far as they plainly go on with its report.

        Args:
            lines: Lines of a kernel in order, whatever they say, in which no anchor stands.
            came: The partition's time when each came.
            at: The first to be taken.

        Returns:
            How many were taken, and the blocks that they settled or closed.
        """
        partition = self._partitions.get(lines[at].place)
        host = _host(lines[at])
        siblings = partition.hosts.get(host, ()) if partition else ()
        if not partition or len(siblings) != 1:
            return 0, []
        room = Room(
            self._bounds.max_lines,
            min(self._bounds.max_report_bytes - siblings[0].size, self._bounds.max_total_bytes - self._size + 1),
        )
        count, grown = siblings[0].go_on(lines, at, partition.families[host], room)
        if not count:
            return 0, []
        self._size += grown
        return count, self._grown(partition, siblings[0], lines[at], came[at + count - 1])

    def advance(self, place: Place, clock: datetime) -> list[Block]:
        """Let a partition's time pass: settle what fell silent, close what stayed silent."""
        partition = self._partitions.get(place)
        if partition is None:
            return []
        blocks: list[Block] = []
        for report in _untouched(partition.active, clock - self._settle_after):
            if report.progress.anchored and not report.format.repeats:
                blocks.extend(self._settle(partition, report, ClosedBy.IDLE))
            else:
                self._leave(partition, report)
        for waiting in (partition.silent, partition.active):
            for report in _untouched(waiting, clock - self._linger):
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
            self.holders.drop(place)

    # ------------------------------------------------------------ opening and growing

    def _begin(self, partition: _Partition, line: Line, match: Match, clock: datetime) -> OpenReport:
        report = OpenReport(
            format=match.format,
            key=match.part.key,
            progress=match.format.progress(),
            host=_host(line),
            place=line.place,
            first_offset=line.offset,
            touched=clock,
            shape=line.shape,
            caller=None if match.wording.role is Role.EVIDENCE else line.caller,
            pause_us=int(min(match.format.pause, self._bounds.linger) * 1_000_000),
            mixed=self._amid_a_mixture(partition, line, match),
        )
        siblings = partition.hosts.setdefault(report.host, [])
        siblings.append(report)
        partition.families[report.host] = _families(siblings)
        partition.born[id(report)] = report
        partition.offsets.add(report.first_offset)
        self._size += report.size
        self.holders.add(report.place, report.host, report.format.name)
        return report

    def _amid_a_mixture(self, partition: _Partition, line: Line, match: Match) -> bool:
        """Whether lines of other reports are being mixed up just now: then the new one's are, too."""
        return match.wording.role is not Role.OPENS and any(
            each.mixed
            and each.format is match.format
            and each.key == match.part.key
            and elapsed(each.last, line) <= each.format.pause
            for each in partition.hosts.get(_host(line), ())
        )

    def _grown(self, partition: _Partition, report: OpenReport, line: Line, clock: datetime) -> list[Block]:
        """What a report comes to that a line was just added to."""
        if line.offset < report.first_offset:
            partition.offsets.remove(report.first_offset)
            partition.offsets.add(line.offset)
            report.first_offset = line.offset
        report.touched = max(report.touched, clock)
        partition.silent.pop(id(report), None)
        partition.active[id(report)] = report
        partition.active.move_to_end(id(report))
        blocks: list[Block] = []
        if report.progress.done and not report.format.repeats:
            blocks.extend(self._close(partition, report, ClosedBy.TERMINATOR))
        elif len(report.lines) >= self._bounds.max_lines or report.size >= self._bounds.max_report_bytes:
            blocks.extend(self._close(partition, report, ClosedBy.CAP))
        while self._size > self._bounds.max_total_bytes:
            blocks.extend(self._close_oldest())
        return blocks

    def _supersede(self, partition: _Partition, line: Line, match: Match) -> Iterator[Block]:
        """A new head: the reports before it are over, or at least as good as written."""
        for report in list(partition.hosts.get(_host(line), ())):
            if report.format.name != match.format.name or report.key != match.part.key or report.shape != line.shape:
                continue
            report.superseded = True
            if report.format.head_ends_report:
                yield from self._close(partition, report, ClosedBy.NEXT_REPORT)
            elif report.progress.anchored:
                yield from self._settle(partition, report, ClosedBy.NEXT_REPORT)

    # ------------------------------------------------------------ settling and closing

    def _close_gaps(self, partition: _Partition, host: str, line: Line) -> list[Block]:
        """Lines of the same shipper and killer come in order, so a much later one ends what was open before it."""
        over = [
            report
            for report in partition.hosts.get(host, ())
            if report.may_print(line)
            and (elapsed(report.last, line) > self._bounds.linger or _rebooted(report.last, line))
        ]
        return [block for report in over for block in self._close(partition, report, ClosedBy.GAP)]

    def _close_oldest(self) -> Iterator[Block]:
        """Make room: the report that waited longest goes, wherever it is."""
        waiting = [
            next(iter(queue.values())) for p in self._partitions.values() for queue in (p.silent, p.active) if queue
        ]
        report = min(waiting, key=lambda each: each.touched)
        yield from self._close(self._partitions[report.place], report, ClosedBy.CAP)

    def _settle(self, partition: _Partition, report: OpenReport, closed_by: ClosedBy) -> Iterator[Block]:
        self._leave(partition, report)
        if block := report.block(closed_by):
            yield block

    def _leave(self, partition: _Partition, report: OpenReport) -> None:
        partition.active.pop(id(report), None)
        partition.silent[id(report)] = report

    def _close(self, partition: _Partition, report: OpenReport, closed_by: ClosedBy) -> Iterator[Block]:
        partition.active.pop(id(report), None)
        partition.silent.pop(id(report), None)
        self.holders.remove(report.place, report.host, report.format.name)
        del partition.born[id(report)]
        partition.offsets.remove(report.first_offset)
        siblings = partition.hosts[report.host]
        siblings.remove(report)
        partition.families[report.host] = _families(siblings)
        if not siblings:
            del partition.hosts[report.host], partition.families[report.host]
        self._size -= report.size
        if not report.progress.anchored and any(report.is_copy_of(other) for other in siblings):
            self.copies += len(report.lines)
        elif block := report.block(ClosedBy.NEXT_REPORT if report.superseded else closed_by):
            yield block


def _families(reports: Sequence[OpenReport]) -> frozenset[str]:
    return frozenset(report.format.name for report in reports)


def _host(line: Line) -> str:
    """The key of a host's reports: its name, and its boot where a shipper tells it."""
    return line.host.name if line.boot is None else f"{line.host.name}\x1f{line.boot}"


def _untouched(reports: OrderedDict[int, OpenReport], since: datetime) -> list[OpenReport]:
    """The reports without a line since then. They are ordered by their last line, so the look ends early."""
    return list(takewhile(lambda report: report.touched <= since, reports.values()))


def _rebooted(before: Line, after: Line) -> bool:
    """Whether a line is of another boot: uptime went back."""
    if before.uptime_us is None or after.uptime_us is None:
        return False
    return before.uptime_us - after.uptime_us > _ANOTHER_BOOT_US
