"""Which lines can stand in one report: the order in which ``dump_header`` prints them, and what it prints once.

Lost lines leave the end of one report beside the beginning of the next. A line that an earlier part of a report prints,
or that a report has only once, is then known to be another's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.formats.linux.header import Cpu, Cpuset, Hardware, Stack
from ingest.formats.linux.kill import Kill, Selected
from ingest.formats.linux.memcg import MemcgCounter, Stat, Stats, TaskIn
from ingest.formats.linux.memory import Buddy, Node, Pages, ZoneLine
from ingest.formats.linux.summary import Summary
from ingest.formats.linux.tasks import Heading, Row
from ingest.model import Constraint

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import Part

_ORDER: tuple[tuple[type, ...], ...] = (
    (Cpu, Cpuset, Hardware),
    (TaskIn, MemcgCounter),
    (Stats, Stat),
    (Pages, Node, ZoneLine, Buddy),
    (Heading,),
    (Row,),
    (Summary,),
    (Selected,),
    (Kill,),
)
"""2.6.16 to 7.1; what a generation does not print is left out, nothing stands elsewhere."""

_RANK = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}


def rank(part: Part) -> int | None:
    """How late in a report a line stands; ``None`` where it may stand anywhere."""
    return _RANK.get(type(part))


def once(part: Part) -> tuple[object, ...] | None:
    """What a report has at most one line of; ``None`` where it may have many."""
    told = _ONCE.get(type(part))
    return told(part) if told else None


def of_cgroup(part: Part) -> bool | None:
    """Whether a line says that a cgroup's limit was hit, that none was, or neither (``None``)."""
    told = _OF_CGROUP.get(type(part))
    return told(part) if told else None


def _message_of_cgroup(part: Kill | Selected) -> bool | None:
    if part.message is None or " UB " in part.message:
        return None
    return part.message == "Memory cgroup out of memory"


_ONCE: dict[type, Callable[[Any], tuple[object, ...]]] = {
    Cpu: lambda _: (Cpu,),
    Cpuset: lambda _: (Cpuset,),
    Hardware: lambda _: (Hardware,),
    Heading: lambda _: (Heading,),
    TaskIn: lambda part: (TaskIn, part.task_path is None, part.limit_path is None),
    MemcgCounter: lambda part: (MemcgCounter, part.name),
    Stats: lambda part: (Stats, part.path),
    Pages: lambda part: (Pages, *part.counts),
}
_OF_CGROUP: dict[type, Callable[[Any], bool | None]] = {
    Summary: lambda part: part.constraint is Constraint.MEMCG,
    Kill: _message_of_cgroup,
    Selected: _message_of_cgroup,
    TaskIn: lambda _: True,
    MemcgCounter: lambda _: True,
    Stats: lambda _: True,
    Stack: lambda part: True if part.charge else None,
}
"""By type, because both are asked for every line and most lines say nothing."""
