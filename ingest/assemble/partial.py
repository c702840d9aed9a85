"""Lines that came in several records: Kubernetes' CRI logs mark all pieces but the last with ``P``."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.envelope import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ingest.envelope import Read
    from ingest.model import Place

_LONGEST = 65_536
"""Characters of one line; what follows is a line of its own."""
_EACH = 256
"""Characters that a piece counts for besides its text: a line of a million empty ones ends as well."""
_MOST = 1_000
"""Lines that wait for their rest, over all partitions."""
_WAIT = 30.0
"""Seconds of the partition's time after which the rest is not coming any more."""

_Key = tuple["Place", str]


@dataclass(slots=True)
class _Waiting:
    pieces: list[Read]
    touched: datetime
    size: int = 0


class Partials:
    """The pieces of lines that have not ended yet, each kept apart by place and stream."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[_Key, _Waiting] = OrderedDict()

    def awaits(self, place: Place) -> bool:
        """Whether the rest of a line may come on a place."""
        return bool(self._waiting) and any(key[0] == place for key in self._waiting)

    def add(self, read: Read, place: Place, clock: datetime) -> Sequence[Read]:
        """The lines that are whole now: the one that was read, or what it is the last piece of."""
        key = place, read.stream
        before = self._waiting.get(key)
        if before is None and not read.partial:
            return (read,)
        waiting = self._waiting.setdefault(key, _Waiting([], clock))
        waiting.pieces.append(read)
        waiting.touched = clock
        waiting.size += len(read.rest) + _EACH
        if not read.partial or waiting.size >= _LONGEST:
            return (joined(self._waiting.pop(key).pieces),)
        if len(self._waiting) > _MOST:
            return (joined(self._waiting.popitem(last=False)[1].pieces),)
        return ()

    def overdue(self, place: Place, clock: datetime) -> Iterator[Read]:
        """Lines whose rest did not come, as far as they go."""
        over = [key for key, each in self._waiting.items() if (clock - each.touched).total_seconds() > _WAIT]
        for key in over:
            if key[0] == place:
                yield joined(self._waiting.pop(key).pieces)

    def finish(self) -> Iterator[Read]:
        """The input is over: every line as far as it goes."""
        while self._waiting:
            yield joined(self._waiting.popitem(last=False)[1].pieces)

    def oldest_offset(self, place: Place) -> int | None:
        """The offset of the first piece that waits: the commit must not pass it."""
        offsets = [each.pieces[0].whole.offset for key, each in self._waiting.items() if key[0] == place]
        return min(offsets, default=None)

    def drop(self, place: Place) -> None:
        """Forget the pieces of a partition that another worker reads."""
        for key in [key for key in self._waiting if key[0] == place]:
            del self._waiting[key]
