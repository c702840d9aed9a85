"""Lines of a host in the order in which they were logged, as far as a bounded wait can restore it.

A line waits until the host's own time, or its partition's, has passed it by the window. Then it goes on together with
everything that was logged before it. By uptime where the kernel tells it, else by the line's time, else as it came.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heapify, heappop, heappush
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.assemble.held import HeldOffsets
from ingest.assemble.holders import Holders
from ingest.envelope import Read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from ingest.model import Line, Place

_ANOTHER_ORDER_US = 30_000_000
"""Time that goes back by more than disorder explains: another boot, a replay, a clock that was set."""

_LINE_COST = 550
"""Bytes that Python needs for a line that waits, beside its text; measured by `make robustness`."""

_STALE = 64
"""Queues that may be noted as due though nothing waits in them any more."""


class Waiting(Struct, frozen=True, gc=False):
    """A line that waits for its turn.

    Attributes:
        read: The line.
        came: The partition's time when it came.
        may_begin: Whether a report may begin with it, so that lines of its host matter that would not by themselves.
    """

    read: Read
    came: datetime
    may_begin: bool = False


class Stretch(Struct, frozen=True, gc=False):
    """Lines of one kernel and shipper with their uptime, none less than that before, in which no anchor stands.

    They wait and go on together as long as nothing comes between them. ``came`` are the partition's times when they
    came, line by line.
    """

    lines: Sequence[Line]
    came: Sequence[datetime]

    def cut(self, at: int) -> tuple[Stretch, Stretch]:
        """The lines before a place, and those from there on."""
        return Stretch(self.lines[:at], self.came[:at]), Stretch(self.lines[at:], self.came[at:])


_Entry = tuple[int, int, Waiting | Stretch]
_Source = tuple["Place", str, str | None, str, str]


@dataclass(slots=True, eq=False)
class _Queue:
    """The lines of one host that one shipper sent: entries by the key of their first line, and when each came.

    ``stretched`` is how many entries have several lines.
    """

    source: _Source
    offsets: HeldOffsets
    entries: list[_Entry] = field(default_factory=list)
    came: deque[tuple[datetime, int]] = field(default_factory=deque)
    newest: int = 0
    latest: int = 0
    by_uptime: bool = False
    stretched: int = 0


class Reorder:
    """Lines of all hosts that wait for their turn.

    Args:
        window: Seconds that a line may be late; 0 lets every line through as it comes.
        max_bytes: Memory for all waiting lines; beyond it those that waited longest go on as they are.
    """

    def __init__(self, window: float, max_bytes: int) -> None:
        self._window = timedelta(seconds=window)
        self._window_us = int(window * 1_000_000)
        self._another_order_us = max(self._window_us, _ANOTHER_ORDER_US)
        self._max_bytes = max_bytes
        self._queues: dict[_Source, _Queue] = {}
        self._of_host: Counter[tuple[Place, str]] = Counter()
        self.holders = Holders()
        """The hosts with lines that wait and may begin a report, and the tags of those lines."""
        self._due: dict[Place, list[tuple[datetime, int, _Queue]]] = {}
        self._untagged: set[Place] = set()
        self._offsets: dict[Place, HeldOffsets] = {}
        self._number = 0
        self._size = 0

    def waiting(self, place: Place, host: str) -> Collection[str]:
        """The tags of a host's lines that are waiting and may begin a report."""
        return self.holders.of(place, host)

    def due(self, place: Place) -> datetime | None:
        """When lines of a place will have waited long enough."""
        due = self._due.get(place)
        return due[0][0] if due else None

    def may_begin(self, place: Place) -> bool:
        """Whether any line of a place is waiting that may begin a report."""
        return bool(self.holders.hosts(place))

    def has_untagged(self, place: Place) -> bool:
        """Whether a line without a tag waits that may begin one, or one did while others have been waiting."""
        if not self.may_begin(place):
            self._untagged.discard(place)
        return place in self._untagged

    def add(self, read: Read, clock: datetime, *, may_begin: bool) -> list[Waiting | Stretch]:
        """Take a line; returns those whose turn has come, in order.

        Args:
            read: The line.
            clock: The partition's time.
            may_begin: See ``Waiting``.
        """
        if not self._window_us:
            return [Waiting(read, clock, may_begin)]
        released: list[Waiting | Stretch] = []
        line = read.whole
        queue = self._queue(line)
        key = _key(line, queue)
        if queue.entries and (key < queue.newest - self._another_order_us or _changes(line, queue)):
            released += self._release(queue, queue.newest)
            queue = self._queue(line)
        if queue.stretched and key < queue.newest:
            _take_apart(queue)
        queue.by_uptime = queue.by_uptime or line.uptime_us is not None
        if key > queue.newest or not queue.entries:
            queue.newest = key
        queue.latest = key
        if not queue.came:
            self._wait(queue, clock)
        heappush(queue.entries, (key, self._numbered(), Waiting(read, clock, may_begin)))
        if may_begin:
            self._hold(queue, line)
        queue.came.append((clock, key))
        queue.offsets.add(line.offset)
        self._size += _cost(line)
        return released + self._passed(queue)

    def add_stretch(self, stretch: Stretch) -> tuple[int, list[Waiting | Stretch]]:
        """Take lines as ``add`` would take them one by one, as far as it can be done at once.

        Returns:
            How many lines were taken, and what ``add`` returns. Some are left where memory for all waiting lines is
            used up, and 0 are taken where ``add`` has to take the first.
        """
        lines = stretch.lines
        first, last = _uptime(lines[0]), _uptime(lines[-1])
        before = self._queues.get(_source(lines[0]))
        if last - first > self._window_us or (before and not (before.by_uptime and before.newest <= first)):
            return 0, []
        together = self._until_release(lines, before.entries[0][0] if before else first)
        if together < len(lines):
            stretch, _ = stretch.cut(together)
            lines = stretch.lines
            last = _uptime(lines[-1])
        size, room = _costs(lines), self._max_bytes - self._size
        if size > room:
            fitting = bisect_right(list(accumulate(map(_cost, lines))), room)
            stretch, _ = stretch.cut(fitting + 1)  # As ever, the line too many is taken, and then room is made.
            lines = stretch.lines
            size, last = _costs(lines), _uptime(lines[-1])
        queue = self._queue(lines[0])
        queue.by_uptime = True
        queue.newest = queue.latest = last
        if not queue.came:
            self._wait(queue, stretch.came[0])
        heappush(queue.entries, (first, self._numbered(len(lines)), stretch))
        queue.stretched += 1
        queue.came.extend(_when_came(stretch))
        queue.offsets.add(lines[0].offset)
        self._size += size
        return len(lines), self._passed(queue)

    def _until_release(self, lines: Sequence[Line], oldest: int) -> int:
        """How many lines come up to and with the one that lets the oldest go on: then the rest may matter no more."""
        if oldest + self._window_us > _uptime(lines[-1]):
            return len(lines)
        return bisect_left(lines, oldest + self._window_us, key=_uptime) + 1

    def _passed(self, queue: _Queue) -> list[Waiting | Stretch]:
        """What goes on because of what was just added: by the host's own time, or to make room."""
        released: list[Waiting | Stretch] = []
        if queue.entries[0][0] <= queue.newest - self._window_us:
            released += self._release(queue, queue.newest - self._window_us)
        while self._size > self._max_bytes:
            released += self._longest_waiting()
        return released

    def _numbered(self, count: int = 1) -> int:
        """The number of the first of some lines: among lines of one key the least goes first."""
        number = self._number
        self._number += count
        return number

    def advance(self, place: Place, clock: datetime) -> Iterator[Waiting | Stretch]:
        """Let a partition's time pass: lines that waited for the whole window go on.

        Those of one host that several shippers or programs sent go on as they came. Those of several hosts need not.
        """
        due = self._due.get(place)
        while due and due[0][0] <= clock:
            at, _, queue = heappop(due)
            until = clock if self._of_host[queue.source[:2]] == 1 else at
            last = None
            while queue.came and queue.came[0][0] + self._window <= until:
                key = queue.came.popleft()[1]
                last = key if last is None else max(last, key)
            if last is not None:
                yield from self._release(queue, last)
            if queue.came:
                self._wait(queue, queue.came[0][0])

    def finish(self) -> Iterator[Waiting | Stretch]:
        """The input is over: everything that waits goes on."""
        for queue in list(self._queues.values()):
            yield from self._release(queue, queue.newest)

    def drop(self, place: Place) -> None:
        """Forget the lines of a partition that another worker reads."""
        for queue in [each for each in self._queues.values() if each.source[0] == place]:
            self._size -= sum(_costs(_lines(waiting)) for _, _, waiting in queue.entries)
            self._forget(queue)
        self._due.pop(place, None)
        self._offsets.pop(place, None)
        self.holders.drop(place)

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the first record that waits: the commit must not pass it."""
        held = self._offsets.get(place)
        return held.least() if held else None

    def _queue(self, line: Line) -> _Queue:
        source = _source(line)
        queue = self._queues.get(source)
        if queue is None:
            queue = self._queues[source] = _Queue(source, self._offsets.setdefault(source[0], HeldOffsets()))
            self._of_host[source[:2]] += 1
        return queue

    def _hold(self, queue: _Queue, line: Line) -> None:
        """A line waits that may begin a report."""
        if line.tag is None:
            self._untagged.add(line.place)
        self.holders.add(*queue.source[:2], queue.source[-1])

    def _wait(self, queue: _Queue, since: datetime) -> None:
        """Note when a queue's turn comes; what was noted of queues that are empty by now is thrown away in time."""
        place = queue.source[0]
        due = self._due.setdefault(place, [])
        if len(due) > _STALE + 2 * len(self._queues):
            due[:] = [each for each in due if each[2].entries]
            heapify(due)
        heappush(due, (since + self._window, self._numbered(), queue))

    def _release(self, queue: _Queue, last: int) -> Iterator[Waiting | Stretch]:
        """The lines up to a key, in order."""
        entries = queue.entries
        while queue.came and queue.came[0][1] <= last:
            queue.came.popleft()
        while entries and entries[0][0] <= last:
            _, number, waiting = heappop(entries)
            if isinstance(waiting, Stretch):
                waiting = self._cut(queue, number, waiting, last)
            lines = _lines(waiting)
            if isinstance(waiting, Waiting) and waiting.may_begin:
                self.holders.remove(*queue.source[:2], queue.source[-1])
            self._size -= _costs(lines)
            queue.offsets.remove(lines[0].offset)
            yield waiting
        if not entries:
            queue.came.clear()
            self._forget(queue)

    def _cut(self, queue: _Queue, number: int, stretch: Stretch, last: int) -> Stretch:
        """The lines of a stretch up to a key; the others go on waiting."""
        count = bisect_right(stretch.lines, last, key=_uptime)
        if count == len(stretch.lines):
            queue.stretched -= 1
            return stretch
        now, later = stretch.cut(count)
        heappush(queue.entries, (_uptime(later.lines[0]), number + count, later))
        queue.offsets.add(later.lines[0].offset)
        return now

    def _longest_waiting(self) -> Iterator[Waiting | Stretch]:
        """Make room: everything of the shipper and host whose first line waited longest."""
        place = min((place for place, due in self._due.items() if due), key=lambda place: self._due[place][0][:2])
        _, _, queue = heappop(self._due[place])
        if queue.entries:
            yield from self._release(queue, queue.newest)

    def _forget(self, queue: _Queue) -> None:
        if self._queues.get(queue.source) is queue:
            del self._queues[queue.source]
            self._of_host[queue.source[:2]] -= 1
            if not self._of_host[queue.source[:2]]:
                del self._of_host[queue.source[:2]]


def _key(line: Line, queue: _Queue) -> int:
    """When a line was logged: by uptime, else by its time; one that tells neither belongs to the line before it."""
    if line.uptime_us is not None:
        return line.uptime_us
    if line.when.from_line and not queue.by_uptime:
        return int(line.when.at.timestamp() * 1_000_000)
    return queue.latest


def _changes(line: Line, queue: _Queue) -> bool:
    """Whether a queue that went by time goes by uptime from here on."""
    return line.uptime_us is not None and not queue.by_uptime


def _source(line: Line) -> _Source:
    return line.place, line.host.name, line.boot, line.shape, line.tag or "kernel"


def _cost(line: Line) -> int:
    return _LINE_COST + line.raw.__sizeof__()


def _costs(lines: Sequence[Line]) -> int:
    return len(lines) * _LINE_COST + sum([line.raw.__sizeof__() for line in lines])


def _lines(waiting: Waiting | Stretch) -> Sequence[Line]:
    return waiting.lines if isinstance(waiting, Stretch) else (waiting.read.whole,)


def _uptime(line: Line) -> int:
    return line.uptime_us or 0


def _when_came(stretch: Stretch) -> Iterator[tuple[datetime, int]]:
    """When lines came, with the key of the last that came at each time."""
    for line, came, following in zip(stretch.lines, stretch.came, (*stretch.came[1:], None), strict=True):
        if came != following:
            yield came, _uptime(line)


def _take_apart(queue: _Queue) -> None:
    """A line came late, perhaps between two of a stretch: each is an entry of its own from now on."""
    entries: list[_Entry] = []
    for key, number, waiting in queue.entries:
        if isinstance(waiting, Waiting):
            entries.append((key, number, waiting))
            continue
        for at, (line, came) in enumerate(zip(waiting.lines, waiting.came, strict=True)):
            entries.append((_uptime(line), number + at, Waiting(Read(line), came)))
            if at:
                queue.offsets.add(line.offset)
    heapify(entries)
    queue.entries[:] = entries
    queue.stretched = 0
