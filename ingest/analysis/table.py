"""A process table as a whole: its largest row, its largest name, and what all rows held together."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest.model import Group

if TYPE_CHECKING:
    from ingest.analysis.room import Room
    from ingest.model import Task, Tasks

_SEVERAL = 3
"""So many processes of one name are a group."""
_MOST = 0.5
"""A row that holds so much of what its name holds is no member of a group."""

_SHARED = 1.1
"""Rows that sum up to so many times what there was share more than code."""


class Table(Struct, frozen=True):
    """What all rows of a table say.

    Attributes:
        total: Bytes that all rows held.
        largest: The row that held most.
        group: The name whose rows held most together.
        is_group: Whether it takes several processes of that name to make up most of what it holds.
        shares: Whether the rows of that name sum up to far more than there was, as those do that share pages.
    """

    total: int
    largest: Task
    group: Group
    is_group: bool
    shares: bool


def table(tasks: Tasks, room: Room) -> Table | None:
    """The table of a report; ``None`` where it has none."""
    if not tasks:
        return None
    sums = _sums(tasks)
    most = max(sums.values())
    name = min([name for name, size in sums.items() if size == most])
    of_name = [held for held, each in zip(tasks.held, tasks.name, strict=True) if each == name]
    return Table(
        total=sum(tasks.held),
        largest=tasks.row(tasks.held.index(max(tasks.held))),
        group=_group(name, len(of_name), most, room),
        is_group=len(of_name) >= _SEVERAL and max(of_name) < _MOST * most,
        shares=room.most is not None and most > _SHARED * room.most,
    )


def groups(tasks: Tasks, room: Room) -> list[Group]:
    """The rows by name, the largest sum first."""
    counts = Counter(tasks.name)
    ordered = sorted(_sums(tasks).items(), key=lambda item: (-item[1], item[0]))
    return [_group(name, counts[name], size, room) for name, size in ordered]


def _group(name: str, count: int, size: int, room: Room) -> Group:
    """The rows of a name, which share pages where they sum up to more than there was."""
    held = size if room.most is None or count == 1 else min(size, room.most)
    return Group(name=name, count=count, rss=held, share=room.part(held))


def _sums(tasks: Tasks) -> dict[str, int]:
    """What the rows of each name held together."""
    sums: dict[str, int] = {}
    for name, held in zip(tasks.name, tasks.held, strict=True):
        sums[name] = sums.get(name, 0) + held
    return sums
