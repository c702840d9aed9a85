"""Notices hosts whose lines come from several partitions at once: a report in pieces cannot be put together."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import Line, Place

_MOST = 10_000
"""Hosts that are remembered: those of the latest lines."""

_AT_ONCE = timedelta(minutes=2)
"""A host that has moved to another partition, because a topic was given more of them, is not in two at once."""


class HostPlaces:
    """Where each host was seen last."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[Place, datetime]] = OrderedDict()
        self._latest: tuple[str, Place, datetime] | None = None

    def spread(self, line: Line) -> bool:
        """Whether the host of a line was just seen in another partition of the same topic."""
        place, at = line.place, line.when.at
        latest = (line.host.name, place, at)
        if latest == self._latest:
            return False
        self._latest = latest
        host = (line.place[0], line.host.name)
        before = self._seen.get(host)
        self._seen[host] = (place, at)
        self._seen.move_to_end(host)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return before is not None and before[0] != place and abs(at - before[1]) <= _AT_ONCE
