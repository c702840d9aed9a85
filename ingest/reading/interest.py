"""What records of a place may belong to just now: open reports, those that waiting lines may begin, torn lines."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ingest import formats

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from ingest.assemble import Assembler
    from ingest.assemble.partial import Partials
    from ingest.assemble.reorder import Reorder
    from ingest.assemble.wrapped import Wrapped
    from ingest.model import Line, Place

_NOBODY = frozenset[str]()
_KEPT = 1_024


class Interest:
    """Asks those who hold lines.

    Args:
        partials: Pieces of lines.
        wrapped: Lines that end early.
        reorder: Lines that wait for their turn.
        assembler: Open reports. Its time runs behind by ``window``.
        window: How long lines wait for their turn.
    """

    def __init__(
        self, partials: Partials, wrapped: Wrapped, reorder: Reorder, assembler: Assembler, window: timedelta
    ) -> None:
        self._partials = partials
        self._wrapped = wrapped
        self._reorder = reorder
        self._assembler = assembler
        self._window = window

    def is_open(self, place: Place) -> bool:
        """Whether records of a place may belong to something that others have begun."""
        return self._assembler.is_open(place) or self._reorder.may_begin(place) or self.awaits_rest(place)

    def awaits_rest(self, place: Place) -> bool:
        """Whether a record of a place may be the rest of a line."""
        return self._partials.awaits(place) or self._wrapped.awaits(place)

    def in_line(self, line: Line) -> bool:
        """Whether a line without anything of its own that matters may belong to what is open on its host."""
        families, waiting = self._assembler.families(line), self._reorder.waiting(line.place, line.host.name)
        if not families and not waiting:
            return False
        if line.tag in waiting:
            return True
        return line.tag is None or line.tag in _tags_of(families, frozenset(waiting))

    def tags(self, place: Place, host: str) -> frozenset[str]:
        """The programs whose lines may belong to what is open on a host, of the boot that lines without one are of."""
        families, waiting = self._assembler.families_of(place, host), self._reorder.waiting(place, host)
        return _tags_of(families, frozenset(waiting)) if families or waiting else _NOBODY

    def tags_may_come(self, place: Place) -> bool:
        """Whether time alone may let more programs' lines belong to what is open: a line without a tag may be any's."""
        return self._reorder.has_untagged(place)

    @property
    def begun(self) -> int:
        """Changes when something is begun on a host where nothing of its kind was open."""
        return self._reorder.holders.begun + self._assembler.holders.begun

    def names(self, place: Place) -> set[str]:
        """The hosts of a place on which anything is open."""
        waiting, reporting = self.hosts(place)
        return {*waiting, *(host.partition("\x1f")[0] for host in reporting)}

    def hosts(self, place: Place) -> tuple[Collection[str], Collection[str]]:
        """The hosts of a place with lines that wait, and those with open reports, by their names and boots."""
        return self._reorder.holders.hosts(place), self._assembler.holders.hosts(place)

    def tags_anywhere(self, place: Place) -> frozenset[str]:
        """The programs whose lines may belong to what is open on any host of a place."""
        families, waiting = self._assembler.holders.kinds(place), self._reorder.holders.kinds(place)
        return _tags_of(frozenset(families), frozenset(waiting)) if families or waiting else _NOBODY

    def due(self, place: Place) -> datetime | None:
        """When time alone will next change anything, if nothing comes."""
        return _first(*self._due(place))

    def at_once(self, place: Place, time: datetime) -> datetime | None:
        """How far a place's time may pass in one step: up to ``time``, or to what time alone settles or closes before.

        What a line is added to on the way is neither settled nor closed for a while. ``None`` where nothing is due.
        """
        waiting, settling = self._due(place)
        due = _first(waiting, settling)
        if due is None or due > time:
            return None
        return _first(time, waiting and waiting + self._assembler.patience, settling)

    def _due(self, place: Place) -> tuple[datetime | None, datetime | None]:
        """When a line of a place will next have waited long enough, and when a report will be settled or closed."""
        settling = self._assembler.due(place)
        return self._reorder.due(place), settling and settling + self._window


def _first(*moments: datetime | None) -> datetime | None:
    """The earliest of some moments, as far as there are any."""
    return min(filter(None, moments), default=None)


@lru_cache(maxsize=_KEPT)
def _tags_of(families: frozenset[str], waiting: frozenset[str]) -> frozenset[str]:
    """The tags of families, and of those that a waiting line may be of."""
    known = formats.formats().values()
    return _NOBODY.union(*(each.tags for each in known if each.name in families or each.tags & waiting))
