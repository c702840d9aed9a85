"""A process table as a whole: its largest row, its largest name, and what all rows held together."""

from __future__ import annotations

from collections import Counter, defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.analysis.room import share
from ingest.model import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    group = groups(tasks, room, most=1)[0]
    largest = max(task.held for task in tasks if task.name == group.name)
    return Table(
        total=sum(task.held for task in tasks),
        largest=max(tasks, key=by_held),
        group=group,
        is_group=group.count >= _SEVERAL and largest < _MOST * (group.rss or 0),
    )


def groups(tasks: Sequence[Task], room: Room, most: int | None = None) -> list[Group]:
    """The rows by name, the largest sum first.

    Args:
        tasks: Rows of a table.
        room: What there was to be held.
        most: So many names at most.
    """
    sums: defaultdict[str, int] = defaultdict(int)
    for task in tasks:
        sums[task.name] += task.held
    counts = Counter([task.name for task in tasks])
    ordered = sorted(sorted(sums), key=sums.__getitem__, reverse=True)[:most]
    return [
        Group(name=name, count=counts[name], rss=sums[name], share=share(sums[name], room.capacity)) for name in ordered
    ]
