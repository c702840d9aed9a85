"""Lines of a host in the order in which they were logged, as far as a bounded wait can restore it.

A line waits until the host's own time, or its partition's, has passed it by the window. Then it goes on together with
everything that was logged before it. By uptime where the kernel tells it, else by the line's time, else as it came.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.held import HeldOffsets
from ingest.holders import Holders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from ingest.envelope import Read
    from ingest.model import Line, Place

_ANOTHER_ORDER_US = 30_000_000
"""Time that goes back by more than disorder explains: another boot, a replay, a clock that was set."""

_LINE_COST = 1_500
"""Bytes that Python needs for a line that waits, beside its text; measured by `make robustness`."""

_STALE = 64
"""Queues that may be noted as due though nothing waits in them any more."""


class Waiting(Struct, frozen=True, gc=False):
    """A line that waits for its turn; ``came`` is the partition's time when it came."""

    read: Read
    came: datetime


_Entry = tuple[int, int, Waiting]
_Source = tuple["Place", str, str | None, str, str]


@dataclass(slots=True, eq=False)
class _Queue:
    """The lines of one host that one shipper sent: entries by key, and when each came."""

    source: _Source
    offsets: HeldOffsets
    entries: list[_Entry] = field(default_factory=list)
    came: deque[tuple[datetime, int]] = field(default_factory=deque)
    newest: int = 0
    latest: int = 0
    by_uptime: bool = False


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
        self.holders = Holders()
        """The hosts with lines that wait, and the tags of those lines."""
        self._due: dict[Place, list[tuple[datetime, int, _Queue]]] = {}
        self._offsets: dict[Place, HeldOffsets] = {}
        self._numbers = count()
        self._size = 0

    def waiting(self, place: Place, host: str) -> Collection[str]:
        """The tags of a host's lines that are waiting."""
        return self.holders.of(place, host)

    def due(self, place: Place) -> datetime | None:
        """When lines of a place will have waited long enough."""
        due = self._due.get(place)
        return due[0][0] if due else None

    def is_waiting(self, place: Place) -> bool:
        """Whether any line of a place is waiting."""
        return bool(self._due.get(place))

    def add(self, read: Read, clock: datetime) -> list[Waiting]:
        """Take a line; returns those whose turn has come, in order."""
        if not self._window_us:
            return [Waiting(read, clock)]
        released: list[Waiting] = []
        line = read.whole
        queue = self._queue(line)
        key = _key(line, queue)
        if queue.entries and (key < queue.newest - self._another_order_us or _changes(line, queue)):
            released += self._release(queue, queue.newest)
            queue = self._queue(line)
        queue.by_uptime = queue.by_uptime or line.uptime_us is not None
        if key > queue.newest or not queue.entries:
            queue.newest = key
        queue.latest = key
        if not queue.came:
            self._wait(queue, clock)
        heappush(queue.entries, (key, next(self._numbers), Waiting(read, clock)))
        queue.came.append((clock, key))
        queue.offsets.add(line.origin.offset)
        self._size += _cost(line)
        if queue.entries[0][0] <= queue.newest - self._window_us:
            released += self._release(queue, queue.newest - self._window_us)
        while self._size > self._max_bytes:
            released += self._longest_waiting()
        return released

    def advance(self, place: Place, clock: datetime) -> Iterator[Waiting]:
        """Let a partition's time pass: lines that waited for the whole window go on."""
        due = self._due.get(place)
        while due and due[0][0] <= clock:
            _, _, queue = heappop(due)
            last = None
            while queue.came and queue.came[0][0] + self._window <= clock:
                key = queue.came.popleft()[1]
                last = key if last is None else max(last, key)
            if last is not None:
                yield from self._release(queue, last)
            if queue.came:
                self._wait(queue, queue.came[0][0])

    def finish(self) -> Iterator[Waiting]:
        """The input is over: everything that waits goes on."""
        for queue in list(self._queues.values()):
            yield from self._release(queue, queue.newest)

    def drop(self, place: Place) -> None:
        """Forget the lines of a partition that another worker reads."""
        for queue in [each for each in self._queues.values() if each.source[0] == place]:
            self._size -= sum(_cost(waiting.read.whole) for _, _, waiting in queue.entries)
            self._forget(queue)
        self._due.pop(place, None)
        self._offsets.pop(place, None)

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the first record that waits: the commit must not pass it."""
        held = self._offsets.get(place)
        return held.least() if held else None

    def _queue(self, line: Line) -> _Queue:
        tag = line.tag or "kernel"
        source = (line.origin.place, line.host.name, line.boot, line.shape, tag)
        queue = self._queues.get(source)
        if queue is None:
            queue = self._queues[source] = _Queue(source, self._offsets.setdefault(source[0], HeldOffsets()))
            self.holders.add(*source[:2], tag)
        return queue

    def _wait(self, queue: _Queue, since: datetime) -> None:
        """Note when a queue's turn comes; what was noted of queues that are empty by now is thrown away in time."""
        place = queue.source[0]
        due = self._due.setdefault(place, [])
        if len(due) > _STALE + 2 * len(self._queues):
            due[:] = [each for each in due if each[2].entries]
            heapify(due)
        heappush(due, (since + self._window, next(self._numbers), queue))

    def _release(self, queue: _Queue, last: int) -> Iterator[Waiting]:
        """The lines up to a key, in order."""
        entries = queue.entries
        while queue.came and queue.came[0][1] <= last:
            queue.came.popleft()
        while entries and entries[0][0] <= last:
            _, _, waiting = heappop(entries)
            line = waiting.read.whole
            self._size -= _cost(line)
            queue.offsets.remove(line.origin.offset)
            yield waiting
        if not entries:
            queue.came.clear()
            self._forget(queue)

    def _longest_waiting(self) -> Iterator[Waiting]:
        """Make room: everything of the shipper and host whose first line waited longest."""
        place = min((place for place, due in self._due.items() if due), key=lambda place: self._due[place][0][:2])
        _, _, queue = heappop(self._due[place])
        if queue.entries:
            yield from self._release(queue, queue.newest)

    def _forget(self, queue: _Queue) -> None:
        if self._queues.get(queue.source) is queue:
            del self._queues[queue.source]
            place, host, _, _, tag = queue.source
            self.holders.remove(place, host, tag)


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


def _cost(line: Line) -> int:
    return _LINE_COST + 2 * len(line.raw)
