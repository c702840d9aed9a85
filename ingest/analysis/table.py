"""A process table as a whole: its largest row, its largest name, and what all rows held together."""

from __future__ import annotations

from collections import Counter, defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.analysis.room import share
from ingest.model import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.analysis.room import Room
    from ingest.model import Task

_SEVERAL = 3
"""So many processes of one name are a group."""
_MOST = 0.5
"""A row that holds so much of what its name holds is no member of a group."""

by_held: Callable[[Task], int] = attrgetter("held")
"""Orders rows by what they held."""


class Table(Struct, frozen=True):
    """What all rows of a table say.

    Attributes:
        total: Bytes that all rows held.
        largest: The row that held most.
        group: The name whose rows held most together.
        is_group: Whether it takes several processes of that name to make up most of what it holds.
    """

    total: int
    largest: Task
    group: Group
    is_group: bool


def table(tasks: Sequence[Task], room: Room) -> Table | None:
    """The table of a report; ``None`` where it has none."""
    if not tasks:
        return None
    sums = _sums(tasks)
    most = max(sums.values())
    name = min(name for name, size in sums.items() if size == most)
    of_name = [task.held for task in tasks if task.name == name]
    return Table(
        total=sum(sums.values()),
        largest=max(tasks, key=by_held),
        group=Group(name=name, count=len(of_name), rss=most, share=share(most, room.capacity)),
        is_group=len(of_name) >= _SEVERAL and max(of_name) < _MOST * most,
    )


def groups(tasks: Sequence[Task], room: Room) -> list[Group]:
    """The rows by name, the largest sum first."""
    counts = Counter(task.name for task in tasks)
    ordered = sorted(_sums(tasks).items(), key=lambda item: (-item[1], item[0]))
    return [Group(name=name, count=counts[name], rss=size, share=share(size, room.capacity)) for name, size in ordered]


def _sums(tasks: Iterable[Task]) -> dict[str, int]:
    """What the rows of each name held together."""
    sums: defaultdict[str, int] = defaultdict(int)
    for task in tasks:
        sums[task.name] += task.held
    return sums
